import { post, startApi, type TestApi } from './startApi';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

type Case = [what: string, path: string, init: RequestInit, status: number, kind: string];

const cases: Case[] = [
  ['an unknown address', '/nothing', {}, 404, 'not-found'],
  ['an unknown address below /api', '/api/nothing', {}, 404, 'not-found'],
  ['an address with broken percent signs', '/api/sync/status/%E0%A4%A', {}, 400, 'bad-request'],
  ['a method that is not taken', '/api/runs', { method: 'DELETE' }, 405, 'method-not-allowed'],
  ['a GET of the trigger', '/api/sync/trigger/azure', {}, 405, 'method-not-allowed'],
  ['a POST of the status', '/api/sync/status/x', post({}), 405, 'method-not-allowed'],
  ['a POST of the health', '/health/live', post({}), 405, 'method-not-allowed'],
  ['a body that is no JSON', '/api/sync/trigger/azure', post('{"full": tru'), 400, 'bad-request'],
  ['a body that is only a word', '/api/sync/trigger/azure', post('"all"'), 400, 'bad-request'],
  ['a body of 101 kB', '/api/sync/trigger/azure', post({ portal: 'x'.repeat(103_424) }), 413, 'too-large'],
  ['a form', '/api/sync/trigger/azure', form(), 415, 'unsupported-media-type'],
  ['a list', '/api/sync/trigger/azure', post([true]), 422, 'invalid-request'],
  ['an unknown source', '/api/sync/trigger/azur', post({}), 404, 'unknown-source'],
  ['a source named like a member of objects', '/api/sync/trigger/constructor', post(), 404, 'unknown-source'],
];

describe('a problem document', () => {
  test.each(cases)('answers %s', async (_what, path, init, status, kind) => {
    const reply = await api.ask(path, init);
    expect(reply.status).toBe(status);
    expect(reply.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(reply.json).toMatchObject({ type: `urn:tributary:problem:${kind}`, status, instance: path });
    expect(reply.json['title']).toEqual(expect.any(String));
    expect(reply.json['requestId']).toBe(reply.headers.get('x-request-id'));
    expect(reply.text).not.toMatch(/node_modules|\.ts|\\n\s*at |Error:/);
  });

  test('names the methods that are taken', async () => {
    expect((await api.ask('/api/runs', { method: 'PUT' })).headers.get('allow')).toBe('GET, HEAD');
    expect((await api.ask('/api/sync/trigger/azure')).headers.get('allow')).toBe('POST');
  });

  test('asks whether another source was meant', async () => {
    const { json } = await api.ask('/api/sync/trigger/azur', post());
    expect(json['detail']).toBe('The configuration has no source "azur"; did you mean "azure"?');
    expect(json['sources']).toEqual(['all', 'hubspot', 'azure', 'ielts', 'impact']);
  });

  test('does not repeat the query, which may hold anything', async () => {
    const { text } = await api.ask('/api/nothing?email=ann.lee@example.org');
    expect(text).not.toContain('ann.lee');
    expect(JSON.stringify(api.lines)).not.toContain('ann.lee');
  });

  test('takes a request id that the caller chose, and no other text', async () => {
    const own = await api.ask('/nothing', { headers: { 'x-request-id': 'caller-chose-this-1' } });
    expect(own.json['requestId']).toBe('caller-chose-this-1');
    const odd = await api.ask('/nothing', { headers: { 'x-request-id': 'a b <script>' } });
    expect(odd.json['requestId']).toMatch(/^[0-9a-f-]{36}$/);
  });
});

type Fault = [what: string, path: string, init: RequestInit, errors: object[]];
const limitFault = { parameter: 'limit', detail: 'must be a whole number from 1 to 100' };
const placeFault = { parameter: 'before', detail: 'is not a place that `next` gave' };

const faults: Fault[] = [
  [
    'full as a text',
    '/api/sync/trigger/all',
    post({ full: 'yes' }),
    [{ pointer: '#/full', detail: 'must be true or false' }],
  ],
  [
    'full as null',
    '/api/sync/trigger/all',
    post({ full: null }),
    [{ pointer: '#/full', detail: 'must be true or false' }],
  ],
  [
    'a portal that is none',
    '/api/sync/trigger/all',
    post({ portal: 'mian' }),
    [{ pointer: '#/portal', detail: 'there is no portal of this name; did you mean "main"?' }],
  ],
  [
    'a key that is not known',
    '/api/sync/trigger/all',
    post({ ful: true }),
    [{ pointer: '#/ful', detail: 'is not known; did you mean "full"?' }],
  ],
  [
    'several faults at once',
    '/api/sync/trigger/all',
    post({ full: 1, 'a/b~c': 1 }),
    [
      { pointer: '#/full', detail: 'must be true or false' },
      { pointer: '#/a~1b~0c', detail: 'is not known; known: full, portal' },
    ],
  ],
  [
    'a list',
    '/api/sync/trigger/all',
    post([]),
    [{ pointer: '#', detail: expect.stringContaining('object') as string }],
  ],
  ['a limit of 0', '/api/runs?limit=0', {}, [limitFault]],
  ['a limit above 100', '/api/runs?limit=101', {}, [limitFault]],
  ['a limit that is no number', '/api/runs?limit=ten', {}, [limitFault]],
  ['a negative limit', '/api/runs?limit=-1', {}, [limitFault]],
  [
    'a limit given twice',
    '/api/runs?limit=1&limit=2',
    {},
    [{ parameter: 'limit', detail: 'must be given once' }],
  ],
  ['a place that we did not give', '/api/runs?before=abc', {}, [placeFault]],
  ['a place with SQL in it', `/api/runs?before=${place("2026-01-01' or 1=1", '1', 'x')}`, {}, [placeFault]],
  [
    'a place with an impossible date',
    `/api/runs?before=${place('2026-02-31T00:00:00.000000Z', '1', 'x')}`,
    {},
    [placeFault],
  ],
  [
    'a parameter that is not known',
    '/api/runs?limt=5',
    {},
    [{ parameter: 'limt', detail: 'is not known; did you mean "limit"?' }],
  ],
];

describe('validation', () => {
  test.each(faults)('refuses %s and says where', async (_what, path, init, errors) => {
    const reply = await api.ask(path, init);
    expect(reply.status).toBe(422);
    expect(reply.json['errors']).toEqual(errors);
  });

  test('wants the portal named where there are two', async () => {
    const two = await startApi({ portals: ['main', 'sandbox'] });
    try {
      const reply = await two.ask('/api/sync/trigger/all', post({}));
      expect(reply.status).toBe(422);
      expect(reply.json['errors']).toEqual([
        { pointer: '#/portal', detail: 'there is more than one portal; say which of main, sandbox' },
      ]);
    } finally {
      await two.close();
    }
  });
});

describe('an outage', () => {
  test('of Temporal is told as such, and the cause stays in the log', async () => {
    const reply = await api.ask('/api/sync/trigger/azure', post({}));
    expect(reply.status).toBe(503);
    expect(reply.headers.get('retry-after')).toBe('5');
    expect(reply.json['detail']).toBe('Temporal does not answer; try again.');
    expect(reply.text).not.toContain('127.0.0.1');
    expect(api.lines).toContainEqual(expect.objectContaining({ event: 'request_failed', level: 'error' }));
  });

  test('of Postgres is told as such', async () => {
    const own = await startApi();
    try {
      await own.pool.query('alter table portals rename to hidden');
      const reply = await own.ask('/api/runs');
      expect(reply.status).toBe(503);
      expect(reply.json['detail']).toBe('Postgres does not answer; try again.');
      expect(reply.text).not.toMatch(/relation|portals/);
    } finally {
      await own.close();
    }
  });

  test('that nobody foresaw is a 500 without a word of the error', async () => {
    const own = await startApi();
    try {
      await own.pool.query('alter table portals rename column name to hidden_name');
      const reply = await own.ask('/api/runs');
      expect(reply.status).toBe(500);
      expect(reply.json).toEqual({
        type: 'urn:tributary:problem:internal',
        title: 'Something went wrong here',
        status: 500,
        instance: '/api/runs',
        requestId: expect.any(String),
      });
    } finally {
      await own.close();
    }
  });
});

test('every reply carries the security headers and no hint of Express', async () => {
  for (const path of ['/health/live', '/nothing', '/api/runs']) {
    const { headers } = await api.ask(path);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('x-powered-by')).toBeNull();
  }
});

function form(): RequestInit {
  return { method: 'POST', body: new URLSearchParams({ full: 'true' }) };
}

function place(...parts: string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}
