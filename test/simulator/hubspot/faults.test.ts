import { contacts, startSimulator, traced, type TestSimulator } from './startSimulator';

let simulator: TestSimulator;

beforeEach(async () => {
  simulator = await startSimulator({ settings: { limits: null } });
});

afterEach(() => simulator.stop());

const order = (fault: object) => simulator.control('/faults', fault);
const create = (lastname = 'x') => simulator.call('POST', contacts, { properties: { lastname } });
const stored = async () => (await simulator.control('/browse?objectType=contacts')).body.total;

test('a status fault at the nth call of a path, with body and headers, hits once', async () => {
  await order({
    match: { method: 'POST', path: '/contacts$', nthCall: 2 },
    do: 'status',
    status: 423,
    headers: { 'Retry-After': '2' },
  });
  expect((await create()).status).toBe(201);
  const hit = await create();
  expect(hit.status).toBe(423);
  expect(hit.headers.get('retry-after')).toBe('2');
  expect(hit.body.status).toBe('error');
  expect((await create()).status).toBe(201);
  expect((await simulator.control('/faults')).body.faults[0]).toMatchObject({ matched: 3, hits: 1 });
  expect(await stored()).toBe(2);
});

test.each([401, 403, 404, 409, 477, 500, 503])('status %i has a body of HubSpot', async (status) => {
  await order({ do: 'status', status });
  const hit = await create();
  expect(hit.status).toBe(status);
  expect(hit.body).toMatchObject({
    status: 'error',
    message: expect.any(String),
    correlationId: expect.any(String),
  });
});

test.each([
  [{ do: 'html' }, 502],
  [{ do: 'status', status: 504 }, 504],
])('%j answers HTML', async (fault, status) => {
  await order(fault);
  const hit = await create();
  expect(hit.status).toBe(status);
  expect(hit.text).toMatch(/^<html>/);
  expect(await stored()).toBe(0);
});

test.each([
  ['resetBeforeCommit', 0],
  ['resetAfterCommit', 1],
])('%s cuts the connection with %i records written', async (kind, written) => {
  await order({ do: kind, match: { times: 1 } });
  await expect(create()).rejects.toThrow();
  expect(await stored()).toBe(written);
  const { byEndpoint } = (await simulator.control('/stats')).body;
  expect(byEndpoint['POST /crm/objects/2026-09/{type}']).toEqual({ 0: 1 });
});

test.each([
  ['empty200BeforeCommit', 0],
  ['empty200AfterCommit', 1],
])('%s answers nothing with %i records written', async (kind, written) => {
  await order({ do: kind });
  expect(await create()).toMatchObject({ status: 200, text: '' });
  expect(await stored()).toBe(written);
});

test('a truncated reply is no JSON, but the write happened', async () => {
  await order({ do: 'truncatedAfterCommit' });
  await expect(create()).rejects.toThrow(SyntaxError);
  expect(await stored()).toBe(1);
});

test.each([['slow'], ['slowAfterCommit']])('%s keeps the reply back', async (kind) => {
  await order({ do: kind, delayMs: 120 });
  const started = performance.now();
  expect((await create()).status).toBe(201);
  expect(performance.now() - started).toBeGreaterThanOrEqual(115);
});

test('after slowAfterCommit began, the write can be seen before the reply', async () => {
  await order({ do: 'slowAfterCommit', delayMs: 2_000, match: { method: 'POST' } });
  let answered = false;
  const pending = create().then(() => (answered = true));
  while ((await stored()) === 0) expect(answered).toBe(false);
  expect(answered).toBe(false);
  await pending;
});

test('partial207 fails every nth input and writes the rest', async () => {
  await order({ do: 'partial207', failEvery: 3 });
  const rows = Array.from({ length: 6 }, (_none, at) => ({ properties: { lastname: `p${at}` } }));
  const reply = await simulator.call('POST', `${contacts}/batch/create`, traced(rows));
  expect(reply.status).toBe(207);
  expect(reply.body.numErrors).toBe(2);
  const failed = reply.body.errors.map(
    (error: { context: { objectWriteTraceId: string[] } }) => error.context.objectWriteTraceId[0],
  );
  expect(failed).toEqual(['t2', 't5']);
  expect(await stored()).toBe(4);
});

test('every, times and a seeded probability choose the calls', async () => {
  await order({ match: { every: 2, times: 2 }, do: 'status', status: 500 });
  const seen: number[] = [];
  for (let at = 0; at < 8; at++) seen.push((await create()).status);
  expect(seen).toEqual([201, 500, 201, 500, 201, 201, 201, 201]);
  const draw = async () => {
    await fetch(`${simulator.url}/_simulator/faults`, { method: 'DELETE' });
    await order({ match: { probability: 0.5, seed: 7 }, do: 'status', status: 500 });
    const drawn: number[] = [];
    for (let at = 0; at < 12; at++) drawn.push((await create()).status);
    return drawn;
  };
  const first = await draw();
  expect(new Set(first)).toEqual(new Set([201, 500]));
  expect(await draw()).toEqual(first);
});

test('a fault that makes no sense is refused', async () => {
  expect((await order({ do: 'explode' })).status).toBe(400);
  expect((await order({ do: 'html', match: { path: '(' } })).status).toBe(400);
  expect((await order({ do: 'html', match: { nth: 1 } })).status).toBe(400);
});

test('latency is kept, and the clock can be off in stamps and Date header', async () => {
  await simulator.control('/settings', { latency: { meanMs: 100, jitterMs: 10 }, clockOffsetMs: -600_000 });
  const started = performance.now();
  const { body, headers } = await create();
  expect(performance.now() - started).toBeGreaterThanOrEqual(85);
  const behind = (time: string) => Math.abs(Date.now() - Date.parse(time) - 600_000);
  expect(behind(body.createdAt)).toBeLessThan(5000);
  expect(behind(headers.get('date') ?? '')).toBeLessThan(5000);
});
