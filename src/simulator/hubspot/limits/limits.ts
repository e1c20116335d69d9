import { randomUUID } from 'node:crypto';
import { createAccountDay } from '../account/accountDay';
import { createSlidingLog, type SlidingLog } from './slidingLog';
import type { Settings } from '../settings';

/** Which window a call draws on; every call also draws on the day. */
const buckets = ['burst', 'search', 'associations'] as const;
export type Bucket = (typeof buckets)[number];

/** A refusal by rate: the 429's body and headers. */
export interface RateRefusal {
  body: Record<string, unknown>;
  headers: Record<string, string>;
}

/** What one bucket has seen. */
export interface BucketReport {
  limit: number | null;
  /** Most calls, let in or not, that any window held when a call arrived, that call included. */
  largestAtArrival: number;
  /** The same, counting only the calls let in. */
  largestAccepted: number;
  /** 429s given. */
  violations: number;
}

export interface LimitsReport {
  buckets: Record<Bucket, BucketReport>;
  daily: { limit: number | null; used: number; violations: number; resetsAt: string };
}

export interface Limits {
  /** Counts a call at its arrival; a refusal, or undefined when it is let in. */
  admit(bucket: Bucket): RateRefusal | undefined;
  /** The rate headers of a call (facts 2.2); none for search. */
  headers(bucket: Bucket): Record<string, string>;
  report(): LimitsReport;
  setDailyUsed(used: number): void;
  /** Forgets the largest windows and the refusals; the windows themselves stay. */
  reset(): void;
}

interface Window {
  limit: () => number | null;
  arrivals: SlidingLog;
  accepted: SlidingLog;
  seen: Omit<BucketReport, 'limit'>;
}

const unseen = { largestAtArrival: 0, largestAccepted: 0, violations: 0 };

function createWindow(limit: () => number | null, windowMs: () => number): Window {
  return {
    limit,
    arrivals: createSlidingLog(windowMs),
    accepted: createSlidingLog(windowMs),
    seen: { ...unseen },
  };
}

/** The rate limits of one app on one account: true sliding windows on a monotonic clock. */
export function createLimits(
  settings: Settings,
  account: { portalId: number; timeZone: string; now: () => number; random: () => number },
): Limits {
  const tenSeconds = (): number => settings.limits.windowMs;
  const windows: Record<Bucket, Window> = {
    burst: createWindow(() => settings.limits.perTenSeconds, tenSeconds),
    search: createWindow(
      () => settings.limits.searchPerSecond,
      () => 1000,
    ),
    associations: createWindow(() => settings.limits.associationsPerTenSeconds, tenSeconds),
  };
  const day = createAccountDay(account.timeZone, account.now);
  let dailyViolations = 0;

  const retryAfter = (ms: number): Record<string, string> => {
    const choice = settings.switches.retryAfterOn429;
    const given = choice === 'always' || (choice === 'sometimes' && account.random() < 0.5);
    return given ? { 'Retry-After': String(Math.max(1, Math.ceil(ms / 1000))) } : {};
  };
  const headers = (bucket: Bucket): Record<string, string> => {
    const choice = bucket === 'associations' ? settings.switches.associationHeaders : 'own';
    if (bucket === 'search' || choice === 'none') return {};
    const shown = windows[choice === 'burst' ? 'burst' : bucket];
    return { ...windowHeaders(shown, tenSeconds()), ...dailyHeaders(settings.limits.daily, day.used()) };
  };
  const refuse = (bucket: Bucket, body: Record<string, unknown>, waitMs: number): RateRefusal => ({
    body: { status: 'error', errorType: 'RATE_LIMIT', correlationId: randomUUID(), ...body },
    headers: { ...headers(bucket), ...retryAfter(waitMs) },
  });

  return {
    admit(bucket) {
      const now = performance.now();
      const { limit, arrivals, accepted, seen } = windows[bucket];
      arrivals.add(now);
      seen.largestAtArrival = Math.max(seen.largestAtArrival, arrivals.count(now));
      const { daily } = settings.limits;
      if (daily !== null && day.used() >= daily) {
        dailyViolations++;
        return refuse(bucket, dailyRefusal(), day.endsAt() - account.now());
      }
      const allowed = limit();
      if (allowed !== null && accepted.count(now) >= allowed) {
        seen.violations++;
        const refusal = refuse(bucket, windowRefusal(bucket, account.portalId), accepted.freeInMs(now));
        if (settings.switches.rejectedCallsCount) accepted.add(now);
        return refusal;
      }
      accepted.add(now);
      day.use();
      seen.largestAccepted = Math.max(seen.largestAccepted, accepted.count(now));
      return undefined;
    },
    headers,
    report: () => ({
      buckets: Object.fromEntries(
        buckets.map((name) => [name, { limit: windows[name].limit(), ...windows[name].seen }]),
      ) as Record<Bucket, BucketReport>,
      daily: {
        limit: settings.limits.daily,
        used: day.used(),
        violations: dailyViolations,
        resetsAt: new Date(day.endsAt()).toISOString(),
      },
    }),
    setDailyUsed: day.setUsed,
    reset() {
      for (const name of buckets) windows[name].seen = { ...unseen };
      dailyViolations = 0;
    },
  };
}

function windowHeaders({ limit, accepted }: Window, windowMs: number): Record<string, string> {
  const allowed = limit();
  if (allowed === null) return {};
  return {
    'X-HubSpot-RateLimit-Max': String(allowed),
    'X-HubSpot-RateLimit-Remaining': String(Math.max(0, allowed - accepted.count(performance.now()))),
    'X-HubSpot-RateLimit-Interval-Milliseconds': String(windowMs),
    // Deprecated and not enforced, still sent (facts 2.2).
    'X-HubSpot-RateLimit-Secondly': '19',
    'X-HubSpot-RateLimit-Secondly-Remaining': '18',
  };
}

function dailyHeaders(limit: number | null, used: number): Record<string, string> {
  if (limit === null) return {};
  return {
    'X-HubSpot-RateLimit-Daily': String(limit),
    'X-HubSpot-RateLimit-Daily-Remaining': String(Math.max(0, limit - used)),
  };
}

function dailyRefusal(): Record<string, unknown> {
  return { message: 'You have reached your daily limit.', policyName: 'DAILY', requestId: randomUUID() };
}

function windowRefusal(bucket: Bucket, portalId: number): Record<string, unknown> {
  if (bucket === 'search') {
    const groupName = `publicapi:crm:search:oauth:${portalId}:1`;
    return { message: 'You have reached your secondly limit.', policyName: 'SECONDLY', groupName };
  }
  const kind = bucket === 'burst' ? 'private_app-api-calls' : 'associations';
  return {
    message: 'You have reached your ten_secondly_rolling limit.',
    policyName: 'TEN_SECONDLY_ROLLING',
    groupName: `publicapi:${kind}-ten-secondly:${portalId}:1`,
  };
}
