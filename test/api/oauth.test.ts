// Reason for length: one scene, and every way in which an installation can end.
import { randomBytes } from 'node:crypto';
import type { InstallableApp } from '../../src/api/oauth/installableApps';
import { installationOf } from '../../src/db/oauth/oauthInstall';
import { findTokens, openToken, saveInstall } from '../../src/db/oauth/oauthTokens';
import { bindPortal, boundPortalId, findPortal, pausePortal } from '../../src/db/portals';
import type { KeyRing } from '../../src/db/oauth/sealing';
import { connectApp } from '../../src/hubspot/oauth';
import { startHubSpotSimulator, type RunningSimulator } from '../../src/simulator/hubspot/server';
import { consent, registeredApp, testApp } from '../support/consent';
import { connectTemporal } from '../support/temporal';
import { startApi, type TestApi } from './startApi';

const keys: KeyRing = [{ id: 'k1', key: randomBytes(32) }];
const scopes = ['oauth', 'crm.objects.contacts.read'];
const states = async () => (await api.pool.query('select * from oauth_states')).rows;

let simulator: RunningSimulator;
let other: RunningSimulator;
let api: TestApi;
let portalId: string;
let apps: InstallableApp[];

beforeAll(async () => {
  simulator = await startHubSpotSimulator({ apps: [registeredApp] });
  other = await startHubSpotSimulator({ apps: [registeredApp], portalId: 9_000_777_002 });
  portalId = String(simulator.portalId);
});
afterAll(() => Promise.all([simulator.stop(), other.stop()]));
beforeEach(async () => {
  apps = [appOf('main', simulator)];
  api = await startApi({ apps, keys, portals: ['main', 'emea'] });
});
afterEach(async () => {
  await control('reset');
  await api.close();
});

function appOf(portal: string, at: RunningSimulator, changes: Partial<InstallableApp> = {}): InstallableApp {
  const app = {
    ...{ portal, portalId: String(at.portalId), apiVersion: '2026-09' as const, baseUrl: at.url },
    ...{ authorizeUrl: at.url, scopes, optionalScopes: [], ...testApp },
    installUrl: `http://127.0.0.1:9/oauth/install?portal=${portal}`,
    ...changes,
  };
  return connectApp(app, { baseUrl: at.url, deadlineMs: 10_000 });
}

async function control(path: string, body: object = {}, at = simulator): Promise<void> {
  const reply = await fetch(`${at.url}/_simulator/${path}`, { method: 'POST', body: JSON.stringify(body) });
  if (!reply.ok) throw new Error(await reply.text());
}

interface Begun {
  authorizeUrl: string;
  cookie: string;
  setCookie: string;
}

async function begin(portal = 'main', cookie?: string): Promise<Begun> {
  const reply = await fetch(`${api.url}/oauth/install?portal=${portal}`, {
    redirect: 'manual',
    headers: cookie === undefined ? {} : { cookie },
  });
  expect(reply.status).toBe(302);
  const setCookie = reply.headers.get('set-cookie') ?? '';
  return { authorizeUrl: reply.headers.get('location')!, cookie: setCookie.split(';')[0]!, setCookie };
}

/** The browser comes back. `search` as HubSpot gave it. */
async function end({ search }: Pick<URL, 'search'>, cookie?: string) {
  const reply = await fetch(`${api.url}/oauth/callback${search}`, {
    redirect: 'manual',
    headers: cookie === undefined ? {} : { cookie },
  });
  return { status: reply.status, headers: reply.headers, text: await reply.text() };
}

async function install(decision: 'approve' | 'deny' = 'approve') {
  const { authorizeUrl, cookie } = await begin();
  return end(await consent(authorizeUrl, decision), cookie);
}

const nothingIsKept = async () => {
  expect(await findTokens(api.pool, portalId)).toBeNull();
  expect(await boundPortalId(api.pool, 'main')).toBeNull();
};

describe('an installation', () => {
  test('leads to HubSpot with a state, and back to a page that says it is done', async () => {
    const { authorizeUrl, cookie, setCookie } = await begin();
    expect(authorizeUrl).toContain('scope=oauth%20crm.objects.contacts.read&state=');
    expect(Object.fromEntries(new URL(authorizeUrl).searchParams)).toEqual({
      client_id: testApp.clientId,
      redirect_uri: testApp.redirectUri,
      scope: scopes.join(' '),
      state: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(setCookie).toMatch(
      /^tributary_install=[\w-]{43}; Max-Age=600; Path=\/oauth\/; .*HttpOnly; SameSite=Lax$/,
    );
    const page = await end(await consent(authorizeUrl), cookie);
    expect(page.status).toBe(200);
    expect(page.text).toContain(`HubSpot account ${portalId} as portal main`);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(await findPortal(api.pool, portalId)).toMatchObject({
      name: 'main',
      mode: 'hold',
      isPaused: false,
    });
    const held = (await findTokens(api.pool, portalId))!;
    expect(held).toMatchObject({ clientId: testApp.clientId, isFresh: true });
    const token = openToken(keys, held, 'access');
    const reply = await fetch(`${simulator.url}/crm/objects/2026-09/contacts`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(reply.status).toBe(200);
  });

  test('stores and logs no state, code, cookie or token', async () => {
    const { authorizeUrl, cookie } = await begin();
    const stored = JSON.stringify(await states());
    const back = await consent(authorizeUrl);
    await end(back, cookie);
    const token = openToken(keys, (await findTokens(api.pool, portalId))!, 'refresh');
    const secrets = [...back.searchParams.values(), cookie.split('=')[1]!, token, testApp.clientSecret];
    const { rows } = await api.pool.query('select * from oauth_tokens');
    for (const secret of secrets) expect(stored + JSON.stringify([api.lines, rows])).not.toContain(secret);
    expect(api.lines.filter(({ event }) => event === 'oauth_installed')).toHaveLength(1);
  });

  test('works where HubSpot does not say whose token it is, and asks', async () => {
    await control('switches', { tokenReplyNamesPortal: false });
    expect((await install()).status).toBe(200);
    await control('switches', { tokenReplyNamesPortal: true });
  });

  test('once more replaces the tokens, and ends the pause that waited for it, but no other', async () => {
    await install();
    const first = (await findTokens(api.pool, portalId))!;
    await pausePortal(api.pool, portalId, null, 'the app was uninstalled');
    expect((await install()).status).toBe(200);
    expect((await findTokens(api.pool, portalId))!.refresh).not.toBe(first.refresh);
    expect(await findPortal(api.pool, portalId)).toMatchObject({ isPaused: false, pauseReason: null });
    await pausePortal(api.pool, portalId, 60_000, 'the daily limit is used up');
    await install();
    expect(await findPortal(api.pool, portalId)).toMatchObject({ isPaused: true });
  });

  test('asks for optional scopes too, and keeps what was granted', async () => {
    apps[0] = appOf('main', simulator, { optionalScopes: ['tickets', 'crm.objects.deals.read'] });
    await control('settings', { scopesWithheld: ['tickets'] });
    expect((await install()).status).toBe(200);
    await control('settings', { scopesWithheld: [] });
    const { rows } = await api.pool.query('select scopes from oauth_tokens');
    expect(rows).toEqual([{ scopes: [...scopes, 'crm.objects.deals.read'] }]);
  });

  test('of one app into two accounts keeps both apart', async () => {
    apps.push(appOf('emea', other));
    const both = await fetch(`${api.url}/oauth/install`);
    expect([both.status, await both.text()]).toEqual([
      200,
      expect.stringContaining('emea (HubSpot account 9000777002)'),
    ]);
    for (const portal of ['main', 'emea']) {
      const { authorizeUrl, cookie } = await begin(portal);
      expect((await end(await consent(authorizeUrl), cookie)).status).toBe(200);
    }
    const [one, two] = await Promise.all(
      [portalId, String(other.portalId)].map((id) => findTokens(api.pool, id)),
    );
    expect(openToken(keys, one!, 'access')).not.toBe(openToken(keys, two!, 'access'));
    expect(await boundPortalId(api.pool, 'emea')).toBe('9000777002');
  });
});

describe('a state', () => {
  test('counts once', async () => {
    const { authorizeUrl, cookie } = await begin();
    const back = await consent(authorizeUrl);
    expect((await end(back, cookie)).status).toBe(200);
    const again = await end(back, cookie);
    expect([again.status, again.text]).toEqual([400, expect.stringContaining('not begun here')]);
    expect(await states()).toEqual([]);
  });

  const foreign = `tributary_install=${'A'.repeat(43)}`;
  test.each([
    ['without the cookie', undefined],
    ['with the cookie of another browser', foreign],
  ])('%s is worth nothing, and spent', async (_what, cookie) => {
    const { authorizeUrl, cookie: right } = await begin();
    const back = await consent(authorizeUrl);
    expect((await end(back, cookie)).status).toBe(400);
    expect((await end(back, right)).status).toBe(400);
    await nothingIsKept();
  });

  test('of ten minutes ago, made up, doubled or missing is refused before HubSpot is asked', async () => {
    const { authorizeUrl, cookie } = await begin();
    const back = await consent(authorizeUrl);
    await api.pool.query("update oauth_states set expires_at = now() - interval '1 second'");
    expect((await end(back, cookie)).status).toBe(400);
    const code = back.searchParams.get('code')!;
    for (const search of [
      `?code=${code}&state=${'x'.repeat(43)}`,
      `?code=${code}&state=a&state=b`,
      `?code=${code}`,
      '',
    ])
      expect((await end({ search }, cookie)).status).toBe(400);
    const stats = (await (await fetch(`${simulator.url}/_simulator/stats`)).json()) as { calls: number };
    expect(stats.calls).toBe(0);
    await nothingIsKept();
  });

  test('serves several tabs of one browser', async () => {
    const first = await begin();
    const second = await begin('main', first.cookie);
    expect(second.cookie).toBe(first.cookie);
    expect((await end(await consent(first.authorizeUrl), first.cookie)).status).toBe(200);
    expect((await end(await consent(second.authorizeUrl), first.cookie)).status).toBe(200);
  });

  test('is forgotten when it has lapsed, and never more than 10,000 are kept', async () => {
    await api.pool.query(
      `insert into oauth_states select 'old-' || n, 'main', 'b', now() - interval '1 hour' from generate_series(1, 5) as n
       union all select 'new-' || n, 'main', 'b', now() + interval '1 second' from generate_series(1, 10005) as n`,
    );
    const begun = await begin();
    const { rows } = await api.pool.query(
      "select count(*)::int as kept, count(*) filter (where state_hash like 'old-%')::int as old from oauth_states",
    );
    expect(rows).toEqual([{ kept: 10_000, old: 0 }]);
    expect((await end(await consent(begun.authorizeUrl), begun.cookie)).status).toBe(200);
  });
});

describe('an installation that does not succeed ends with a page that says why', () => {
  test('when the person says no', async () => {
    const page = await install('deny');
    expect([page.status, page.text]).toEqual([403, expect.stringContaining('access was not given')]);
    await nothingIsKept();
  });

  test('when the person chose another account: its tokens are thrown away', async () => {
    apps[0] = { ...appOf('main', other), portalId };
    const page = await install();
    expect([page.status, page.text]).toEqual([403, expect.stringContaining('You chose account 9000777002')]);
    await nothingIsKept();
    expect(await findTokens(api.pool, '9000777002')).toBeNull();
  });

  test('when the database keeps the name for another account', async () => {
    await bindPortal(api.pool, 'main', '42', null);
    expect((await install()).status).toBe(409);
    expect(await findTokens(api.pool, portalId)).toBeNull();
  });

  test('when the database keeps the account under another name', async () => {
    await bindPortal(api.pool, 'former', portalId, 'Europe/London');
    expect((await install()).status).toBe(409);
    expect(await findPortal(api.pool, portalId)).toMatchObject({ name: 'former', timeZone: 'Europe/London' });
  });

  test.each([
    [
      'the secret is wrong',
      { clientSecret: 'mistyped' },
      /refuses the app(?:&#39;|')s client secret.*must be corrected/s,
    ],
    ['a scope was not granted', { scopes: [...scopes, 'tickets'] }, /not granted: tickets/],
  ])('when %s', async (_what, changes, words) => {
    const { authorizeUrl, cookie } = await begin();
    const back = await consent(authorizeUrl);
    apps[0] = appOf('main', simulator, changes);
    const page = await end(back, cookie);
    expect(page.status).toBeGreaterThanOrEqual(403);
    expect(page.text).toMatch(words);
    await nothingIsKept();
  });

  test('when the code is too old, or HubSpot is down', async () => {
    const { authorizeUrl, cookie } = await begin();
    const back = await consent(authorizeUrl);
    await control('settings', { clockOffsetMs: 61_000 });
    expect(await end(back, cookie)).toMatchObject({ status: 400, text: expect.stringContaining('too old') });
    await control('settings', { clockOffsetMs: 0 });
    await control('faults', { match: { path: '/token', times: 1 }, do: 'status', status: 503 });
    expect(await install()).toMatchObject({ status: 502, text: expect.stringContaining('Try again') });
    await nothingIsKept();
  });

  test('when what HubSpot sent is no code; and nothing that it sends becomes part of the page', async () => {
    const { authorizeUrl, cookie } = await begin();
    const state = new URL(authorizeUrl).searchParams.get('state')!;
    const search = `?state=${state}&error=<script>alert(1)</script>&error_description=<b>`;
    const page = await end({ search }, cookie);
    expect(page.status).toBe(403);
    expect(page.text).not.toMatch(/alert|<b>/);
    const next = await begin();
    const empty = new URL(next.authorizeUrl).searchParams.get('state')!;
    expect((await end({ search: `?state=${empty}&code=` }, next.cookie)).status).toBe(400);
  });

  test('when Postgres is away', async () => {
    await api.pool.query('drop table oauth_states');
    const reply = await fetch(`${api.url}/oauth/install`, { redirect: 'manual' });
    expect([reply.status, reply.headers.get('content-type')]).toEqual([503, 'text/html; charset=utf-8']);
    expect(await reply.text()).toContain('Nothing was installed');
    expect(api.lines.at(-2)).toMatchObject({ event: 'request_failed', route: '/oauth/install' });
  });

  test('when no portal, or none of the name, is connected by an app', async () => {
    const unknown = await fetch(`${api.url}/oauth/install?portal=nobody`);
    expect([unknown.status, await unknown.text()]).toEqual([
      404,
      expect.stringContaining('main (HubSpot account'),
    ]);
    apps.length = 0;
    expect((await fetch(`${api.url}/oauth/install`)).status).toBe(404);
  });
});

describe('DELETE /api/portals/:portal/install', () => {
  test('wants the API’s token and a portal with an app', async () => {
    const bare = await fetch(`${api.url}/api/portals/main/install`, { method: 'DELETE' });
    expect(bare.status).toBe(401);
    const unknown = await api.ask('/api/portals/emea/install', { method: 'DELETE' });
    expect([unknown.status, unknown.json['portals']]).toEqual([404, ['main']]);
    expect((await api.ask('/api/portals/main/install')).headers.get('allow')).toBe('DELETE');
  });

  test('has a worker uninstall the installation that there is, not one that comes before the worker', async () => {
    const temporal = await connectTemporal();
    const own = await startApi({ apps, keys, temporal: temporal.client });
    try {
      await bindPortal(own.pool, 'main', portalId, null);
      const tokens = { accessToken: 'a', refreshToken: 'r', lifeMs: 1_800_000, scopes };
      await saveInstall(own.pool, keys, portalId, { ...tokens, clientId: testApp.clientId });
      const reply = await own.ask('/api/portals/main/install', { method: 'DELETE' });
      expect([reply.status, reply.json]).toEqual([202, { portal: 'main', workflowId: 'uninstall:main' }]);
      const handle = temporal.client.workflow.getHandle('uninstall:main');
      expect((await handle.describe()).type).toBe('uninstallPortal');
      const { events } = await handle.fetchHistory();
      const [asked] = events![0]!.workflowExecutionStartedEventAttributes!.input!.payloads!;
      const installation = await installationOf(own.pool, portalId);
      expect(JSON.parse(Buffer.from(asked!.data!).toString())).toEqual({ portal: 'main', installation });
      await handle.terminate();
    } finally {
      await own.close();
      await temporal.close();
    }
  });
});
