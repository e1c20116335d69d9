import fc from 'fast-check';
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

// facts §3.2, literally, with a second input
const partial = {
  status: 'COMPLETE',
  results: [
    {
      id: '1145814089',
      properties: { firstname: 'Ann' },
      createdAt: '2026-01-01T00:00:00.000Z',
      updatedAt: '2026-01-02T00:00:00.000Z',
      archived: false,
      objectWriteTraceId: 'a1',
    },
  ],
  numErrors: 1,
  errors: [
    {
      status: 'error',
      category: 'VALIDATION_ERROR',
      message:
        'Property values were not valid: [{"isValid":false,"message":"Property \\"missing\\" does not exist","error":"PROPERTY_DOESNT_EXIST","name":"missing","localizedErrorMessage":"x","portalId":1}]',
      context: { objectWriteTraceId: ['a2'] },
    },
  ],
  startedAt: '2026-01-02T00:00:00.000Z',
  completedAt: '2026-01-02T00:00:00.000Z',
};

test.each([200, 201, 207])('a partial reply with status %d is read input by input', (status) => {
  const reading = readBatchReply([{ traceId: 'a1' }, { traceId: 'a2' }], reply(status, partial));
  expect(reading.wholeBatch).toBeUndefined();
  expect(reading.outcomes.get('a1')).toEqual({
    kind: 'written',
    id: '1145814089',
    properties: { firstname: 'Ann' },
    updatedAt: '2026-01-02T00:00:00.000Z',
  });
  expect(reading.outcomes.get('a2')).toEqual({
    kind: 'rejected',
    fault: 'invalid',
    category: 'VALIDATION_ERROR',
    message: expect.stringContaining('Property values were not valid'),
    propertyErrors: [
      { property: 'missing', code: 'PROPERTY_DOESNT_EXIST', message: 'Property "missing" does not exist' },
    ],
    conflictingId: null,
  });
});

test('an input that is in neither list is not proved', () => {
  const reading = readBatchReply(
    [{ traceId: 'a1' }, { traceId: 'a2' }, { traceId: 'a3' }],
    reply(207, partial),
  );
  expect(reading.outcomes.get('a3')).toEqual({ kind: 'unproved', why: 'missing', category: null });
});

test.each([
  ['an empty result', { status: 'COMPLETE', results: [] }],
  ['no lists at all', { status: 'COMPLETE' }],
  ['lists that are none', { results: 'many', errors: 3 }],
  ['null', null],
])('a 200 with %s proves nothing', (_, value) => {
  const reading = readBatchReply([{ traceId: 'a1' }, { traceId: 'a2' }], reply(200, value));
  expect(kinds(reading)).toEqual({ a1: 'unproved', a2: 'unproved' });
});

test('a 200 that is an HTML page proves nothing', () => {
  const reading = readBatchReply([{ traceId: 'a1' }], {
    status: 200,
    headers: noRateLimitHeaders,
    body: { kind: 'html' },
  });
  expect(kinds(reading)).toEqual({ a1: 'unproved' });
});

test('a result without an id proves nothing', () => {
  const reading = readBatchReply(
    [{ traceId: 'a1' }, { traceId: 'a2' }],
    reply(200, {
      results: [
        { objectWriteTraceId: 'a1', properties: {} },
        { id: '', objectWriteTraceId: 'a2' },
      ],
    }),
  );
  expect(kinds(reading)).toEqual({ a1: 'unproved', a2: 'unproved' });
});

test('whatever the order of the results, every input gets its own', () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray([...Array(12).keys()]),
      fc.boolean(),
      fc.boolean(),
      (order, hasTraces, byKey) => {
        const inputs: SentInput[] = [...Array(12).keys()].map((n) => ({
          traceId: `t${n}`,
          ...(byKey ? { unique: { property: 'tributary_id', value: `k${n}` } } : { recordId: `${1000 + n}` }),
        }));
        const results = order.map((n) => ({
          id: `${1000 + n}`,
          properties: { tributary_id: `k${n}` },
          ...(hasTraces ? { objectWriteTraceId: `t${n}` } : {}),
        }));
        const reading = readBatchReply(inputs, reply(200, { results }));
        for (let n = 0; n < 12; n += 1) {
          const outcome = reading.outcomes.get(`t${n}`)!;
          expect(outcome.kind).toBe(order.includes(n) ? 'written' : 'unproved');
          if (outcome.kind === 'written') expect(outcome.id).toBe(`${1000 + n}`);
        }
      },
    ),
  );
});

test('where no trace id comes back an e-mail matches without regard to case', () => {
  const reading = readBatchReply(
    [
      { traceId: 'a', unique: { property: 'email', value: ' Ann@Example.com ' } },
      { traceId: 'b', unique: { property: 'email', value: 'bob@example.com' } },
    ],
    reply(200, {
      results: [
        { id: '2', properties: { email: 'bob@example.com' }, new: false },
        { id: '1', properties: { email: 'ann@example.com' }, new: true },
      ],
    }),
  );
  expect(reading.outcomes.get('a')).toMatchObject({ kind: 'written', id: '1', isNew: true });
  expect(reading.outcomes.get('b')).toMatchObject({ kind: 'written', id: '2', isNew: false });
});

test('other unique values match exactly', () => {
  const inputs: SentInput[] = ['A1', 'b2'].map((value) => ({
    traceId: value,
    unique: { property: 'key', value },
  }));
  const results = ['a1', 'b2'].map((key, index) => ({ id: String(index), properties: { key } }));
  expect(kinds(readBatchReply(inputs, reply(200, { results })))).toEqual({ A1: 'unproved', b2: 'written' });
});

test('a foreign trace id is no proof, even when the record id fits', () => {
  const reading = readBatchReply(
    updates('7', '8'),
    reply(200, { results: [{ id: '7', properties: {}, objectWriteTraceId: 'somebody-else' }] }),
  );
  expect(kinds(reading)).toEqual({ t7: 'unproved', t8: 'unproved' });
});

test('a key that two inputs share identifies neither of them', () => {
  const same = { property: 'tributary_id', value: 'k' };
  const reading = readBatchReply(
    [
      { traceId: 'a', unique: same },
      { traceId: 'b', unique: same },
    ],
    reply(200, { results: [{ id: '1', properties: { tributary_id: 'k' } }] }),
  );
  expect(kinds(reading)).toEqual({ a: 'unproved', b: 'unproved' });
});

test('an update of a merged record is recognised by trace id or by what the new record absorbed', () => {
  const byTrace = readBatchReply(
    updates('7', '8'),
    reply(200, { results: [{ id: '99', properties: {}, objectWriteTraceId: 't7' }] }),
  );
  expect(byTrace.outcomes.get('t7')).toMatchObject({ kind: 'written', id: '99' });
  const byList = readBatchReply(
    updates('7', '8'),
    reply(200, { results: [{ id: '99', properties: { hs_merged_object_ids: '5;8' } }] }),
  );
  expect(byList.outcomes.get('t8')).toMatchObject({ kind: 'written', id: '99' });
  expect(byList.outcomes.get('t7')).toMatchObject({ kind: 'unproved' });
});

test('the only result of a call with one input is its result; of two it is nobody’s', () => {
  const bare = { results: [{ id: '5', properties: {} }] };
  const one = { traceId: 'a', unique: { property: 'tributary_id', value: 'k' } };
  expect(kinds(readBatchReply([one], reply(200, bare)))).toEqual({ a: 'written' });
  expect(kinds(readBatchReply([one, { traceId: 'b' }], reply(200, bare)))).toEqual({
    a: 'unproved',
    b: 'unproved',
  });
});

test('a reply for 100 records of 40 properties is read in far less than a frame', () => {
  const properties = Object.fromEntries([...Array(40).keys()].map((n) => [`property_${n}`, `value ${n}`]));
  const inputs: SentInput[] = [...Array(100).keys()].map((n) => ({ traceId: `t${n}`, recordId: String(n) }));
  const results = inputs.map((input) => ({
    id: input.recordId,
    properties,
    updatedAt: '2026-01-01T00:00:00Z',
    objectWriteTraceId: input.traceId,
  }));
  const body = reply(200, { status: 'COMPLETE', results });
  const took = [...Array(100).keys()].map(() => {
    const startedAt = performance.now();
    readBatchReply(inputs, body);
    return performance.now() - startedAt;
  });
  // The quickest of many: about 0.3 ms, whatever else the machine does beside.
  expect(Math.min(...took)).toBeLessThan(5);
});
