import { retryAfterMs } from '../../src/sources/restCall';
import { ask, failureOf, startRestBench, type RestBench } from './askRest';
import type { Answer } from './listServer';

let bench: RestBench;
beforeEach(async () => {
  bench = await startRestBench();
});
afterEach(() => bench.close());

describe('failures say what to do and nothing of the data', () => {
  test.each<[string, Answer, object]>([
    ['401', { status: 401, raw: 'secret' }, { recovery: 'configuration' }],
    ['403', { status: 403 }, { recovery: 'configuration' }],
    ['404', { status: 404 }, { recovery: 'configuration' }],
    [
      'a redirect',
      { status: 302, headers: { location: 'http://evil.example/' } },
      { recovery: 'configuration' },
    ],
    ['500 with HTML', { status: 500, raw: '<html>secret' }, { recovery: 'retry', retryAfterMs: null }],
    [
      '503 with Retry-After',
      { status: 503, headers: { 'retry-after': '7' } },
      { recovery: 'retryAfter', retryAfterMs: 7000 },
    ],
    ['429 without Retry-After', { status: 429 }, { recovery: 'retry' }],
    [
      '429 until a date',
      { status: 429, headers: { 'retry-after': 'Fri, 01 May 2026 12:01:30 GMT' } },
      { recovery: 'retryAfter', retryAfterMs: 90_000 },
    ],
    ['a reset connection', { reset: true }, { recovery: 'retry' }],
    [
      'no answer in time',
      { delayMs: 5_000 },
      { recovery: 'retry', message: expect.stringContaining('within 1000 ms') },
    ],
    [
      'HTML instead of JSON',
      { raw: '<p>secret</p>', headers: { 'content-type': 'text/html; charset=utf-8' } },
      { recovery: 'configuration', message: expect.stringContaining('content type text/html') },
    ],
    [
      'another list path',
      { body: { results: [], 'ann@example.org': 'secret' } },
      {
        recovery: 'configuration',
        message:
          '/list: items data.rows should be a list but is missing; the reply is an object with the fields results',
      },
    ],
    [
      'an object instead of a list',
      { body: { data: { rows: { total: 1 } } } },
      { recovery: 'configuration', message: expect.stringContaining('is an object with the fields total') },
    ],
    [
      'a reply without end',
      { raw: `[${'1,'.repeat(200_000)}1]` },
      { recovery: 'configuration', message: expect.stringContaining('100000 bytes') },
    ],
  ])('%s', async (_name, given, expected) => {
    bench.answer = () => given;
    const source = await bench.open({
      timeoutMs: 'delayMs' in given ? 1_000 : 10_000,
      responseBytesMax: 100_000,
    });
    const failure = await failureOf(
      ask(source, { options: { items: 'data.rows', query: { key: 'secret' } } }),
    );
    expect(failure).toMatchObject({ name: 'SourceFailure', ...expected });
    expect((failure as Error).message).not.toMatch(/secret|ann@/);
    expect(bench.server.calls).toHaveLength(1);
  });

  test('nobody listens', async () => {
    const source = await bench.open({ baseUrl: 'http://127.0.0.1:1' });
    expect(await failureOf(ask(source))).toMatchObject({ recovery: 'retry' });
  });

  test('an abort is no fault of the source', async () => {
    bench.answer = () => ({ delayMs: 1_900 });
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    expect(await failureOf(ask(await bench.open(), { signal: abort.signal }))).toMatchObject({
      name: 'AbortError',
    });
  });

  test.each([
    ['5', 5_000],
    ['0', 0],
    ['999999999', 86_400_000],
    ['Fri, 01 May 2026 11:00:00 GMT', 0],
    ['soon', null],
    ['', null],
    [null, null],
  ])('Retry-After %j is %j ms', (header, expected) =>
    expect(retryAfterMs(header, new Date('2026-05-01T12:00:00Z'))).toBe(expected),
  );
});

describe('the watermark', () => {
  const byTime = { cursorField: 'at', options: { cursorParameter: 'since' } };
  const dated = (...times: (string | number)[]): Answer => ({
    body: times.map((at, id) => ({ id, at })),
    headers: { date: 'Fri, 01 May 2026 10:00:00 GMT' },
  });

  test('is never after the start of the read by the server’s clock', async () => {
    bench.answer = () => dated('2026-05-01T09:00:00.5Z', '2026-05-01T10:03:00.5Z');
    expect((await ask(await bench.open(), byTime)).watermark).toEqual({
      field: 'at',
      cursor: '2026-05-01T10:00:00.0Z',
    });
  });

  test('ignores what is dated in the far future', async () => {
    bench.answer = () => dated('9999-12-31T00:00:00Z', '2026-05-01T09:00:00Z');
    expect((await ask(await bench.open(), byTime)).watermark).toEqual({
      field: 'at',
      cursor: '2026-05-01T09:00:00Z',
    });
  });

  test('knows epoch times', async () => {
    bench.answer = () => dated(1777626000, 1777622400);
    const { watermark, records } = await ask(await bench.open(), byTime);
    expect(watermark).toEqual({ field: 'at', cursor: '1777626000' });
    expect(records[0]?.changedAt).toBe('2026-05-01T09:00:00.000Z');
  });

  test('stays when nothing came', async () => {
    bench.answer = () => dated();
    const since = { field: 'at', cursor: '2026-01-01T00:00:00Z' };
    expect((await ask(await bench.open(), { ...byTime, since })).watermark).toEqual(since);
  });

  test.each([
    ['asGiven', '2026-01-01T00:59:00.123456+01:00', '2026-01-01T00:49:00.123456+01:00'],
    ['iso', '2026-01-01T00:59:00.123456+01:00', '2025-12-31T23:49:00.123Z'],
    ['epochSeconds', '2026-01-01T00:10:00Z', '1767225600'],
    ['epochMs', '2026-01-01 02:10:00', '1767225600000'],
  ] as const)('minus the lookback is asked for as %s', async (cursorFormat, cursor, expected) => {
    await ask(await bench.open(), {
      cursorField: 'at',
      lookbackMs: 600_000,
      timeZone: 'Europe/Athens',
      since: { field: 'at', cursor },
      options: { cursorParameter: 'since', cursorFormat },
    });
    expect(bench.server.calls[0]?.query.get('since')).toBe(expected);
  });
});

test('requests keep their distance', async () => {
  const source = await bench.open({ requestsPerSecond: 20 });
  const started = performance.now();
  await Promise.all(Array.from({ length: 6 }, () => ask(source)));
  expect(performance.now() - started).toBeGreaterThanOrEqual(245);
});

test('headers, query and base path go along', async () => {
  const source = await bench.open({
    baseUrl: `${bench.server.url}/base/`,
    headers: { 'X-Tenant': 't', Authorization: 'own' },
  });
  await ask(source, { options: { path: 'list', query: { a: true, b: 2 } } });
  expect(bench.server.calls[0]).toMatchObject({
    path: '/base/list',
    headers: { 'x-tenant': 't', authorization: 'own', accept: 'application/json' },
  });
  expect(bench.server.calls[0]?.query.toString()).toBe('a=true&b=2');
});
