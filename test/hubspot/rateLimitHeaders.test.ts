import {
  noRateLimitHeaders,
  readRateLimitHeaders,
  readRetryAfterMs,
} from '../../src/hubspot/rateLimitHeaders';

const read = (headers: Record<string, string>) => readRateLimitHeaders(new Headers(headers));

test('all quota headers are read', () => {
  expect(
    read({
      'X-HubSpot-RateLimit-Max': '190',
      'X-HubSpot-RateLimit-Remaining': '0',
      'X-HubSpot-RateLimit-Interval-Milliseconds': '10000',
      'X-HubSpot-RateLimit-Daily': '625000',
      'X-HubSpot-RateLimit-Daily-Remaining': '624999',
      'X-HubSpot-RateLimit-Secondly': '19',
      'Retry-After': '2',
    }),
  ).toEqual({
    max: 190,
    remaining: 0,
    intervalMs: 10_000,
    daily: 625_000,
    dailyRemaining: 624_999,
    retryAfterMs: 2000,
  });
});

test('what is absent or unreadable is unknown, not zero', () => {
  expect(read({})).toEqual(noRateLimitHeaders);
  expect(
    read({ 'X-HubSpot-RateLimit-Max': '', 'X-HubSpot-RateLimit-Remaining': '-1', 'Retry-After': 'soon' }),
  ).toEqual(noRateLimitHeaders);
});

test.each([
  ['0', null, 0],
  ['1.5', null, 1500],
  ['86400', null, 86_400_000],
  ['999999', null, 86_400_000],
  ['Sun, 22 Nov 2026 10:00:30 GMT', 'Sun, 22 Nov 2026 10:00:00 GMT', 30_000],
  ['Sun, 22 Nov 2026 09:00:00 GMT', 'Sun, 22 Nov 2026 10:00:00 GMT', 0],
  ['Sun, 22 Nov 2026 10:00:30 GMT', null, null],
  [null, null, null],
])('Retry-After %p (Date %p) means %p ms', (retryAfter, date, expected) => {
  expect(readRetryAfterMs(retryAfter, date)).toBe(expected);
});
