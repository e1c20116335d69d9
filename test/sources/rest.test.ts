import type { Cursor, OpenSource, Page, ReadPageRequest } from '../../src/sources/contract';
import { restSource, type RestConnection, type RestStream } from '../../src/sources/rest';
import { retryAfterMs } from '../../src/sources/restCall';
import { startListServer, type Answer, type ListServer, type SeenCall } from './listServer';

let server: ListServer;
let answer: (call: SeenCall) => Answer;
let clock: number;
const opened: OpenSource<RestStream>[] = [];

beforeEach(async () => {
  clock = Date.parse('2026-05-01T12:00:00.000Z');
  answer = () => ({ body: [] });
  server = await startListServer((call) => answer(call));
});
afterEach(async () => {
  for (const source of opened.splice(0)) await source.close();
  await server.close();
});

async function open(connection: Partial<RestConnection> = {}): Promise<OpenSource<RestStream>> {
  const source = await restSource.open({
    source: 'api',
    connection: { baseUrl: server.url, auth: { type: 'none' }, timeoutMs: 2_000, ...connection },
    now: () => new Date(clock),
  });
  opened.push(source);
  return source;
}

type Request = Partial<Omit<ReadPageRequest<RestStream>, 'options'>> & { options?: Partial<RestStream> };

const ask = (source: OpenSource<RestStream>, { options, ...request }: Request = {}): Promise<Page> =>
  source.readPage({
    stream: 's',
    options: { path: '/list', pagination: { type: 'none' }, ...options },
    recordKey: ['id'],
    lookbackMs: 0,
    pageSize: 10,
    position: null,
    since: null,
    ...request,
  });

async function pages(source: OpenSource<RestStream>, request: Request): Promise<Page[]> {
  const all: Page[] = [];
  let position: Cursor | null = null;
  do {
    const page: Page = await ask(source, { ...request, position });
    all.push(page);
    position = page.next;
  } while (position !== null && all.length < 60);
  return all;
}

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => error,
  );

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
      { recovery: 'retry', message: expect.stringContaining('within 300 ms') },
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
    answer = () => given;
    const source = await open({ timeoutMs: 300, responseBytesMax: 100_000 });
    const failure = await failureOf(
      ask(source, { options: { items: 'data.rows', query: { key: 'secret' } } }),
    );
    expect(failure).toMatchObject({ name: 'SourceFailure', ...expected });
    expect((failure as Error).message).not.toMatch(/secret|ann@/);
    expect(server.calls).toHaveLength(1);
  });

  test('nobody listens', async () => {
    const source = await open({ baseUrl: 'http://127.0.0.1:1' });
    expect(await failureOf(ask(source))).toMatchObject({ recovery: 'retry' });
  });

  test('an abort is no fault of the source', async () => {
    answer = () => ({ delayMs: 1_900 });
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    expect(await failureOf(ask(await open(), { signal: abort.signal }))).toMatchObject({
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

describe('OAuth client credentials', () => {
  let granted = 0;
  let valid = '';
  const auth = () => ({
    type: 'oauthClientCredentials' as const,
    tokenUrl: `${server.url}/token`,
    clientId: 'id:1',
    clientSecret: 'p w',
    scopes: ['read', 'list'],
    audience: 'api',
  });
  const tokenServer =
    (life: number | undefined, delayMs = 0) =>
    (call: SeenCall): Answer => {
      if (call.path === '/token') {
        valid = `t${(granted += 1)}`;
        return {
          body: { access_token: valid, ...(life === undefined ? {} : { expires_in: life }) },
          delayMs,
        };
      }
      return call.headers.authorization === `Bearer ${valid}` ? { body: [{ id: 1 }] } : { status: 401 };
    };
  const tokenCalls = () => server.calls.filter(({ path }) => path === '/token');
  beforeEach(() => {
    granted = 0;
  });

  test('asks once, as the RFC says, for calls at the same time and for later ones', async () => {
    answer = tokenServer(3600, 50);
    const source = await open({ auth: auth() });
    await Promise.all([ask(source), ask(source), ask(source)]);
    await ask(source);
    expect(tokenCalls()).toHaveLength(1);
    const [{ method, headers, body }] = tokenCalls() as [SeenCall];
    expect([method, headers['content-type'], headers.authorization]).toEqual([
      'POST',
      'application/x-www-form-urlencoded',
      `Basic ${Buffer.from('id%3A1:p%20w').toString('base64')}`,
    ]);
    expect(body).toBe('grant_type=client_credentials&scope=read+list&audience=api');
  });

  test('renews before the end', async () => {
    answer = tokenServer(3600);
    const source = await open({ auth: auth() });
    await ask(source);
    clock += 3_539_000;
    await ask(source);
    expect(tokenCalls()).toHaveLength(1);
    clock += 2_000;
    await ask(source);
    expect(tokenCalls()).toHaveLength(2);
  });

  test('a token that is refused is renewed once, and then the credentials are at fault', async () => {
    answer = tokenServer(undefined);
    const source = await open({ auth: auth() });
    await ask(source);
    valid = 'revoked meanwhile';
    expect((await ask(source)).calls).toBe(2);
    expect(tokenCalls()).toHaveLength(2);
    answer = (call) => (call.path === '/token' ? { body: { access_token: 'x' } } : { status: 401 });
    expect(await failureOf(ask(source))).toMatchObject({ recovery: 'configuration' });
    expect(tokenCalls()).toHaveLength(3);
  });

  test.each<[Answer, string]>([
    [{ status: 401 }, 'configuration'],
    [{ status: 400, body: { error: 'invalid_client' } }, 'configuration'],
    [{ status: 503 }, 'retry'],
    [{ raw: 'access_token=secret' }, 'configuration'],
    [{ raw: 'null' }, 'configuration'],
    [{ body: { access_token: '' } }, 'configuration'],
  ])('a token address that answers %j is %s, and the next call asks again', async (given, recovery) => {
    answer = (call) => (call.path === '/token' ? given : { body: [] });
    const source = await open({ auth: { ...auth(), credentialsIn: 'body' } });
    const failure = await failureOf(ask(source));
    expect(failure).toMatchObject({ recovery, message: expect.not.stringContaining('secret') });
    expect(tokenCalls()[0]?.body).toContain('client_secret=p+w');
    answer = tokenServer(60);
    await ask(source);
  });
});

describe('paging', () => {
  const cursor = { type: 'cursor' as const, parameter: 'after', nextFrom: 'next' };

  test('a mark that comes back after many pages is found', async () => {
    // 0 → 1 → … → 9 → 4 → …: a tail and a cycle.
    answer = ({ query }) => {
      const at = Number(query.get('after') ?? 0);
      return { body: { rows: [{ id: at }], next: at === 9 ? 4 : at + 1 } };
    };
    const failure = await failureOf(pages(await open(), { options: { items: 'rows', pagination: cursor } }));
    expect(failure).toMatchObject({ recovery: 'configuration', message: expect.stringContaining('no end') });
    expect(server.calls.length).toBeLessThan(40);
  });

  test('an API that does not know the page parameter is found', async () => {
    answer = () => ({ body: [{ id: 1 }] });
    const pagination = { type: 'page' as const, parameter: 'p' };
    const failure = await failureOf(pages(await open(), { options: { pagination } }));
    expect(failure).toMatchObject({
      recovery: 'configuration',
      message: expect.stringContaining('the same'),
    });
    expect(server.calls.map(({ query }) => query.get('p'))).toEqual(['1', '2', '3']);
  });

  test('page numbers may begin at 0, and end at the first empty page', async () => {
    answer = ({ query }) => ({ body: Number(query.get('p')) < 2 ? [{ id: Number(query.get('p')) }] : [] });
    const all = await pages(await open(), {
      options: { pagination: { type: 'page', parameter: 'p', first: 0 } },
    });
    expect(all.flatMap(({ records }) => records.map(({ key }) => key))).toEqual(['0', '1']);
  });

  test('an empty page with a mark is not the end', async () => {
    answer = ({ query }) => ({
      body: query.get('after') === null ? { rows: [], next: 'x' } : { rows: [{ id: 1 }], next: '' },
    });
    const all = await pages(await open(), { options: { items: 'rows', pagination: cursor } });
    expect(all.map(({ records }) => records.length)).toEqual([0, 1]);
  });

  test('the next page must be on the same host: the credentials go along', async () => {
    answer = () => ({ body: [{ id: 1 }], headers: { link: '<https://evil.example/list?p=2>; rel="next"' } });
    expect(await failureOf(pages(await open(), { options: { pagination: { type: 'link' } } }))).toMatchObject(
      {
        recovery: 'configuration',
        message: expect.stringContaining('another host'),
      },
    );
  });

  test('a mark that expired while the run was paused begins the read again, once', async () => {
    let expired = false;
    answer = ({ query }) => {
      if (expired && query.get('after') === 'old') return { status: 410 };
      const after = query.get('after');
      return {
        body: { rows: [{ id: after ?? 'first' }], next: after === null ? (expired ? 'new' : 'old') : null },
      };
    };
    const request = { options: { items: 'rows', pagination: cursor } };
    const source = await open();
    const first = await ask(source, request);
    expired = true;
    const second = await ask(source, { ...request, position: first.next });
    expect(second.records.map(({ key }) => key)).toEqual(['first']);
    const third = await ask(source, { ...request, position: second.next });
    expect(third.records.map(({ key }) => key)).toEqual(['new']);
    expect(third.next).toBeNull();
    answer = ({ query }) =>
      query.has('after') ? { status: 400 } : { body: { rows: [{ id: 1 }], next: 'old' } };
    const again = await ask(source, { ...request, position: first.next });
    expect(await failureOf(ask(source, { ...request, position: again.next }))).toMatchObject({
      recovery: 'configuration',
    });
  });

  test('a reply that is larger than a page is asked for once', async () => {
    answer = () => ({ body: Array.from({ length: 25 }, (_, id) => ({ id })) });
    const all = await pages(await open(), {});
    expect(all.map(({ records }) => records.length)).toEqual([10, 10, 5]);
    expect(server.calls).toHaveLength(1);
  });

  test('a stored position of another configuration begins the read again', async () => {
    answer = ({ query }) => ({ body: { rows: [{ id: query.get('after') ?? 'first' }], next: 'second' } });
    const source = await open();
    const first = await ask(source, { options: { items: 'rows', pagination: cursor } });
    const changed = {
      options: { items: 'rows', pagination: cursor, query: { more: 1 } },
      position: first.next,
    };
    expect((await ask(source, changed)).records[0]?.key).toBe('first');
  });

  test('an item that is no record is told by its place in the list', async () => {
    answer = ({ query }) => ({
      body: {
        rows: query.has('after') ? [null, { name: 'x' }] : [{ id: 1 }, 'text'],
        next: query.has('after') ? null : 2,
      },
    });
    const all = await pages(await open(), { options: { items: 'rows', pagination: cursor } });
    expect(all.flatMap(({ faults }) => faults.map(({ where, reason }) => `${where}: ${reason}`))).toEqual([
      '/list item 2: it should be an object but is a string',
      '/list item 3: it should be an object but is null',
      '/list item 4: it has no field id, which is its record key',
    ]);
  });
});

describe('the watermark', () => {
  const byTime = { cursorField: 'at', options: { cursorParameter: 'since' } };
  const dated = (...times: (string | number)[]): Answer => ({
    body: times.map((at, id) => ({ id, at })),
    headers: { date: 'Fri, 01 May 2026 10:00:00 GMT' },
  });

  test('is never after the start of the read by the server’s clock', async () => {
    answer = () => dated('2026-05-01T09:00:00.5Z', '2026-05-01T10:03:00.5Z');
    expect((await ask(await open(), byTime)).watermark).toEqual({
      field: 'at',
      cursor: '2026-05-01T10:00:00.0Z',
    });
  });

  test('ignores what is dated in the far future', async () => {
    answer = () => dated('9999-12-31T00:00:00Z', '2026-05-01T09:00:00Z');
    expect((await ask(await open(), byTime)).watermark).toEqual({
      field: 'at',
      cursor: '2026-05-01T09:00:00Z',
    });
  });

  test('knows epoch times', async () => {
    answer = () => dated(1777626000, 1777622400);
    const { watermark, records } = await ask(await open(), byTime);
    expect(watermark).toEqual({ field: 'at', cursor: '1777626000' });
    expect(records[0]?.changedAt).toBe('2026-05-01T09:00:00.000Z');
  });

  test('stays when nothing came', async () => {
    answer = () => dated();
    const since = { field: 'at', cursor: '2026-01-01T00:00:00Z' };
    expect((await ask(await open(), { ...byTime, since })).watermark).toEqual(since);
  });

  test.each([
    ['asGiven', '2026-01-01T00:59:00.123456+01:00', '2026-01-01T00:49:00.123456+01:00'],
    ['iso', '2026-01-01T00:59:00.123456+01:00', '2025-12-31T23:49:00.123Z'],
    ['epochSeconds', '2026-01-01T00:10:00Z', '1767225600'],
    ['epochMs', '2026-01-01 02:10:00', '1767225600000'],
  ] as const)('minus the lookback is asked for as %s', async (cursorFormat, cursor, expected) => {
    await ask(await open(), {
      cursorField: 'at',
      lookbackMs: 600_000,
      timeZone: 'Europe/Athens',
      since: { field: 'at', cursor },
      options: { cursorParameter: 'since', cursorFormat },
    });
    expect(server.calls[0]?.query.get('since')).toBe(expected);
  });
});

test('requests keep their distance', async () => {
  const source = await open({ requestsPerSecond: 20 });
  const started = performance.now();
  await Promise.all(Array.from({ length: 6 }, () => ask(source)));
  expect(performance.now() - started).toBeGreaterThanOrEqual(245);
});

test('headers, query and base path go along', async () => {
  const source = await open({
    baseUrl: `${server.url}/base/`,
    headers: { 'X-Tenant': 't', Authorization: 'own' },
  });
  await ask(source, { options: { path: 'list', query: { a: true, b: 2 } } });
  expect(server.calls[0]).toMatchObject({
    path: '/base/list',
    headers: { 'x-tenant': 't', authorization: 'own', accept: 'application/json' },
  });
  expect(server.calls[0]?.query.toString()).toBe('a=true&b=2');
});
