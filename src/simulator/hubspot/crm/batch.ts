import { asArray, asObject, bodyObject, type Call, type Reply } from '../call';
import { batchErrorEntry, invalid, Rejected, type Rejection } from '../rejection';
import { shuffle } from '../seededRandom';

/** Every object batch endpoint takes at most this many inputs (facts 3.2). */
export const batchInputsMax = 100;

/** An input with its trace id, if it has one. */
export interface BatchInput {
  input: Record<string, unknown>;
  traceId?: string;
}

/** An input that may be done: `commit` writes it and gives its result. */
export interface PlannedInput {
  commit: () => Record<string, unknown>;
}

/** The inputs of a batch body. Rejected (400) when empty, above `max` or malformed. */
export function batchInputs(call: Call, max = batchInputsMax): BatchInput[] {
  const inputs = asArray(bodyObject(call)['inputs'], 'inputs');
  if (inputs.length === 0) throw new Rejected(invalid('Batch input cannot be empty'));
  if (inputs.length > max) {
    throw new Rejected(invalid(`The maximum number of inputs is ${max}, but ${inputs.length} were given`));
  }
  return inputs.map((value) => {
    const input = asObject(value, 'inputs');
    const traceId = input['objectWriteTraceId'];
    return typeof traceId === 'string' && traceId !== '' ? { input, traceId } : { input };
  });
}

/** Partial success is opt-in by a unique trace id on every input, at most (facts 3.2). */
export function isPartial(call: Call, inputs: readonly BatchInput[]): boolean {
  if (call.settings.switches.tracedWrites === 'allOrNothing') return false;
  const ids = new Set(inputs.map((input) => input.traceId));
  return ids.size === inputs.length && !ids.has(undefined);
}

/**
 * Plans every input, then commits: all of them, or, when `partial`, those without a fault. Rejected with the first
 * fault when not partial and there is one.
 */
export function runWrites(
  call: Call,
  inputs: readonly BatchInput[],
  plan: (input: BatchInput, index: number) => PlannedInput | Rejection,
  { partial, status }: { partial: boolean; status: number },
): Reply {
  const planned: { input: BatchInput; done: PlannedInput }[] = [];
  const errors: Record<string, unknown>[] = [];
  inputs.forEach((input, index) => {
    const outcome = plan(input, index);
    if ('commit' in outcome) planned.push({ input, done: outcome });
    else if (partial) errors.push(batchErrorEntry(outcome, input.traceId));
    else throw new Rejected(outcome);
  });
  const echo = call.settings.switches.resultsEchoTraceId;
  const results = planned.map(({ input, done }) => {
    const result = done.commit();
    if (echo && input.traceId !== undefined) result['objectWriteTraceId'] = input.traceId;
    return result;
  });
  return batchReply(call, results, errors, status);
}

/** The body of a batch reply: results in another order, `numErrors` and `errors` only when there are any. */
export function batchReply(
  call: Call,
  results: Record<string, unknown>[],
  errors: Record<string, unknown>[],
  status: number,
): Reply {
  if (call.settings.switches.shuffleResults) shuffle(results, call.random);
  const time = new Date(call.stamp.at).toISOString();
  const partial = errors.length > 0;
  return {
    status: partial && call.settings.switches.batchPartial === '207' ? 207 : status,
    body: {
      status: 'COMPLETE',
      results,
      ...(partial && { numErrors: errors.length, errors }),
      startedAt: time,
      completedAt: time,
    },
  };
}

/** Values that occur more than once, each named once. */
export function repeated(values: readonly string[]): string[] {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const value of values) {
    if (seen.has(value)) twice.add(value);
    seen.add(value);
  }
  return [...twice];
}
