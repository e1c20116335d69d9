import { isExplained, isObject, readErrorBody, type ErrorBody, type ReplyBody } from './errorBody';
import { classifyFailure, type FailureVerdict } from './failure';
import type { RateLimitHeaders } from './rateLimitHeaders';

/** One type of an association. `category`: HUBSPOT_DEFINED, USER_DEFINED, INTEGRATOR_DEFINED or WORK. */
export interface AssociationType {
  category: string;
  typeId: number;
}

export interface SentAssociation {
  fromId: string;
  toId: string;
  types: readonly AssociationType[];
}

export type AssociationOutcome =
  | { kind: 'written' }
  | { kind: 'rejected'; category: string | null; subCategory: string | null; message: string }
  /** See `RecordOutcome`. */
  | { kind: 'unproved'; why: 'missing' | 'transient' | 'unattributed'; category: string | null };

export interface AssociationReading {
  /** Keyed by `associationKey(fromId, toId)`; empty when `wholeBatch` is set. */
  outcomes: Map<string, AssociationOutcome>;
  wholeBatch?: { status: number; verdict: FailureVerdict; category: string | null; message: string };
}

export function associationKey(fromId: string, toId: string): string {
  return `${fromId}>${toId}`;
}

/**
 * Reads the reply of an association batch create or archive. A pair is written when `results` hold it (a
 * create), or when HubSpot names no error (an archive, which has no results); refused when an error names it.
 */
export function readAssociationReply(
  inputs: readonly SentAssociation[],
  reply: { status: number; headers: RateLimitHeaders; body: ReplyBody },
  proof: 'results' | 'noErrors',
): AssociationReading {
  const keys = inputs.map((input) => associationKey(input.fromId, input.toId));
  if (reply.status < 200 || reply.status > 299) return readRefusal(keys, reply);
  const body = reply.body.kind === 'json' && isObject(reply.body.value) ? reply.body.value : {};
  const outcomes = new Map<string, AssociationOutcome>();

  const results = Array.isArray(body['results']) ? body['results'] : [];
  const sent = new Set(keys);
  for (const item of results) {
    const key = readPair(item);
    if (key !== null && sent.has(key)) outcomes.set(key, { kind: 'written' });
  }

  const errors = Array.isArray(body['errors']) ? body['errors'].map(readErrorBody) : [];
  let hasUnattributed = false;
  for (const error of errors) {
    const named = inputs.length === 1 ? inputs : namedBy(error, inputs);
    if (named.length === 0) hasUnattributed = true;
    for (const input of named) {
      const key = associationKey(input.fromId, input.toId);
      if (!outcomes.has(key)) outcomes.set(key, refused(error));
    }
  }

  const isProvedByAbsence = proof === 'noErrors' && !hasUnattributed && reply.body.kind !== 'html';
  for (const key of keys) {
    if (outcomes.has(key)) continue;
    outcomes.set(
      key,
      isProvedByAbsence
        ? { kind: 'written' }
        : { kind: 'unproved', why: hasUnattributed ? 'unattributed' : 'missing', category: null },
    );
  }
  return { outcomes };
}

function readRefusal(
  keys: readonly string[],
  reply: { status: number; headers: RateLimitHeaders; body: ReplyBody },
): AssociationReading {
  const verdict = classifyFailure({ ...reply, inputCount: keys.length });
  const error = readErrorBody(reply.body.kind === 'json' ? reply.body.value : null);
  const only = keys.length === 1 ? keys[0] : undefined;
  if (only !== undefined && (verdict.action === 'rejectRecord' || verdict.action === 'resolveConflict')) {
    const outcome: AssociationOutcome = isExplained(error, reply.status)
      ? refused(error)
      : { kind: 'unproved', why: 'missing', category: null };
    return { outcomes: new Map([[only, outcome]]) };
  }
  const { category, message } = error;
  return { outcomes: new Map(), wholeBatch: { status: reply.status, verdict, category, message } };
}

function refused(error: ErrorBody): AssociationOutcome {
  const { category, subCategory, message } = error;
  if (category !== null && /^(RATE_LIMITS?|INTERNAL_ERROR|SERVICE_UNAVAILABLE)$/.test(category)) {
    return { kind: 'unproved', why: 'transient', category };
  }
  return { kind: 'rejected', category, subCategory, message };
}

/** Labelled creates answer `fromObjectId`/`toObjectId`, default ones `from.id`/`to.id`; numbers or strings. */
function readPair(item: unknown): string | null {
  if (!isObject(item)) return null;
  const from = idOf(item['fromObjectId']) ?? idOf(isObject(item['from']) ? item['from']['id'] : null);
  const to = idOf(item['toObjectId']) ?? idOf(isObject(item['to']) ? item['to']['id'] : null);
  return from !== null && to !== null ? associationKey(from, to) : null;
}

export function idOf(value: unknown): string | null {
  if (typeof value === 'string' && value !== '') return value;
  return typeof value === 'number' ? String(value) : null;
}

/**
 * The inputs that an error names. It must name both ends, or one end by its role; a bare list of invalid ids
 * names every input that uses one of them.
 */
function namedBy(error: ErrorBody, inputs: readonly SentAssociation[]): SentAssociation[] {
  const contexts = [error.context, ...error.errors.map((detail) => detail.context)];
  const all = (...names: string[]) =>
    new Set(contexts.flatMap((context) => names.flatMap((name) => context[name] ?? [])));
  const from = all('fromObjectId', 'fromId');
  const to = all('toObjectId', 'toId');
  if (from.size > 0 || to.size > 0) {
    return inputs.filter(
      (input) => (from.size === 0 || from.has(input.fromId)) && (to.size === 0 || to.has(input.toId)),
    );
  }
  const ids = all('INVALID_OBJECT_IDS', 'ids', 'id');
  return inputs.filter((input) => ids.has(input.fromId) || ids.has(input.toId));
}
