import type { JsonValue } from '../../src/domain/record';
import type { OpenSource, WriteRequest } from '../../src/sources/contract';
import { bodyOf, type RestWrite } from '../../src/sources/restWrite';
import { startRestBench, type RestBench } from './askRest';

let bench: RestBench;
let source: OpenSource;

beforeAll(async () => {
  bench = await startRestBench();
  source = await bench.open();
});
afterAll(() => bench.close());
beforeEach(() => {
  bench.server.calls.length = 0;
  bench.answer = () => ({ status: 204, raw: '' });
});

const options: RestWrite = { method: 'PATCH', path: '/people/{id}', idempotencyHeader: 'Idempotency-Key' };

type Asked = Omit<Partial<WriteRequest<unknown>>, 'options'> & {
  options?: Partial<RestWrite>;
  keys?: string[];
};

function write({ keys = ['7'], options: more, ...request }: Asked = {}, to = source) {
  return to.write!({
    stream: 's',
    options: { ...options, ...more },
    recordKey: ['id'],
    records: keys.map((key) => ({
      key,
      values: { tel: '+47', 'address.city': 'Oslo' },
      idempotencyKey: `change-of-${key}`,
    })),
    deadlineMs: 10_000,
    isUrgent: false,
    mayStart: () => true,
    ...request,
  });
}

const seen = () =>
  bench.server.calls.map(({ method, path, headers, body }) => ({
    ...{ method, path, key: headers['idempotency-key'], body: JSON.parse(body) as unknown },
  }));

test('one request per record: its key in the path, what changed as JSON, the key of the change in its header', async () => {
  expect(await write({ keys: ['7', 'a/b c'] })).toEqual({
    outcomes: [{ kind: 'accepted' }, { kind: 'accepted' }],
    failure: null,
    calls: 2,
  });
  const body = { tel: '+47', address: { city: 'Oslo' } };
  expect(seen()).toEqual([
    { method: 'PATCH', path: '/people/7', key: 'change-of-7', body },
    { method: 'PATCH', path: '/people/a%2Fb%20c', key: 'change-of-a/b c', body },
  ]);
});

test('keys of several parts, a body of its own, another method and header', async () => {
  await write({
    recordKey: ['site', 'no'],
    keys: ['oslo|12'],
    options: {
      ...{
        method: 'POST',
        path: '/sites/{site}/people',
        idempotencyHeader: 'X-Once',
        query: { source: 'crm' },
      },
      body: {
        person: { number: '{no}', label: 'no {no} in {site}', phone: '{tel}', fax: '{fax}' },
        all: '{changes}',
      },
    },
  });
  const [call] = bench.server.calls;
  expect([call!.method, call!.path, call!.query.get('source'), call!.headers['x-once']]).toEqual([
    ...['POST', '/sites/oslo/people', 'crm', 'change-of-oslo|12'],
  ]);
  expect(JSON.parse(call!.body)).toEqual({
    person: { number: '12', label: 'no 12 in oslo', phone: '+47' },
    all: { tel: '+47', address: { city: 'Oslo' } },
  });
});

test.each([
  [400, 'refuses the change (400)'],
  [404, 'has no such record any more (404)'],
  [409, 'refuses the change (409)'],
  [410, 'has no such record any more (410)'],
  [422, 'refuses the change (422)'],
])('%i is the record’s fault, told without the reply; the next one is written', async (status, reason) => {
  bench.answer = ({ path }) => (path === '/people/7' ? { status, body: { quotes: '+47' } } : { status: 200 });
  const { outcomes, failure } = await write({ keys: ['7', '8'] });
  expect(outcomes).toEqual([{ kind: 'refused', reason }, { kind: 'accepted' }]);
  expect(failure).toBeNull();
});

test.each([
  [{ status: 401 }, 'configuration', null],
  [{ status: 403 }, 'configuration', null],
  [{ status: 405 }, 'configuration', null],
  [{ status: 302, headers: { location: '/elsewhere' } }, 'configuration', null],
  [{ status: 429, headers: { 'retry-after': '3' } }, 'retryAfter', 3_000],
  [{ status: 408 }, 'retry', null],
  [{ status: 500 }, 'retry', null],
  [{ status: 503 }, 'retry', null],
  [{ reset: true }, 'retry', null],
])(
  '%j is the call’s fault: the outcome is unknown and the rest is not tried',
  async (answer, recovery, retryAfterMs) => {
    bench.answer = ({ path }) => (path === '/people/8' ? answer : { status: 200 });
    const { outcomes, failure } = await write({ keys: ['7', '8', '9'] });
    expect(outcomes).toEqual([{ kind: 'accepted' }, { kind: 'unknown' }]);
    expect(failure).toMatchObject({ recovery, retryAfterMs });
    expect(failure!.message).not.toContain('people/8');
    expect(bench.server.calls).toHaveLength(2);
  },
);

describe('an API that refuses in a reply of status 200', () => {
  const written = async (reply: object) => {
    bench.answer = () => ({ status: 200, ...reply });
    return (await write({ options: { errorAt: 'result.errors' } })).outcomes;
  };

  test.each([['no'], [['Ottilie is locked']], [{ code: 7 }], [true], [4711]])(
    'refuses where its error is %j, told without the reply',
    async (errors) => {
      const reason = 'refuses the change (200, with an error in its reply)';
      expect(await written({ body: { result: { errors } } })).toEqual([{ kind: 'refused', reason }]);
    },
  );

  test.each([
    ...[null, false, 0, '', [], {}].map((errors) => ({ body: { result: { errors } } })),
    ...[{ body: {} }, { body: [] }, { raw: '' }, { raw: 'OK' }],
  ])('accepts where its reply is %j', async (reply) => {
    expect(await written(reply)).toEqual([{ kind: 'accepted' }]);
  });

  test('accepts whatever it says where nobody named a place of errors', async () => {
    bench.answer = () => ({ status: 200, body: { errors: ['no'] } });
    expect((await write()).outcomes).toEqual([{ kind: 'accepted' }]);
  });
});

test.each(['.', '..', ''])(
  'a key %j, which would lead to another address, is refused without a call',
  async (key) => {
    const { outcomes, failure } = await write({ keys: [key, '8'] });
    expect(outcomes).toEqual([
      {
        kind: 'refused',
        reason: 'cannot be named in an address: the record key is no single part of a path',
      },
      { kind: 'accepted' },
    ]);
    expect(failure).toBeNull();
    expect(bench.server.calls.map(({ path }) => path)).toEqual(['/people/8']);
  },
);

test('a call ends at its deadline', async () => {
  bench.answer = () => ({ delayMs: 20_000 });
  const began = performance.now();
  const { outcomes, failure } = await write({ deadlineMs: 200 });
  expect(performance.now() - began).toBeLessThan(10_000);
  expect(outcomes).toEqual([{ kind: 'unknown' }]);
  expect(failure).toMatchObject({ recovery: 'retry' });
});

test('calls keep the configured pace, and none starts when its claim ended while it waited', async () => {
  const slow = (await bench.open({ requestsPerSecond: 2 })) as OpenSource;
  let asked: number | undefined;
  // Ends 100 ms after the first call began, 400 ms before the second has its turn.
  const mayStart = () => performance.now() < (asked ??= performance.now()) + 100;
  const { outcomes, calls, failure } = await write({ keys: ['1', '2', '3'], mayStart }, slow);
  expect({ outcomes, calls, failure }).toEqual({ outcomes: [{ kind: 'accepted' }], calls: 1, failure: null });
});

test('a member of a body whose value did not change is left out, down to nothing', () => {
  expect(bodyOf({ a: ['{x}', '{y}', 1], b: { c: '{y}' }, d: null }, {}, { x: false })).toEqual({
    ...{ a: [false, 1], b: {}, d: null },
  });
});

test.each<[template: string, body: JsonValue | undefined]>([
  ['{id}', '7'],
  ['{flag}', false],
  ['{nothing}', null],
  ['{unknown}', undefined],
  ['no {id}, {count}, {flag}, {text}', 'no 7, 0, false, x'],
  ['[{nothing}{unknown}]', '[]'],
  ['{list} of {thing}', '["a",1] of {"b":null}'],
  [
    '{changes}',
    {
      id: 'not the key',
      flag: false,
      nothing: null,
      count: 0,
      text: 'x',
      list: ['a', 1],
      thing: { b: null },
    },
  ],
])('a body of %j', (template, body) => {
  const values = { flag: false, nothing: null, count: 0, text: 'x', list: ['a', 1], thing: { b: null } };
  // A part of the key wins over a value of that name.
  expect(bodyOf(template, { id: '7' }, { id: 'not the key', ...values })).toEqual(body);
});

test('changes by their paths: what two of them share is one object, and a value in the way gives way', () => {
  const values = { 'a.b': 1, 'a.c.d': 2, 'a.c.e': 3, 'n.x': 4, l: ['z'], 'l.y': 5 };
  expect(bodyOf('{changes}', {}, { n: null, ...values })).toEqual({
    a: { b: 1, c: { d: 2, e: 3 } },
    n: { x: 4 },
    l: { y: 5 },
  });
});
