import { get } from 'node:http';
import { addApiToken, hashApiToken } from '../../src/db/apiTokens';
import { environmentToken, startApi, type TestApi } from './startApi';

const storedToken = 'trb_stored-token-of-the-test_0123456789';
let api: TestApi;

beforeAll(async () => {
  api = await startApi();
  await addApiToken(api.pool, hashApiToken(storedToken), 'first start');
});
afterAll(() => api.close());

const refused: [why: string, header: string | undefined, reason: string][] = [
  ['no header', undefined, 'missing'],
  ['another scheme', `Basic ${storedToken}`, 'malformed'],
  ['no scheme', storedToken, 'malformed'],
  ['an empty token', 'Bearer ', 'malformed'],
  ['two tokens', `Bearer ${storedToken} ${storedToken}`, 'malformed'],
  ['a token with other characters', 'Bearer sécret', 'malformed'],
  ['an endless token', `Bearer ${'x'.repeat(600)}`, 'malformed'],
  ['a wrong token', 'Bearer trb_wrong-token', 'wrong'],
  ['a token that is one character short', `Bearer ${storedToken.slice(0, -1)}`, 'wrong'],
  ['a token of another case', `Bearer ${storedToken.toUpperCase()}`, 'wrong'],
  ['the hash of a token', `Bearer ${hashApiToken(storedToken)}`, 'wrong'],
  ['a statement of SQL', "Bearer x' or '1'='1", 'malformed'],
];

describe('a request to /api', () => {
  test.each(refused)('with %s is refused as a problem, without a word on why', async (_why, header) => {
    const reply = await plainGet('/api/runs', header);
    expect(reply.status).toBe(401);
    expect(reply.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(reply.headers['www-authenticate']).toMatch(/^Bearer realm="tributary"/);
    expect(JSON.parse(reply.text)).toEqual({
      type: 'urn:tributary:problem:unauthorized',
      title: 'A valid token is needed',
      status: 401,
      detail: 'Send `Authorization: Bearer <token>`.',
      instance: '/api/runs',
      requestId: expect.any(String),
    });
  });

  test.each([
    ['a stored token', `Bearer ${storedToken}`, 'first start'],
    ['the token of the environment', `Bearer ${environmentToken}`, 'environment'],
    ['a scheme in another case', `bearer ${storedToken}`, 'first start'],
  ])('with %s passes', async (_what, authorization, caller) => {
    const reply = await api.ask('/api/runs', { headers: { authorization } });
    expect(reply.status).toBe(200);
    expect(api.lines.at(-1)).toMatchObject({
      event: 'http_request',
      route: '/api/runs',
      caller,
      status: 200,
    });
  });

  test('to an address that does not exist tells nothing without a token', async () => {
    const authorization = 'Bearer nothing';
    const unknown = await api.ask('/api/nothing', { headers: { authorization } });
    const wrongMethod = await api.ask('/api/runs', { method: 'DELETE', headers: { authorization } });
    expect([unknown.status, wrongMethod.status]).toEqual([401, 401]);
  });

  test('is refused when its token was taken away', async () => {
    await addApiToken(api.pool, hashApiToken('trb_short-lived'), 'visitor');
    const headers = { authorization: 'Bearer trb_short-lived' };
    expect((await api.ask('/api/runs', { headers })).status).toBe(200);
    await api.pool.query('delete from api_tokens where name = $1', ['visitor']);
    expect((await api.ask('/api/runs', { headers })).status).toBe(401);
  });
});

describe('refused requests', () => {
  test('are counted by reason, and fill the log with one line a minute', async () => {
    const own = await startApi();
    try {
      for (const [, header] of refused) await plainGet('/api/runs', header, own.url);
      expect(own.lines.filter(({ event }) => event === 'auth_refused')).toHaveLength(1);
      const { text } = await own.ask('/metrics');
      for (const reason of ['missing', 'malformed', 'wrong']) {
        const count = refused.filter(([, , expected]) => expected === reason).length;
        expect(text).toContain(`middleware_api_auth_failures_total{reason="${reason}"} ${count}`);
      }
    } finally {
      await own.close();
    }
  });

  test('leave no token in the log', () => {
    const text = JSON.stringify(api.lines);
    expect(text).toContain('auth_refused');
    for (const token of [storedToken, environmentToken, 'trb_wrong-token', hashApiToken(storedToken)])
      expect(text).not.toContain(token);
  });
});

interface PlainReply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** Not fetch, which refuses to send some of these headers. */
function plainGet(path: string, authorization: string | undefined, url = api.url): Promise<PlainReply> {
  return new Promise((resolve, reject) => {
    const headers =
      authorization === undefined ? {} : { authorization: Buffer.from(authorization).toString('latin1') };
    get(`${url}${path}`, { headers, agent: false }, (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      reply.on('end', () => resolve({ status: reply.statusCode ?? 0, headers: reply.headers, text }));
    }).on('error', reject);
  });
}
