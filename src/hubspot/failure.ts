// Reason for length: one table, read as a whole, with the types that it speaks of.
import { readErrorBody, readMissingScopes, type ErrorBody, type ReplyBody } from './errorBody';
import type { RateLimitHeaders } from './rateLimitHeaders';

/** What to do about a failed call. The only place where a status code turns into a decision. */
export const failureActions = [
  'retry', // the same call again, with the caller's own backoff
  'retryAfter', // the same call, not before `afterMs`
  'split', // one record of the batch is at fault: send the halves
  'resolveConflict', // another record owns the key: re-read and adopt
  'refreshToken', // new access token, then once more
  'pausePortal', // no call of this portal until `afterMs`, `until`, or a person
  'rejectRecord', // this one record is at fault: a problem, not an error
  'defect', // the call itself is wrong (configuration, scope, our bug): never retried
] as const;
export type FailureAction = (typeof failureActions)[number];

/** A call that brought no HTTP reply; `aborted` is our own cancellation. */
export type NetworkFault = 'reset' | 'deadline' | 'refused' | 'aborted';

export interface FailedCall {
  /** HTTP status; null when there was no reply, then `network` says why. */
  status: number | null;
  headers: RateLimitHeaders;
  body: ReplyBody;
  network?: NetworkFault;
  /** How many records the call carried: decides between splitting and rejecting. Absent for reads and set-up. */
  inputCount?: number;
}

export interface FailureVerdict {
  action: FailureAction;
  /** Earliest next try in milliseconds from now; null: the caller's backoff, `until`, or a person decides. */
  afterMs: number | null;
  /** The daily counter resets at midnight in the account's time zone (facts §2.1). */
  until?: 'dailyReset';
  /** Plain words without any value of a record. */
  reason: string;
  category: string | null;
  policyName: string | null;
  /** HubSpot could not take so much at once: halve the batch. */
  shrinkBatch: boolean;
  /** The write may have happened although we do not know: only idempotent calls may follow. */
  mayHaveWritten: boolean;
  /** More than a passing fault: someone should look if it lasts. */
  alert: boolean;
  /**
   * After so many tries in vain the batch itself may be the cause: a record of it (500, facts §9), or so many at once
   * (502, 504, silence).
   */
  splitAfterTries: number | null;
  missingScopes: string[];
}

interface Facts extends FailedCall {
  error: ErrorBody;
  records: number;
}
type Decision = Pick<FailureVerdict, 'action' | 'reason'> & Partial<FailureVerdict>;
interface Row {
  status: number | readonly number[] | NetworkFault;
  when?: (facts: Facts) => boolean;
  decide: (facts: Facts) => Decision;
}

const second = 1000;
/** "pause a few seconds" (facts §9, HubSpot's error-handling page). */
const fewSecondsMs = 5 * second;
/** 423 locks last 2 s (facts §9). */
const lockMs = 2 * second;
/** One burst window where the reply does not name it (facts §2.1). */
const burstWindowMs = 10 * second;
/** 477 without its Retry-After header. */
const migrationMs = 10 * 60 * second;

const always = (decision: Decision) => () => decision;
const is = (pattern: RegExp) => (facts: Facts) => pattern.test(facts.error.message);
const policy = (pattern: RegExp) => (facts: Facts) =>
  pattern.test(facts.error.policyName ?? facts.error.message);

/** The record is at fault, if the call carried any; else the call itself is wrong. */
function recordFault(reason: string): (facts: Facts) => Decision {
  return ({ records }) => ({
    action: records === 0 ? 'defect' : records === 1 ? 'rejectRecord' : 'split',
    reason,
  });
}

/** HubSpot facts §9 and §2.3; the first row that fits decides. */
const table: readonly Row[] = [
  { status: 'refused', decide: always({ action: 'retry', reason: 'HubSpot could not be reached' }) },
  {
    status: 'reset',
    decide: always({ action: 'retry', reason: 'the connection broke', mayHaveWritten: true }),
  },
  {
    status: 'deadline',
    decide: ({ records }) => ({
      action: 'retry',
      reason: 'no complete reply before the deadline',
      mayHaveWritten: true,
      shrinkBatch: true,
      splitAfterTries: records > 1 ? 2 : null,
    }),
  },
  {
    status: 'aborted',
    decide: always({ action: 'retry', reason: 'the call was cancelled', mayHaveWritten: true }),
  },

  {
    status: 400,
    when: is(/by non-unique/i),
    decide: always({ action: 'defect', reason: 'the property used as key is not unique in HubSpot' }),
  },
  { status: 400, when: is(/^Duplicate IDs/i), decide: recordFault('one key stands twice in a batch') },
  { status: 400, when: is(/^Invalid input JSON/i), decide: recordFault('a value has the wrong JSON type') },
  { status: [400, 422], decide: recordFault('HubSpot finds a value not valid') },

  {
    status: 401,
    when: ({ error }) => error.category === 'EXPIRED_AUTHENTICATION' || /expired/i.test(error.message),
    decide: always({ action: 'refreshToken', reason: 'the access token has expired' }),
  },
  {
    status: 401,
    decide: always({ action: 'pausePortal', reason: 'HubSpot refuses the access token', alert: true }),
  },
  {
    status: 403,
    when: ({ error, body }) => error.category === 'BANNED' || body.kind !== 'json',
    decide: always({ action: 'pausePortal', reason: 'HubSpot refuses this caller', alert: true }),
  },
  {
    status: 403,
    decide: ({ error }) => ({
      action: 'defect',
      reason: 'a scope or permission is missing',
      missingScopes: readMissingScopes(error),
      alert: true,
    }),
  },
  { status: 404, decide: recordFault('not found in HubSpot: deleted, merged or never there') },
  {
    status: 409,
    when: ({ error }) =>
      /^(CONFLICT|OBJECT_ALREADY_EXISTS|CONTACT_EXISTS)$/.test(error.category ?? '') ||
      /already exists|Existing ID/i.test(error.message),
    decide: ({ records }) => ({
      action: records > 1 ? 'split' : 'resolveConflict',
      reason: 'another record in HubSpot owns the key',
    }),
  },
  { status: 409, decide: always({ action: 'retryAfter', afterMs: second, reason: 'a concurrent write' }) },
  {
    status: 413,
    decide: (facts) => ({ ...recordFault('the batch is too large')(facts), shrinkBatch: true }),
  },
  { status: 414, when: is(/identities/i), decide: recordFault('more than 250 records merged into one') },
  { status: 414, decide: recordFault('the address of the call is too long') },
  {
    status: 423,
    decide: ({ headers }) => ({
      action: 'retryAfter',
      afterMs: Math.max(headers.retryAfterMs ?? 0, lockMs),
      reason: 'HubSpot has locked the records for a moment',
      shrinkBatch: true,
    }),
  },

  {
    status: 429,
    when: policy(/daily/i),
    decide: ({ headers }) => ({
      action: 'pausePortal',
      afterMs: headers.retryAfterMs,
      until: 'dailyReset',
      reason: 'the daily limit is used up',
    }),
  },
  {
    // before the one-second row: `ten_secondly` contains `secondly`
    status: 429,
    when: policy(/ten_?secondly/i),
    decide: ({ headers }) => ({
      action: 'retryAfter',
      afterMs: headers.retryAfterMs ?? headers.intervalMs ?? burstWindowMs,
      reason: 'the ten-second limit is used up',
    }),
  },
  {
    status: 429,
    when: policy(/secondly/i),
    decide: ({ headers }) => ({
      action: 'retryAfter',
      afterMs: headers.retryAfterMs ?? second,
      reason: 'the one-second limit is used up',
    }),
  },
  {
    status: 429,
    decide: ({ headers }) => ({
      action: 'retryAfter',
      afterMs: headers.retryAfterMs ?? burstWindowMs,
      reason: 'a rate limit is used up',
    }),
  },
  {
    status: 477,
    decide: ({ headers }) => ({
      action: 'pausePortal',
      afterMs: headers.retryAfterMs ?? migrationMs,
      reason: 'HubSpot is moving the account to another data centre',
    }),
  },

  {
    status: 500,
    decide: ({ records }) => ({
      action: 'retry',
      reason: 'an internal error of HubSpot',
      mayHaveWritten: true,
      splitAfterTries: records > 1 ? 3 : null,
    }),
  },
  {
    status: [502, 504],
    decide: ({ headers, records }) => ({
      action: 'retryAfter',
      afterMs: headers.retryAfterMs ?? fewSecondsMs,
      reason: 'HubSpot took too long',
      shrinkBatch: true,
      splitAfterTries: records > 1 ? 2 : null,
      mayHaveWritten: true,
    }),
  },
  {
    status: [503, 521, 523],
    decide: ({ headers }) => ({
      action: 'retryAfter',
      afterMs: headers.retryAfterMs ?? fewSecondsMs,
      reason: 'HubSpot is temporarily down',
    }),
  },
  {
    status: [522, 525, 526],
    decide: always({ action: 'retry', reason: 'HubSpot cannot be reached by its own edge', alert: true }),
  },
  {
    status: 524,
    decide: ({ records }) => ({
      action: 'retry',
      reason: 'HubSpot gave no answer in 100 seconds',
      shrinkBatch: true,
      splitAfterTries: records > 1 ? 2 : null,
      mayHaveWritten: true,
    }),
  },
  {
    // Cloudflare answers a malformed token so (facts §3.5)
    status: 530,
    decide: always({ action: 'pausePortal', reason: 'the access token is malformed', alert: true }),
  },
];

/**
 * Decides what a failed call asks for.
 *
 * In: the status (or what broke the connection), the quota headers, the body, and how many records the call
 * carried. Out: a verdict whose texts hold no value of any record. Never throws. Waits are milliseconds.
 * Source: HubSpot facts §9, §2.3, §2.4 (HubSpot's error-handling and usage-guidelines pages).
 */
export function classifyFailure(call: FailedCall): FailureVerdict {
  const error = readErrorBody(call.body.kind === 'json' ? call.body.value : null);
  const facts: Facts = { ...call, error, records: call.inputCount ?? 0 };
  const row = table.find((candidate) => fits(candidate, facts) && (candidate.when?.(facts) ?? true));
  const decision = row ? row.decide(facts) : decideUnlisted(call.status);
  return {
    afterMs: null,
    shrinkBatch: false,
    mayHaveWritten: false,
    alert: false,
    splitAfterTries: null,
    missingScopes: [],
    ...decision,
    category: error.category,
    policyName: error.policyName,
  };
}

function fits(row: Row, facts: Facts): boolean {
  if (typeof row.status === 'string') return facts.status === null && row.status === facts.network;
  if (facts.status === null) return false;
  return typeof row.status === 'number' ? row.status === facts.status : row.status.includes(facts.status);
}

function decideUnlisted(status: number | null): Decision {
  if (status === null) return { action: 'retry', reason: 'no reply', mayHaveWritten: true };
  if (status >= 500) return { action: 'retry', reason: 'HubSpot or its edge failed', mayHaveWritten: true };
  if (status === 408) return { action: 'retry', reason: 'HubSpot waited too long for the call' };
  if (status >= 300) return { action: 'defect', reason: 'HubSpot does not know this call', alert: true };
  // a maintenance page with status 200, a truncated body …
  return { action: 'retry', reason: 'a reply that cannot be read', mayHaveWritten: true };
}
