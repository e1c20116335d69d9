import { ask, failureOf, startRestBench, type RestBench } from './askRest';
import type { Answer, SeenCall } from './listServer';

let bench: RestBench;
beforeEach(async () => {
  bench = await startRestBench();
});
afterEach(() => bench.close());

describe('OAuth client credentials', () => {
  let granted = 0;
  let valid = '';
  const auth = () => ({
    type: 'oauthClientCredentials' as const,
    tokenUrl: `${bench.server.url}/token`,
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
  const tokenCalls = () => bench.server.calls.filter(({ path }) => path === '/token');
  beforeEach(() => {
    granted = 0;
  });

  test('asks once, as the RFC says, for calls at the same time and for later ones', async () => {
    bench.answer = tokenServer(3600, 50);
    const source = await bench.open({ auth: auth() });
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
    bench.answer = tokenServer(3600);
    const source = await bench.open({ auth: auth() });
    await ask(source);
    bench.clock += 3_539_000;
    await ask(source);
    expect(tokenCalls()).toHaveLength(1);
    bench.clock += 2_000;
    await ask(source);
    expect(tokenCalls()).toHaveLength(2);
  });

  test('a token that is refused is renewed once, and then the credentials are at fault', async () => {
    bench.answer = tokenServer(undefined);
    const source = await bench.open({ auth: auth() });
    await ask(source);
    valid = 'revoked meanwhile';
    expect((await ask(source)).calls).toBe(2);
    expect(tokenCalls()).toHaveLength(2);
    bench.answer = (call) => (call.path === '/token' ? { body: { access_token: 'x' } } : { status: 401 });
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
    bench.answer = (call) => (call.path === '/token' ? given : { body: [] });
    const source = await bench.open({ auth: { ...auth(), credentialsIn: 'body' } });
    const failure = await failureOf(ask(source));
    expect(failure).toMatchObject({ recovery, message: expect.not.stringContaining('secret') });
    expect(tokenCalls()[0]?.body).toContain('client_secret=p+w');
    bench.answer = tokenServer(60);
    await ask(source);
  });
});
