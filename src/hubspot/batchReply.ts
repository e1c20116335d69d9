import {
  isExplained,
  isObject,
  readConflictingId,
  readErrorBody,
  readPropertyErrors,
  type ErrorBody,
  type PropertyError,
  type ReplyBody,
} from './errorBody';
import { mergedIdsOf } from '../domain/receive/mergedIds';
import { classifyFailure, type FailureVerdict } from './failure';
import type { RateLimitHeaders } from './rateLimitHeaders';
import { recordSchema, type HubSpotRecord, type PropertyBag } from './schemas';

/** One input of a batch write, and by what its result may be recognised. Never by its position. */
export interface SentInput {
  /** Unique in the batch; what the outcomes are keyed by. */
  traceId: string;
  /** The record id that the input named (updates). */
  recordId?: string | null;
  /** The value of a unique property that the input carried; `email` compares case-insensitively. */
  unique?: { property: string; value: string } | null;
}

/** What HubSpot did with one input. Messages and property errors may quote values: store, never log or throw. */
export type RecordOutcome =
  | { kind: 'written'; id: string; properties: PropertyBag; updatedAt: string | null; isNew?: boolean }
  | ({ kind: 'rejected' } & Rejection)
  /** Neither proved nor refused: send again (`unattributed`: an error names no record, send the halves). */
  | { kind: 'unproved'; why: 'missing' | 'transient' | 'unattributed'; category: string | null };

export interface Rejection {
  /** `conflict`: another record owns the key; `gone`: no such record; else the values are at fault. */
  fault: 'invalid' | 'conflict' | 'gone';
  category: string | null;
  message: string;
  propertyErrors: PropertyError[];
  /** With `conflict`: the owner's record id, or null where HubSpot names none. */
  conflictingId: string | null;
}

/** HubSpot refused the whole batch. `outcomes` is then empty. */
export interface WholeBatchFault extends Rejection {
  status: number;
  verdict: FailureVerdict;
  /** Ids that HubSpot says stand twice in the batch. */
  duplicateIds: string[];
}

export interface BatchReading {
  /** One outcome for every input sent, unless `wholeBatch` is set. */
  outcomes: Map<string, RecordOutcome>;
  wholeBatch?: WholeBatchFault;
}

export interface BatchWriteReply {
  status: number;
  headers: RateLimitHeaders;
  body: ReplyBody;
}

/** Categories of an item's error that tell nothing about the record. */
const transientCategories = /^(RATE_LIMITS?|INTERNAL_ERROR|SERVICE_UNAVAILABLE|TIMEOUT|REQUEST_TIMEOUT)$/;

/**
 * Reads the reply of a batch create, update or upsert (DESIGN §5.4, facts §3.2).
 *
 * 200, 201 and 207 are read the same way. An input is written only when a result carries its trace id, its
 * record id, or its unique value; rejected only when an error names it. A reply with neither proves nothing.
 * A refused batch of one is that input's rejection, where HubSpot says why; of several it is `wholeBatch`.
 */
export function readBatchReply(inputs: readonly SentInput[], reply: BatchWriteReply): BatchReading {
  if (reply.status < 200 || reply.status > 299) return readRefusal(inputs, reply);
  const body = reply.body.kind === 'json' && isObject(reply.body.value) ? reply.body.value : {};
  const find = inputFinder(inputs);
  const outcomes = new Map<string, RecordOutcome>();

  const results = asArray(body['results']);
  for (const item of results) {
    const record = recordSchema.safeParse(item);
    if (!record.success || record.data.id === '') continue; // proves nothing
    const traceId = find.byResult(record.data, results.length);
    if (traceId !== null && !outcomes.has(traceId)) outcomes.set(traceId, written(record.data));
  }

  let hasUnattributed = false;
  for (const item of asArray(body['errors'])) {
    const error = readErrorBody(item);
    const named = inputs.length === 1 ? [inputs[0]!.traceId] : find.byError(error);
    if (named.length === 0) hasUnattributed = true;
    for (const traceId of named) {
      if (!outcomes.has(traceId)) outcomes.set(traceId, refused(error));
    }
  }

  for (const { traceId } of inputs) {
    if (outcomes.has(traceId)) continue;
    outcomes.set(traceId, {
      kind: 'unproved',
      why: hasUnattributed ? 'unattributed' : 'missing',
      category: null,
    });
  }
  return { outcomes };
}

function readRefusal(inputs: readonly SentInput[], reply: BatchWriteReply): BatchReading {
  const verdict = classifyFailure({ ...reply, inputCount: inputs.length });
  const error = readErrorBody(reply.body.kind === 'json' ? reply.body.value : null);
  const rejection = readRejection(error, reply.status);
  const only = inputs.length === 1 ? inputs[0] : undefined;
  if (only && (verdict.action === 'rejectRecord' || verdict.action === 'resolveConflict')) {
    const outcome: RecordOutcome = isExplained(error, reply.status)
      ? { kind: 'rejected', ...rejection }
      : { kind: 'unproved', why: 'missing', category: null };
    return { outcomes: new Map([[only.traceId, outcome]]) };
  }
  const duplicateIds = /^Duplicate IDs/i.test(error.message) ? (error.context['ids'] ?? []) : [];
  return { outcomes: new Map(), wholeBatch: { ...rejection, status: reply.status, verdict, duplicateIds } };
}

function written(record: HubSpotRecord): RecordOutcome {
  return {
    kind: 'written',
    id: record.id,
    properties: record.properties,
    updatedAt: record.updatedAt ?? null,
    ...(record.new === undefined ? {} : { isNew: record.new }),
  };
}

function refused(error: ErrorBody): RecordOutcome {
  if (error.category !== null && transientCategories.test(error.category)) {
    return { kind: 'unproved', why: 'transient', category: error.category };
  }
  return { kind: 'rejected', ...readRejection(error, null) };
}

function readRejection(error: ErrorBody, status: number | null): Rejection {
  const conflictingId = readConflictingId(error);
  const propertyErrors = readPropertyErrors(error);
  const isConflict =
    status === 409 ||
    conflictingId !== null ||
    /^(CONFLICT|OBJECT_ALREADY_EXISTS|CONTACT_EXISTS)$/.test(error.category ?? '') ||
    // a taken unique value may come in the validation family; neither code nor text is documented (facts §3.4)
    propertyErrors.some((item) => takenCode.test(item.code ?? '') || takenText.test(item.message)) ||
    takenText.test(error.message);
  const isGone = status === 404 || error.category === 'OBJECT_NOT_FOUND';
  return {
    fault: isConflict ? 'conflict' : isGone ? 'gone' : 'invalid',
    category: error.category,
    message: error.message.slice(0, messageLengthMax),
    propertyErrors,
    conflictingId,
  };
}

const takenCode = /CONFLICT|_EXISTS|UNIQUE|DUPLICATE/i;
const takenText = /already (exists|has (this|that) value|set on|used|in use|taken)/i;

/** INVALID_OPTION messages list every allowed option; a stored problem needs no more than this. */
const messageLengthMax = 4000;

/** Finds whose result or error an item is. A key that two inputs share identifies neither. */
function inputFinder(inputs: readonly SentInput[]) {
  const traces = new Set(inputs.map((input) => input.traceId));
  const ids = uniqueKeys(inputs, (input) => input.recordId ?? null);
  const uniques = uniqueKeys(inputs, (input) => (input.unique ? uniqueKey(input.unique) : null));
  const uniqueProperties = [
    ...new Set(inputs.flatMap((input) => (input.unique ? [input.unique.property] : []))),
  ];

  const byUnique = (properties: PropertyBag): string | null => {
    for (const property of uniqueProperties) {
      const value = properties[property];
      const found = value ? uniques.get(uniqueKey({ property, value })) : undefined;
      if (found) return found;
    }
    return null;
  };
  // a merged record answers with another id than the one asked for, and lists what it absorbed (facts §4.3)
  const byMergedId = (properties: PropertyBag): string | null => {
    for (const id of mergedIdsOf(properties)) {
      const found = ids.get(id);
      if (found) return found;
    }
    return null;
  };

  return {
    byResult(record: HubSpotRecord, resultCount: number): string | null {
      const trace = record.objectWriteTraceId;
      if (trace) return traces.has(trace) ? trace : null; // somebody else's trace id is no proof of ours
      const found = ids.get(record.id) ?? byUnique(record.properties) ?? byMergedId(record.properties);
      if (found !== null) return found;
      // the only result of a call with one input can be about nothing else
      return inputs.length === 1 && resultCount === 1 ? inputs[0]!.traceId : null;
    },
    byError(error: ErrorBody): string[] {
      const contexts = [error.context, ...error.errors.map((detail) => detail.context)];
      const traced = contexts.flatMap((context) => context['objectWriteTraceId'] ?? []);
      const ours = traced.filter((trace) => traces.has(trace));
      if (ours.length > 0) return [...new Set(ours)];
      const named = contexts.flatMap((context) => [...(context['ids'] ?? []), ...(context['id'] ?? [])]);
      const found = named.flatMap((id) => {
        const byId = ids.get(id);
        if (byId) return [byId];
        // upserts name the unique value where updates name the record id
        return uniqueProperties.flatMap((property) => uniques.get(uniqueKey({ property, value: id })) ?? []);
      });
      return [...new Set(found)];
    },
  };
}

function uniqueKeys(
  inputs: readonly SentInput[],
  keyOf: (input: SentInput) => string | null,
): Map<string, string> {
  const found = new Map<string, string>();
  const shared = new Set<string>();
  for (const input of inputs) {
    const key = keyOf(input);
    if (key === null || key === '') continue;
    if (found.has(key)) shared.add(key);
    found.set(key, input.traceId);
  }
  for (const key of shared) found.delete(key);
  return found;
}

function uniqueKey({ property, value }: { property: string; value: string }): string {
  const trimmed = value.trim();
  return `${property}\n${property === 'email' ? trimmed.toLowerCase() : trimmed}`;
}

function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
