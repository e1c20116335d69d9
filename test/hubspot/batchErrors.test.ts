import { readBatchReply, type BatchReading, type SentInput } from '../../src/hubspot/batchReply';
import { noRateLimitHeaders } from '../../src/hubspot/rateLimitHeaders';

const reply = (status: number, value: unknown) => ({
  status,
  headers: noRateLimitHeaders,
  body: { kind: 'json' as const, value },
});
const kinds = (reading: BatchReading) =>
  Object.fromEntries([...reading.outcomes].map(([traceId, outcome]) => [traceId, outcome.kind]));
const updates = (...ids: string[]): SentInput[] => ids.map((id) => ({ traceId: `t${id}`, recordId: id }));

describe('errors of a 207', () => {
  const errors = (...items: unknown[]) =>
    reply(207, { status: 'COMPLETE', results: [], numErrors: 1, errors: items });

  test('name updates by record id and upserts by their unique value', () => {
    const gone = { category: 'OBJECT_NOT_FOUND', message: 'gone', context: { ids: ['8'] } };
    const reading = readBatchReply(updates('7', '8'), errors(gone));
    expect(reading.outcomes.get('t8')).toMatchObject({
      kind: 'rejected',
      fault: 'gone',
      category: 'OBJECT_NOT_FOUND',
    });
    const upserts = readBatchReply(
      [
        { traceId: 'a', unique: { property: 'email', value: 'Ann@example.com' } },
        { traceId: 'b', unique: { property: 'email', value: 'b@example.com' } },
      ],
      errors({ category: 'VALIDATION_ERROR', message: 'no', context: { ids: ['ann@example.com'] } }),
    );
    expect(kinds(upserts)).toEqual({ a: 'rejected', b: 'unproved' });
  });

  test('of a conflict carry the id of the record that owns the key', () => {
    const reading = readBatchReply(
      [{ traceId: 'a' }, { traceId: 'b' }],
      errors(
        {
          category: 'CONFLICT',
          message: 'Contact already exists. Existing ID: 482701',
          context: { objectWriteTraceId: ['a'] },
        },
        { category: 'CONFLICT', message: 'Contact already exists', context: { objectWriteTraceId: ['b'] } },
      ),
    );
    expect(reading.outcomes.get('a')).toMatchObject({ fault: 'conflict', conflictingId: '482701' });
    expect(reading.outcomes.get('b')).toMatchObject({ fault: 'conflict', conflictingId: null });
  });

  test('of a taken unique value are conflicts too when they come as validation errors', () => {
    const message =
      'Property values were not valid: [{"isValid":false,"message":"k1 is already set on another contact","error":"CONFLICTING_UNIQUE_VALUE","name":"tributary_id"}]';
    const context = { objectWriteTraceId: ['a'] };
    const reading = readBatchReply(
      [{ traceId: 'a' }],
      errors({ category: 'VALIDATION_ERROR', message, context }),
    );
    expect(reading.outcomes.get('a')).toMatchObject({ fault: 'conflict', conflictingId: null });
  });

  test('that are no fault of the record leave it unproved', () => {
    const reading = readBatchReply(
      [{ traceId: 'a' }, { traceId: 'b' }],
      errors({ category: 'RATE_LIMITS', message: 'slow down', context: { objectWriteTraceId: ['a'] } }),
    );
    expect(reading.outcomes.get('a')).toEqual({
      kind: 'unproved',
      why: 'transient',
      category: 'RATE_LIMITS',
    });
  });

  test('that name nobody reject nobody', () => {
    const reading = readBatchReply(
      [{ traceId: 'a' }, { traceId: 'b' }],
      reply(207, {
        results: [{ id: '1', properties: {}, objectWriteTraceId: 'a' }],
        errors: [{ category: 'VALIDATION_ERROR', message: 'something is wrong' }],
      }),
    );
    expect(reading.outcomes.get('a')).toMatchObject({ kind: 'written' });
    expect(reading.outcomes.get('b')).toEqual({ kind: 'unproved', why: 'unattributed', category: null });
  });

  test('that name nobody reject the only input', () => {
    const reading = readBatchReply(
      [{ traceId: 'a' }],
      errors({ category: 'VALIDATION_ERROR', message: 'no' }),
    );
    expect(kinds(reading)).toEqual({ a: 'rejected' });
  });
});

describe('a refused batch', () => {
  const duplicateIds = {
    status: 'error',
    message: 'Duplicate IDs found in batch input: [12877907025]. IDs must be unique',
    correlationId: 'x',
    context: { ids: ['12877907025'] },
    category: 'VALIDATION_ERROR',
  };
  const conflict = {
    status: 'error',
    message: 'Contact already exists. Existing ID: 482701',
    correlationId: 'x',
    category: 'CONFLICT',
  };

  test('of several inputs wrote nothing and is split', () => {
    const reading = readBatchReply(updates('1', '2'), reply(400, duplicateIds));
    expect(reading.outcomes.size).toBe(0);
    expect(reading.wholeBatch).toMatchObject({
      status: 400,
      verdict: { action: 'split' },
      duplicateIds: ['12877907025'],
      category: 'VALIDATION_ERROR',
    });
  });

  test('of one input is its rejection', () => {
    const conflicted = readBatchReply(updates('1'), reply(409, conflict));
    expect(conflicted.wholeBatch).toBeUndefined();
    expect(conflicted.outcomes.get('t1')).toMatchObject({ fault: 'conflict', conflictingId: '482701' });
    const gone = readBatchReply(updates('1'), reply(404, { message: 'resource not found' }));
    expect(gone.outcomes.get('t1')).toMatchObject({ kind: 'rejected', fault: 'gone', category: null });
  });

  test('of one input without a word of HubSpot’s refuses nothing: it was cut short, or comes from an edge', () => {
    for (const status of [400, 404, 409, 422]) {
      for (const body of [{ kind: 'html' as const }, { kind: 'none' as const }]) {
        const reading = readBatchReply(updates('1'), { ...reply(status, null), body });
        expect(reading.outcomes.get('t1')?.kind ?? reading.wholeBatch?.verdict.action).toBe(
          status === 409 ? 'retryAfter' : 'unproved',
        );
      }
    }
    const tooLarge = readBatchReply(updates('1'), { ...reply(413, null), body: { kind: 'html' } });
    expect(tooLarge.outcomes.get('t1')?.kind).toBe('rejected');
  });

  test('for a reason that is not the records’ decides nothing about them', () => {
    for (const status of [401, 403, 429, 500, 503]) {
      const reading = readBatchReply(updates('1'), reply(status, {}));
      expect(reading.outcomes.size).toBe(0);
      expect(reading.wholeBatch?.verdict.action).not.toBe('split');
    }
  });
});
