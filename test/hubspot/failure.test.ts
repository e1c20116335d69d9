// Reason for length: the whole table of HubSpot's failures, which is easier to check in one piece.
import { classifyFailure, type FailedCall, type FailureVerdict } from '../../src/hubspot/failure';
import { HubSpotFailure, networkFailure, replyFailure } from '../../src/hubspot/hubspotFailure';
import { noRateLimitHeaders } from '../../src/hubspot/rateLimitHeaders';

function classify(
  status: number | null,
  body?: unknown,
  more: Partial<FailedCall> & { retryAfterMs?: number; intervalMs?: number } = {},
): FailureVerdict {
  const { retryAfterMs = null, intervalMs = null, ...call } = more;
  return classifyFailure({
    status,
    headers: { ...noRateLimitHeaders, retryAfterMs, intervalMs },
    body:
      body === undefined
        ? { kind: 'none' }
        : body === 'html'
          ? { kind: 'html' }
          : { kind: 'json', value: body },
    ...call,
  });
}

const error = (message: string, category?: string, more: object = {}) => ({
  status: 'error',
  message,
  correlationId: 'c0ffee',
  ...(category ? { category } : {}),
  ...more,
});

const duplicateIds = error(
  'Duplicate IDs found in batch input: [12877907025]. IDs must be unique',
  'VALIDATION_ERROR',
  {
    context: { ids: ['12877907025'] },
  },
);
const invalidDate = error(
  'Property values were not valid: [{"isValid":false,"message":"1684914035320 is at 7:40:35.320 UTC, not midnight!","error":"INVALID_DATE","name":"birthday"}]',
  'VALIDATION_ERROR',
);
const conflict = error('Contact already exists. Existing ID: 482701', 'CONFLICT');
const expired = error(
  'The OAuth token used to make this call expired 12 second(s) ago.',
  'EXPIRED_AUTHENTICATION',
  {
    context: { 'expire time': ['2026-01-01T00:00:00Z'] },
  },
);

// HubSpot facts §9, a row for each line of the table; the bodies are those of the facts file.
const rows: [string, () => FailureVerdict, Partial<FailureVerdict>][] = [
  [
    '400 in a batch: bisect',
    () => classify(400, invalidDate, { inputCount: 100 }),
    { action: 'split', category: 'VALIDATION_ERROR' },
  ],
  ['400 for one record', () => classify(400, invalidDate, { inputCount: 1 }), { action: 'rejectRecord' }],
  ['400 for a call without records', () => classify(400, invalidDate), { action: 'defect' }],
  [
    '400 duplicate ids',
    () => classify(400, duplicateIds, { inputCount: 2 }),
    { action: 'split', reason: 'one key stands twice in a batch' },
  ],
  [
    '400 a key that is not unique: bisecting would not help',
    () =>
      classify(
        400,
        error('Unable to perform update/upsert by non-unique 0-3 property dealname', 'VALIDATION_ERROR'),
        { inputCount: 100 },
      ),
    { action: 'defect' },
  ],
  [
    '400 malformed JSON in a batch',
    () => classify(400, error('Invalid input JSON on line 1, column 27: x'), { inputCount: 9 }),
    { action: 'split' },
  ],
  ['400 as an HTML page', () => classify(400, 'html', { inputCount: 4 }), { action: 'split' }],
  [
    '401 expired',
    () => classify(401, expired),
    { action: 'refreshToken', category: 'EXPIRED_AUTHENTICATION' },
  ],
  [
    '401 expired, without category',
    () => classify(401, error('This oauth token is expired!')),
    { action: 'refreshToken' },
  ],
  [
    '401 other',
    () => classify(401, error('Authentication credentials not found', 'INVALID_AUTHENTICATION')),
    { action: 'pausePortal', afterMs: null, alert: true },
  ],
  [
    '403 missing scopes',
    () =>
      classify(
        403,
        error('This app lacks scopes', 'MISSING_SCOPES', {
          errors: [
            {
              message: 'one of',
              context: { requiredGranularScopes: ['crm.objects.deals.write', 'tickets'] },
            },
          ],
        }),
        { inputCount: 100 },
      ),
    { action: 'defect', missingScopes: ['crm.objects.deals.write', 'tickets'], alert: true },
  ],
  ['403 banned', () => classify(403, error('banned', 'BANNED')), { action: 'pausePortal', alert: true }],
  ['403 from an edge', () => classify(403, 'html'), { action: 'pausePortal', alert: true }],
  [
    '404 for one record',
    () => classify(404, error('resource not found'), { inputCount: 1 }),
    { action: 'rejectRecord' },
  ],
  [
    '404 for a batch',
    () => classify(404, error('some ids', 'OBJECT_NOT_FOUND'), { inputCount: 50 }),
    { action: 'split' },
  ],
  ['404 for a path', () => classify(404, 'html'), { action: 'defect' }],
  [
    '409 duplicate contact',
    () => classify(409, conflict, { inputCount: 1 }),
    { action: 'resolveConflict', category: 'CONFLICT' },
  ],
  [
    '409 in a batch names no input: bisect first',
    () => classify(409, conflict, { inputCount: 100 }),
    { action: 'split' },
  ],
  [
    '409 of the older family',
    () =>
      classify(
        409,
        error('Contact already exists', 'OBJECT_ALREADY_EXISTS', {
          error: 'CONTACT_EXISTS',
          identityProfile: { vid: 7 },
        }),
        { inputCount: 1 },
      ),
    { action: 'resolveConflict' },
  ],
  [
    '409 without category',
    () => classify(409, error('Contact already exists'), { inputCount: 1 }),
    { action: 'resolveConflict' },
  ],
  [
    '409 concurrent write',
    () => classify(409, error('The record was changed meanwhile'), { inputCount: 100 }),
    { action: 'retryAfter', afterMs: 1000 },
  ],
  ['413', () => classify(413, 'html', { inputCount: 100 }), { action: 'split', shrinkBatch: true }],
  [
    '414 of a merge',
    () => classify(414, error('Cannot have more than 250 identities on a profile'), { inputCount: 1 }),
    { action: 'rejectRecord' },
  ],
  ['414 of a long address', () => classify(414, 'html'), { action: 'defect' }],
  [
    '423: at least 2 s',
    () => classify(423, error('locked')),
    { action: 'retryAfter', afterMs: 2000, shrinkBatch: true },
  ],
  ['423 with a longer wish', () => classify(423, error('locked'), { retryAfterMs: 9000 }), { afterMs: 9000 }],
  [
    '429 daily',
    () =>
      classify(429, {
        status: 'error',
        message: 'You have reached your daily limit.',
        errorType: 'RATE_LIMIT',
        policyName: 'DAILY',
      }),
    {
      action: 'pausePortal',
      afterMs: null,
      until: 'dailyReset',
      policyName: 'DAILY',
      category: 'RATE_LIMIT',
    },
  ],
  [
    '429 ten seconds',
    () =>
      classify(429, {
        message: 'You have reached your ten_secondly_rolling limit.',
        errorType: 'RATE_LIMIT',
        policyName: 'TEN_SECONDLY_ROLLING',
      }),
    { action: 'retryAfter', afterMs: 10_000, policyName: 'TEN_SECONDLY_ROLLING' },
  ],
  [
    '429 ten seconds, window named in the headers',
    () => classify(429, { policyName: 'TEN_SECONDLY_ROLLING' }, { intervalMs: 5000 }),
    { action: 'retryAfter', afterMs: 5000 },
  ],
  [
    '429 with Retry-After',
    () => classify(429, { policyName: 'TEN_SECONDLY_ROLLING' }, { intervalMs: 10_000, retryAfterMs: 3000 }),
    { action: 'retryAfter', afterMs: 3000 },
  ],
  [
    '429 one second',
    () => classify(429, { message: 'x', errorType: 'RATE_LIMIT', policyName: 'SECONDLY' }),
    { action: 'retryAfter', afterMs: 1000 },
  ],
  [
    '429 one second, the family without a policy name',
    () => classify(429, error('You have reached your secondly limit.', 'RATE_LIMITS')),
    { action: 'retryAfter', afterMs: 1000, policyName: null, category: 'RATE_LIMITS' },
  ],
  [
    '429 ten seconds, told only by its text',
    () => classify(429, error('You have reached your ten_secondly_rolling limit.', 'RATE_LIMITS')),
    { action: 'retryAfter', afterMs: 10_000 },
  ],
  [
    '429 daily, told only by its text',
    () => classify(429, error('You have reached your daily limit.', 'RATE_LIMITS')),
    { until: 'dailyReset' },
  ],
  ['429 from an edge', () => classify(429, 'html'), { action: 'retryAfter', afterMs: 10_000 }],
  [
    '477 migration',
    () => classify(477, undefined, { retryAfterMs: 7_200_000 }),
    { action: 'pausePortal', afterMs: 7_200_000 },
  ],
  ['477 without its header', () => classify(477), { action: 'pausePortal', afterMs: 600_000 }],
  [
    '500 on a batch',
    () => classify(500, error('internal error', 'INTERNAL_ERROR'), { inputCount: 100 }),
    { action: 'retry', splitAfterTries: 3, mayHaveWritten: true },
  ],
  [
    '500 on one record',
    () => classify(500, 'html', { inputCount: 1 }),
    { action: 'retry', splitAfterTries: null },
  ],
  [
    '502',
    () => classify(502, 'html', { inputCount: 100 }),
    { action: 'retryAfter', afterMs: 5000, shrinkBatch: true, mayHaveWritten: true },
  ],
  [
    '504',
    () => classify(504, 'html', { inputCount: 100 }),
    { action: 'retryAfter', afterMs: 5000, shrinkBatch: true, mayHaveWritten: true },
  ],
  [
    '503',
    () => classify(503, 'html'),
    { action: 'retryAfter', afterMs: 5000, shrinkBatch: false, mayHaveWritten: false },
  ],
  ['521', () => classify(521, 'html'), { action: 'retryAfter', afterMs: 5000 }],
  ['523', () => classify(523, 'html'), { action: 'retryAfter', afterMs: 5000 }],
  [
    '524',
    () => classify(524, 'html', { inputCount: 100 }),
    { action: 'retry', shrinkBatch: true, mayHaveWritten: true },
  ],
  ['522', () => classify(522, 'html'), { action: 'retry', alert: true }],
  ['525', () => classify(525, 'html'), { action: 'retry', alert: true }],
  ['526', () => classify(526, 'html'), { action: 'retry', alert: true }],
  ['530 malformed token', () => classify(530, 'html'), { action: 'pausePortal', alert: true }],
  ['520, not in the facts', () => classify(520, 'html'), { action: 'retry', mayHaveWritten: true }],
  ['302', () => classify(302, 'html'), { action: 'defect', alert: true }],
  ['418', () => classify(418, {}), { action: 'defect' }],
  ['200 that is no JSON', () => classify(200, 'html'), { action: 'retry', mayHaveWritten: true }],
  [
    'connection refused',
    () => classify(null, undefined, { network: 'refused' }),
    { action: 'retry', mayHaveWritten: false },
  ],
  [
    'connection reset',
    () => classify(null, undefined, { network: 'reset' }),
    { action: 'retry', mayHaveWritten: true },
  ],
  [
    'deadline',
    () => classify(null, undefined, { network: 'deadline' }),
    { action: 'retry', mayHaveWritten: true, shrinkBatch: true },
  ],
  [
    'cancelled',
    () => classify(null, undefined, { network: 'aborted' }),
    { action: 'retry', mayHaveWritten: true },
  ],
];

test.each(rows)('%s', (_, verdict, expected) => {
  expect(verdict()).toMatchObject(expected);
});

test('a body that lies about its types never throws', () => {
  for (const body of [null, [], 'text', 7, { message: 3, category: {}, errors: 'x', context: [1] }]) {
    expect(classify(400, body, { inputCount: 1 }).action).toBe('rejectRecord');
  }
});

describe('a HubSpotFailure', () => {
  const leaky = {
    status: 400,
    endpoint: 'objects.batchUpsert',
    headers: noRateLimitHeaders,
    body: {
      kind: 'json' as const,
      value: {
        message: 'Contact ann@example.com already exists. Existing ID: 482701',
        category: 'ann@example.com',
        correlationId: 'ann@example.com',
        policyName: 'Ann Lee',
        errors: [
          { message: 'ann@example.com', context: { requiredGranularScopes: ['ann@example.com', 'tickets'] } },
        ],
      },
    },
  };

  test('names endpoint, status, category, policy and correlation', () => {
    const failure = replyFailure({
      endpoint: 'objects.list',
      status: 429,
      headers: noRateLimitHeaders,
      body: { kind: 'json', value: { errorType: 'RATE_LIMIT', policyName: 'DAILY', correlationId: 'ab-12' } },
    });
    expect(failure).toBeInstanceOf(Error);
    expect(failure).toMatchObject({
      name: 'HubSpotFailure',
      endpoint: 'objects.list',
      status: 429,
      action: 'pausePortal',
      category: 'RATE_LIMIT',
      policyName: 'DAILY',
      correlationId: 'ab-12',
    });
    expect(failure.message).toBe(
      'HubSpot objects.list: status 429, the daily limit is used up; category RATE_LIMIT; policy DAILY; correlation ab-12',
    );
  });

  test('carries no value of a record, even where HubSpot puts one into a code field', () => {
    for (const status of [400, 403, 404, 409, 429, 500]) {
      const failure = replyFailure({ ...leaky, status });
      expect(`${failure.stack} ${JSON.stringify(failure)}`).not.toMatch(/ann@|Ann Lee|482701/);
    }
    expect(replyFailure({ ...leaky, status: 403 }).verdict.missingScopes).toEqual(['tickets']);
  });

  test('of a broken connection has no status', () => {
    expect(networkFailure('x.y', 'reset')).toMatchObject({ status: null, action: 'retry' });
    expect(networkFailure('x.y', 'reset')).toBeInstanceOf(HubSpotFailure);
  });
});
