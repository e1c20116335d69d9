import { connectTemporal, type TestTemporal } from '../support/temporal';
import { startApi, type TestApi } from './startApi';

let temporal: TestTemporal;
let api: TestApi;
beforeAll(async () => {
  temporal = await connectTemporal();
  api = await startApi({ temporal: temporal.client });
}, 300_000);
afterAll(async () => {
  await api.close();
  await temporal.close();
});

/** Nobody who asks for health has a token. */
const withoutToken = { headers: { authorization: '' } };

describe('the health', () => {
  test('is live without looking at anything else', async () => {
    const lonely = await startApi();
    try {
      const reply = await lonely.ask('/health/live', withoutToken);
      expect([reply.status, reply.json]).toEqual([200, { status: 'live' }]);
    } finally {
      await lonely.close();
    }
  });

  test.each(['/health/ready', '/health'])('%s is ready when Postgres and Temporal answer', async (path) => {
    const reply = await api.ask(path, withoutToken);
    expect([reply.status, reply.json]).toEqual([200, { status: 'ready' }]);
  });

  test('is not ready without Temporal, within seconds and as a problem', async () => {
    const lonely = await startApi();
    try {
      const startedAt = performance.now();
      const reply = await lonely.ask('/health/ready', withoutToken);
      expect(performance.now() - startedAt).toBeLessThan(5_000);
      expect(reply.status).toBe(503);
      expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(reply.json).toMatchObject({
        type: 'urn:tributary:problem:not-ready',
        errors: [{ part: 'Temporal', detail: 'Temporal does not answer, or is not set up yet' }],
      });
    } finally {
      await lonely.close();
    }
  });

  test('is not ready without our tables, and ready again when they are there', async () => {
    await api.pool.query('alter table api_tokens rename to hidden');
    const without = await api.ask('/health/ready', withoutToken);
    await api.pool.query('alter table hidden rename to api_tokens');
    const again = await api.ask('/health/ready', withoutToken);
    expect(without.status).toBe(503);
    expect(without.json['errors']).toEqual([expect.objectContaining({ part: 'Postgres' })]);
    expect(again.status).toBe(200);
  });
});

describe('the access log', () => {
  test('says method, route template, status and time, and nothing that a caller wrote', async () => {
    await api.ask('/api/sync/status/ann.lee%40example.org?phone=447700900123');
    expect(api.lines.at(-1)).toEqual({
      level: 'info',
      time: expect.any(String),
      pid: expect.any(Number),
      hostname: expect.any(String),
      event: 'http_request',
      requestId: expect.any(String),
      method: 'GET',
      route: '/api/sync/status/:id',
      caller: 'environment',
      status: 404,
      ms: expect.any(Number),
      msg: 'request answered',
    });
    expect(JSON.stringify(api.lines)).not.toMatch(/ann\.lee|447700/);
  });

  test('keeps probes and scrapes below the usual level', async () => {
    await api.ask('/health/live');
    expect(api.lines.at(-1)).toMatchObject({ route: '/health/live', level: 'debug' });
    await api.ask('/metrics');
    expect(api.lines.at(-1)).toMatchObject({ route: '/metrics', level: 'debug' });
  });
});
