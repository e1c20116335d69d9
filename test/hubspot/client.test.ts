import http from 'node:http';
import { gzipSync } from 'node:zlib';
import { createHubSpotClient, type CallInfo, type HubSpotClientOptions } from '../../src/hubspot/client';
import { HubSpotFailure } from '../../src/hubspot/hubspotFailure';
import { until } from '../support/until';
import { sendJson, startRawServer, type RawServer, type SeenRequest } from './rawServer';

let server: RawServer;
let answer: (request: SeenRequest, response: http.ServerResponse) => void;

beforeEach(async () => {
  server = await startRawServer((request, response) => answer(request, response));
});
afterEach(() => server.stop());

function client(options: Partial<HubSpotClientOptions> = {}) {
  return createHubSpotClient({
    accessToken: () => 'token-1',
    baseUrl: server.url,
    apiVersion: '2026-09',
    deadlineMs: 10_000,
    ...options,
  });
}
const get = { method: 'GET', endpoint: 'test.get', path: '/thing', bucket: 'burst' } as const;

async function failureOf(promise: Promise<unknown>): Promise<HubSpotFailure> {
  const error = await promise.then(
    () => new Error('the call succeeded'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HubSpotFailure);
  return error as HubSpotFailure;
}

test('a call sends the method, path, query, JSON body and the token of the moment', async () => {
  answer = (_, response) => sendJson(response, 200, { ok: true });
  const tokens = ['first', 'second'];
  const api = client({ accessToken: async () => tokens.shift()! });
  const reply = await api.send({
    method: 'POST',
    endpoint: 'test.post',
    path: '/crm/objects/2026-09/contacts',
    query: { limit: 5, properties: ['a', 'b&c'], after: null },
    body: { inputs: [{ id: '1' }] },
    bucket: 'burst',
  });
  await api.send(get);
  expect(reply).toMatchObject({ status: 200, body: { kind: 'json', value: { ok: true } } });
  expect(server.seen[0]).toMatchObject({
    method: 'POST',
    url: '/crm/objects/2026-09/contacts?limit=5&properties=a,b%26c',
    body: { inputs: [{ id: '1' }] },
  });
  expect(server.seen.map((request) => request.headers.authorization)).toEqual([
    'Bearer first',
    'Bearer second',
  ]);
});

test('a failing status is returned after exactly one request, with its quota headers', async () => {
  const calls: CallInfo[] = [];
  answer = (_, response) =>
    sendJson(
      response,
      429,
      { policyName: 'DAILY' },
      { 'retry-after': '3', 'x-hubspot-ratelimit-max': '190' },
    );
  const reply = await client({ onCall: (info) => calls.push(info) }).send(get);
  expect(reply.status).toBe(429);
  expect(server.seen).toHaveLength(1);
  expect(calls).toHaveLength(1);
  expect(calls[0]).toMatchObject({
    endpoint: 'test.get',
    method: 'GET',
    status: 429,
    headers: { retryAfterMs: 3000, max: 190 },
  });
});

test('an HTML page and an empty body are told apart and their text is dropped', async () => {
  answer = (request, response) => {
    response.writeHead(request.url === '/html' ? 502 : 204, { 'content-type': 'text/html' });
    response.end(request.url === '/html' ? '<html>Bad gateway</html>' : undefined);
  };
  expect((await client().send({ ...get, path: '/html' })).body).toEqual({ kind: 'html' });
  expect((await client().send({ ...get, path: '/none' })).body).toEqual({ kind: 'none' });
});

test('a compressed reply is read', async () => {
  answer = (_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    response.end(gzipSync(JSON.stringify({ packed: 'é' })));
  };
  expect((await client().send(get)).body).toEqual({ kind: 'json', value: { packed: 'é' } });
});

test('a redirect is not followed', async () => {
  answer = (_, response) => {
    response.writeHead(302, { location: `${server.url}/elsewhere` });
    response.end();
  };
  expect((await client().send(get)).status).toBe(302);
  expect(server.seen).toHaveLength(1);
});

describe('the deadline', () => {
  test('ends a call that gets no answer, and closes its connection', async () => {
    answer = () => undefined;
    const calls: CallInfo[] = [];
    const startedAt = performance.now();
    const failure = await failureOf(
      client({ deadlineMs: 150, onCall: (info) => calls.push(info) }).send({ ...get, inputCount: 100 }),
    );
    expect(performance.now() - startedAt).toBeLessThan(8_000);
    expect(failure).toMatchObject({ status: null, action: 'retry', endpoint: 'test.get' });
    expect(failure.verdict).toMatchObject({ mayHaveWritten: true, shrinkBatch: true });
    expect(calls).toMatchObject([{ status: 'deadline' }]);
    await until(() => server.openCount() === 0);
  });

  test('ends a reply that keeps dripping', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"results":[');
      const drip = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(drip));
    };
    const startedAt = performance.now();
    const failure = await failureOf(client({ deadlineMs: 200 }).send(get));
    expect(performance.now() - startedAt).toBeLessThan(8_000);
    expect(failure.verdict.reason).toBe('no complete reply before the deadline');
    await until(() => server.openCount() === 0);
  });

  test('of one call leaves a call beside it alone', async () => {
    answer = (request, response) => {
      if (request.url === '/slow') setTimeout(() => sendJson(response, 200, { slow: true }), 300);
    };
    const [hung, slow] = await Promise.all([
      failureOf(client({ deadlineMs: 100 }).send({ ...get, path: '/hang' })),
      client({ deadlineMs: 10_000 }).send({ ...get, path: '/slow' }),
    ]);
    expect(hung.verdict.reason).toBe('no complete reply before the deadline');
    expect(slow.status).toBe(200);
  });
});

test('a cancelled call ends at once and its connection is closed', async () => {
  const cancel = new AbortController();
  answer = () => cancel.abort();
  const failure = await failureOf(client().send({ ...get, signal: cancel.signal }));
  expect(failure.verdict.reason).toBe('the call was cancelled');
  await until(() => server.openCount() === 0);
});

test('a call that is cancelled before it starts sends nothing', async () => {
  answer = (_, response) => sendJson(response, 200, {});
  await failureOf(client().send({ ...get, signal: AbortSignal.abort() }));
  expect(server.seen).toHaveLength(0);
});

test('a connection that breaks before or inside a reply is a reset, well before the deadline', async () => {
  answer = (request, response) => {
    if (request.url === '/inside') {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"results":');
    }
    setTimeout(() => response.destroy(), 20);
  };
  const startedAt = performance.now();
  for (const path of ['/before', '/inside']) {
    const failure = await failureOf(client({ deadlineMs: 20_000 }).send({ ...get, path }));
    expect(failure.verdict).toMatchObject({ reason: 'the connection broke', mayHaveWritten: true });
  }
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});

test('a server that is not there is refused: nothing was written', async () => {
  const gone = await startRawServer(() => undefined);
  await gone.stop();
  const failure = await failureOf(client({ baseUrl: gone.url }).send(get));
  expect(failure).toMatchObject({ status: null, action: 'retry' });
  expect(failure.verdict).toMatchObject({ reason: 'HubSpot could not be reached', mayHaveWritten: false });
});

test('a failure holds neither the address, the token nor the body', async () => {
  answer = (_, response) => response.destroy();
  const failure = await failureOf(
    client({ accessToken: () => 'secret-token' }).send({
      method: 'POST',
      endpoint: 'test.post',
      path: '/contacts/ann@example.com',
      body: { email: 'ann@example.com' },
      bucket: 'burst',
    }),
  );
  const everything = `${failure.stack} ${JSON.stringify(failure)} ${String(failure.cause)}`;
  expect(everything).not.toMatch(/ann@|secret-token|127\.0\.0\.1/);
});

test('a token that is no legal header is a defect and is not shown', async () => {
  answer = (_, response) => sendJson(response, 200, {});
  const failure = await failureOf(client({ accessToken: () => 'bad\ntoken' }).send(get));
  expect(failure.action).toBe('defect');
  expect(`${failure.message} ${JSON.stringify(failure)}`).not.toContain('bad');
  expect(server.seen).toHaveLength(0);
});

test('nothing is sent when the slot or the token is refused, and the reason passes through', async () => {
  answer = (_, response) => sendJson(response, 200, {});
  const noSlot = new Error('no slot');
  await expect(client({ beforeCall: () => Promise.reject(noSlot) }).send(get)).rejects.toBe(noSlot);
  const noToken = new Error('no token');
  const spent: string[] = [];
  await expect(
    client({
      accessToken: () => Promise.reject(noToken),
      beforeCall: async (bucket) => void spent.push(bucket),
    }).send(get),
  ).rejects.toBe(noToken);
  expect(server.seen).toHaveLength(0);
  expect(spent).toEqual([]); // a slot is spent only by a call that can be made
});

test('connections are reused: many calls, few connections', async () => {
  answer = (_, response) => sendJson(response, 200, { ok: true });
  const api = client({ deadlineMs: 20_000 });
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(Array.from({ length: 10 }, () => api.send(get)));
  }
  expect(server.seen).toHaveLength(200);
  expect(server.connectionCount()).toBeLessThanOrEqual(10);
});

test("other users of Node's global agent are left alone", async () => {
  answer = (_, response) => sendJson(response, 200, {});
  const before = http.globalAgent;
  const pending = client().send(get);
  await Promise.resolve();
  expect(http.globalAgent).toBe(before);
  await pending;
  expect(http.globalAgent).toBe(before);
});
