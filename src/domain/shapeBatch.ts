import { canonicalEmail } from './canonicalValue';

/** Facts §3.2: every object batch endpoint takes at most 100 inputs. */
export const batchSizeMax = 100;

/** One record's change; without a record id it is created. */
export interface RecordChange {
  goldenId: string;
  recordId: string | null;
  properties: Record<string, string>;
}

export interface ShapedBatch<Change extends RecordChange = RecordChange> {
  operation: 'create' | 'update';
  inputs: Change[];
}

/**
 * Groups changes into as few calls as possible: ceil(changes / limit) per operation, creations first.
 * HubSpot refuses a whole batch with the same record or the same unique value twice (facts §3.2), so such
 * changes go to different batches, in their given order. Different property sets may share a batch.
 * @param limit the most inputs of one call
 * @param uniqueProperties properties whose values HubSpot keeps unique; compared without case
 */
export function shapeBatches<Change extends RecordChange>(
  changes: readonly Change[],
  limit: number = batchSizeMax,
  uniqueProperties: readonly string[] = ['email'],
): ShapedBatch<Change>[] {
  if (!Number.isInteger(limit) || limit < 1)
    throw new RangeError('the limit of a batch must be a whole number above 0');
  const creates = changes.filter(({ recordId }) => recordId === null);
  const updates = changes.filter(({ recordId }) => recordId !== null);
  return [
    ...pack(creates, limit, uniqueProperties).map((inputs) => ({ operation: 'create' as const, inputs })),
    ...pack(updates, limit, uniqueProperties).map((inputs) => ({ operation: 'update' as const, inputs })),
  ];
}

/**
 * First fit, those changes first that share a value with another: they need their distance, the others then
 * fill the gaps. So conflicts cost a call only where one value occurs more often than there are batches.
 */
function pack<Change extends RecordChange>(
  changes: Change[],
  limit: number,
  uniqueProperties: readonly string[],
): Change[][] {
  const keys = changes.map((change) => uniqueKeys(change, uniqueProperties));
  const counts = new Map<string, number>();
  for (const key of keys.flat()) counts.set(key, (counts.get(key) ?? 0) + 1);
  const isShared = (index: number) => keys[index]!.some((key) => counts.get(key)! > 1);

  const batches: { inputs: Change[]; taken: Set<string> }[] = [];
  // Batches before this one are full: without it a large set of changes would cost the square of its size.
  let open = 0;
  const place = (index: number) => {
    const shared = keys[index]!.filter((key) => counts.get(key)! > 1);
    while (batches[open] && batches[open]!.inputs.length >= limit) open++;
    let at = open;
    while (batches[at] && !fits(batches[at]!, shared, limit)) at++;
    const batch = (batches[at] ??= { inputs: [], taken: new Set() });
    batch.inputs.push(changes[index]!);
    for (const key of shared) batch.taken.add(key);
  };
  const indexes = changes.map((_, index) => index);
  for (const index of indexes) if (isShared(index)) place(index);
  for (const index of indexes) if (!isShared(index)) place(index);
  return batches.map(({ inputs }) => inputs);
}

function fits(batch: { inputs: unknown[]; taken: Set<string> }, shared: string[], limit: number): boolean {
  return batch.inputs.length < limit && !shared.some((key) => batch.taken.has(key));
}

function uniqueKeys({ recordId, properties }: RecordChange, uniqueProperties: readonly string[]): string[] {
  const keys = recordId === null ? [] : [`id:${recordId}`];
  for (const property of uniqueProperties) {
    const value = properties[property];
    if (value !== undefined && value !== '') keys.push(`${property}:${canonicalEmail(value)}`);
  }
  return keys;
}

/**
 * The fewest calls that could do it: Σ ceil(count / limit). What a run's real calls are measured against.
 * @param counts changed records by endpoint, e.g. `contacts/update`
 * @param limits inputs per call by the same names; 100 where none is given
 */
export function idealCalls(counts: Record<string, number>, limits: Record<string, number> = {}): number {
  let calls = 0;
  for (const [endpoint, count] of Object.entries(counts))
    calls += Math.ceil(count / (limits[endpoint] ?? batchSizeMax));
  return calls;
}
