/** Anything that answers a header by its name: a fetch `Headers` object, for example. */
export interface HeaderBag {
  get(name: string): string | null;
}

/**
 * What a reply says about the quota. Counts are requests, times are milliseconds; `null` means that HubSpot
 * did not say (search replies carry none, OAuth apps get no daily ones: facts §2.2).
 */
export interface RateLimitHeaders {
  max: number | null;
  remaining: number | null;
  intervalMs: number | null;
  daily: number | null;
  dailyRemaining: number | null;
  retryAfterMs: number | null;
}

export const noRateLimitHeaders: RateLimitHeaders = {
  max: null,
  remaining: null,
  intervalMs: null,
  daily: null,
  dailyRemaining: null,
  retryAfterMs: null,
};

/** HubSpot's longest documented Retry-After, that of a data-centre migration (477, facts §2.4). */
const retryAfterMsMax = 24 * 60 * 60 * 1000;

/** Reads the quota headers of one reply. The deprecated `-Secondly` pair is ignored: it is not enforced any more. */
export function readRateLimitHeaders(headers: HeaderBag): RateLimitHeaders {
  return {
    max: count(headers.get('x-hubspot-ratelimit-max')),
    remaining: count(headers.get('x-hubspot-ratelimit-remaining')),
    intervalMs: count(headers.get('x-hubspot-ratelimit-interval-milliseconds')),
    daily: count(headers.get('x-hubspot-ratelimit-daily')),
    dailyRemaining: count(headers.get('x-hubspot-ratelimit-daily-remaining')),
    retryAfterMs: readRetryAfterMs(headers.get('retry-after'), headers.get('date')),
  };
}

/**
 * Retry-After in milliseconds: seconds, or an HTTP date measured against the reply's own Date header, so that
 * no clock is needed. `null` when absent or unreadable; never negative, never above 24 hours.
 */
export function readRetryAfterMs(retryAfter: string | null, date: string | null): number | null {
  const text = retryAfter?.trim();
  if (!text) return null;
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Math.ceil(Number(text) * 1000), retryAfterMsMax);
  const until = Date.parse(text);
  const from = date === null ? NaN : Date.parse(date);
  if (Number.isNaN(until) || Number.isNaN(from)) return null;
  return Math.min(Math.max(until - from, 0), retryAfterMsMax);
}

function count(text: string | null): number | null {
  const trimmed = text?.trim();
  return trimmed && /^\d{1,12}$/.test(trimmed) ? Number(trimmed) : null;
}
