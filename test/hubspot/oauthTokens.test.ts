// Reason for length: one scene, and everything that can happen to a token.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { Pool } from 'pg';
import { createAccessTokens, type AccessTokens } from '../../src/activities/accessTokens';
import { createLogger } from '../../src/config/logger';
import { installationOf, installPortal, pauseInstallation } from '../../src/db/oauth/oauthInstall';
import { findTokens, saveInstall, settleRefresh, takeRefresh } from '../../src/db/oauth/oauthTokens';
import { openPool } from '../../src/db/pool';
import { bindPortal, findPortal, lockPortal } from '../../src/db/portals';
import type { KeyRing } from '../../src/db/oauth/sealing';
import { readAccountDetails } from '../../src/hubspot/accountInfo';
import { createHubSpotClient } from '../../src/hubspot/client';
import { createExchange } from '../../src/hubspot/exchange';
import { exchangeCode, uninstallApp, type OAuthApp } from '../../src/hubspot/oauth';
import { startHubSpotSimulator, type RunningSimulator } from '../../src/simulator/hubspot/server';
import { authorizeUrl, consent, registeredApp, testApp } from '../support/consent';
import { untilOneWaits } from '../support/lockWait';
import { freshDatabase, type FreshDatabase } from '../support/postgres';
import { sendJson, startRawServer } from './rawServer';

const ring: KeyRing = [{ id: 'k1', key: randomBytes(32) }];
const processes = 5;
const tokenPath = { path: '/oauth/.*/token$' };

let database: FreshDatabase;
let pools: Pool[];
let pool: Pool;
let simulator: RunningSimulator;
let portalId: string;
let lines: string[];

beforeAll(async () => {
  database = await freshDatabase();
  pools = Array.from({ length: processes }, () => openPool(database.url, 4));
  pool = pools[0]!;
});
afterAll(async () => {
  await Promise.all(pools.map((each) => each.end()));
  await database.drop();
});
beforeEach(async () => {
  lines = [];
  simulator = await startHubSpotSimulator({
    apps: [registeredApp],
    settings: { latency: { meanMs: 60, jitterMs: 0 } },
  });
  portalId = String(simulator.portalId);
  await pool.query('truncate portals, oauth_tokens');
  await bindPortal(pool, 'main', portalId, 'Europe/London');
});
afterEach(() => simulator.stop());

const appAt = (baseUrl: string, changes: Partial<OAuthApp> = {}): OAuthApp => ({
  ...{ exchange: createExchange({ baseUrl, deadlineMs: 10_000 }), apiVersion: '2026-09' },
  ...testApp,
  ...changes,
});

/** What one process has: a pool of its own, nothing else that is shared. */
function tokensOf(own: Pool, app = appAt(simulator.url), keys = ring): AccessTokens {
  const log = createLogger({
    level: 'trace',
    format: 'json',
    destination: { write: (line) => void lines.push(line) },
  });
  const installUrl = 'https://sync.example/oauth/install?portal=main';
  return createAccessTokens({
    pool: own,
    log,
    ring: keys,
    app,
    portalId,
    installUrl,
    callDeadlineMs: 10_000,
  });
}

const crowd = (each: number, app?: OAuthApp) =>
  pools.flatMap((own) => {
    const tokens = tokensOf(own, app);
    return Array.from({ length: each }, () => tokens.current());
  });

async function install(): Promise<void> {
  const code = (await consent(authorizeUrl(simulator.url))).searchParams.get('code')!;
  const granted = await exchangeCode(appAt(simulator.url), code);
  await saveInstall(pool, ring, portalId, { ...granted, clientId: testApp.clientId, scopes: ['oauth'] });
  await control('stats/reset', {});
}

const newInstall = {
  ...{ accessToken: 'a', refreshToken: 'r', lifeMs: 1_800_000 },
  ...{ clientId: testApp.clientId, scopes: ['oauth'] },
};

/** As the API keeps an installation. */
const reinstall = () => installPortal(pool, ring, { name: 'main', portalId }, newInstall);

async function control(path: string, body?: object): Promise<Record<string, unknown>> {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  return (await (await fetch(`${simulator.url}/_simulator/${path}`, init)).json()) as Record<string, unknown>;
}

/** Token calls by their status; 0 for one whose reply was cut. */
async function tokenCalls(): Promise<Record<string, number>> {
  const { byEndpoint } = (await control('stats')) as { byEndpoint: Record<string, Record<string, number>> };
  return byEndpoint['POST /oauth/2026-09/token'] ?? {};
}

const ends = (access: 'ended' | 'ends soon') =>
  pool.query(
    `update oauth_tokens set refresh_at = now(), expires_at = now() + $1::interval, retry_at = null`,
    [access === 'ended' ? '0' : '4 minutes'],
  );
/** The wait after a failed refresh is over. */
const waited = () => pool.query('update oauth_tokens set retry_at = null');

describe('fifty askers in five processes', () => {
  test('cause one refresh when the token has ended, and all get the same new one', async () => {
    await install();
    const before = await tokensOf(pool).current();
    expect(await tokenCalls()).toEqual({});
    await ends('ended');
    const tokens = await Promise.all(crowd(10));
    expect(new Set(tokens).size).toBe(1);
    expect(tokens[0]).not.toBe(before);
    expect(await tokenCalls()).toEqual({ 200: 1 });
  });

  test('cause one refresh five minutes early, and nobody else waits for it', async () => {
    await install();
    const before = await tokensOf(pool).current();
    await ends('ends soon');
    await control('faults', { match: { ...tokenPath, times: 1 }, do: 'slowAfterCommit', delayMs: 500 });
    const tokens = await Promise.all(crowd(10));
    expect(tokens.filter((token) => token !== before).length).toBeGreaterThanOrEqual(1);
    expect(tokens).toContain(before);
    expect(await tokenCalls()).toEqual({ 200: 1 });
  });

  test('never make two refreshes at a time, in whatever order replies come and fail', async () => {
    let [open, most, calls] = [0, 0, 0];
    const server = await startRawServer((_request, response) => {
      open += 1;
      most = Math.max(most, open);
      const number = (calls += 1);
      setTimeout(() => {
        open -= 1;
        if (number % 2 === 0) return response.destroy();
        sendJson(response, 200, { access_token: `at-${number}`, refresh_token: 'rt', expires_in: 1800 });
      }, 40);
    });
    try {
      await install();
      for (let round = 0; round < 4; round += 1) {
        await ends('ended');
        await Promise.allSettled(crowd(10, appAt(server.url)));
      }
      // Four, and one more for every two seconds that a busy machine lets an asker sleep after a failure.
      expect(calls).toBeGreaterThanOrEqual(4);
      expect(calls).toBeLessThan(20);
      expect(most).toBe(1);
    } finally {
      await server.stop();
    }
  });
});

describe.each([false, true])(
  'a refresh whose reply is lost (HubSpot changes refresh tokens: %s)',
  (changes) => {
    beforeEach(async () => {
      await install();
      await control('switches', { refreshTokenChanges: changes });
    });

    test('is repeated by whoever asks next, and costs one call each time', async () => {
      await ends('ended');
      await control('faults', { match: { ...tokenPath, times: 1 }, do: 'resetAfterCommit' });
      const failed = await Promise.allSettled(crowd(10));
      for (const end of failed) {
        expect(end).toMatchObject({
          status: 'rejected',
          reason: { action: expect.stringMatching(/^retry/) },
        });
      }
      expect(await tokenCalls()).toEqual({ 0: 1 });
      await waited();
      const tokens = await Promise.all(crowd(10));
      expect(new Set(tokens).size).toBe(1);
      expect(await tokenCalls()).toEqual({ 0: 1, 200: 1 });
      // What it brought is kept: the next refresh works too.
      await ends('ended');
      await tokensOf(pool).current();
      expect(await tokenCalls()).toEqual({ 0: 1, 200: 2 });
      expect(await findPortal(pool, portalId)).toMatchObject({ isPaused: false });
    });

    test('is noticed by nobody while the token still lives', async () => {
      const before = await tokensOf(pool).current();
      await ends('ends soon');
      await control('faults', { match: { ...tokenPath, times: 1 }, do: 'truncatedAfterCommit' });
      expect(new Set(await Promise.all(crowd(10)))).toEqual(new Set([before]));
      expect(await tokenCalls()).toEqual({ 200: 1 });
      await waited();
      expect(await tokensOf(pool).current()).not.toBe(before);
    });
  },
);

describe('a process that dies while it refreshes', () => {
  test('is waited for until its call has certainly ended, then another one refreshes', async () => {
    await install();
    await ends('ended');
    const held = (await findTokens(pool, portalId))!;
    const began = performance.now();
    await takeRefresh(pool, held, 700);
    await Promise.all(crowd(2));
    expect(performance.now() - began).toBeGreaterThan(690);
    expect(await tokenCalls()).toEqual({ 200: 1 });
  });

  test('changes nothing when it wakes up after somebody else refreshed, reinstalled or uninstalled', async () => {
    await install();
    await ends('ended');
    const late = { accessToken: 'late', refreshToken: 'late', lifeMs: 1_800_000 };
    const fenceOf = async () => (await takeRefresh(pool, (await findTokens(pool, portalId))!, 0))!;
    const wakes = async (fence: string) => settleRefresh(pool, ring, { portalId, fence }, late);
    const before = await fenceOf();
    const token = await tokensOf(pool).current();
    expect(await wakes(before)).toBe(false);
    expect(await tokensOf(pool).current()).toBe(token);
    const beforeInstall = await fenceOf();
    await install();
    expect(await wakes(beforeInstall)).toBe(false);
    const beforeUninstall = await fenceOf();
    await tokensOf(pool).uninstall();
    expect(await wakes(beforeUninstall)).toBe(false);
    expect(await findTokens(pool, portalId)).toBeNull();
  });
});

describe('an installation that is gone', () => {
  test('pauses the portal with the reason, asks HubSpot no more, and goes on after another installation', async () => {
    await install();
    await control('uninstall', {});
    await ends('ended');
    const ended = await Promise.allSettled(crowd(10));
    for (const end of ended) expect(end).toMatchObject({ reason: { action: 'pausePortal' } });
    expect(await tokenCalls()).toEqual({ 400: 1 });
    expect(await findPortal(pool, portalId)).toMatchObject({
      isPaused: true,
      pausedUntil: null,
      pauseReason: expect.stringMatching(
        /uninstalled.*install it again: https:\/\/sync\.example\/oauth\/install/,
      ),
    });
    const { rows } = await pool.query('select access_token, refresh_token from oauth_tokens');
    expect(rows).toEqual([{ access_token: null, refresh_token: null }]);
    await install();
    await tokensOf(pool).current();
  });

  test('does not end the next one, made while HubSpot was still saying so', async () => {
    await install();
    await control('uninstall', {});
    await ends('ended');
    // What HubSpot says is held back until the next installation is made.
    const held: (() => void)[] = [];
    const server = await startRawServer((request, response) => {
      const body = new URLSearchParams(request.body as Record<string, string>);
      void fetch(simulator.url + request.url, { method: 'POST', body }).then(async (reply) => {
        const said: unknown = await reply.json();
        held.push(() => sendJson(response, reply.status, said));
      });
    });
    try {
      const asking = tokensOf(pool, appAt(server.url)).current();
      while (held.length === 0) await sleep(10);
      expect(await tokenCalls()).toEqual({ 400: 1 });
      await install();
      held[0]!();
      expect(await asking).toBe(await tokensOf(pool).current());
      expect(await findPortal(pool, portalId)).toMatchObject({ isPaused: false });
    } finally {
      await server.stop();
    }
  });

  test.each(['never made', 'gone', 'sealed with another key'])(
    'does not pause the next one, made while %s was being told',
    async (what) => {
      if (what !== 'never made') await install();
      if (what === 'gone') await pool.query('update oauth_tokens set revoked_at = now()');
      const otherKeys = what === 'sealed with another key' ? [{ id: 'k2', key: randomBytes(32) }] : ring;
      const late = Object.create(pool) as Pool;
      const ask = pool.query.bind(pool) as (...asked: unknown[]) => Promise<unknown>;
      late.query = (async (...asked: unknown[]) => {
        const found = await ask(...asked);
        await reinstall();
        return found;
      }) as never;
      await expect(tokensOf(late, undefined, otherKeys).current()).rejects.toThrow(/install|TRIBUTARY_KEYS/);
      expect(await findPortal(pool, portalId)).toMatchObject({ isPaused: false });
    },
  );

  test('told while the next one is being stored, waits for it and leaves it alone', async () => {
    const installing = await pool.connect();
    await installing.query('begin');
    await lockPortal(installing, portalId);
    await saveInstall(installing, ring, portalId, newInstall);
    const pausing = pauseInstallation(pools[1]!, portalId, null, null, 'never installed');
    await untilOneWaits(pool);
    await installing.query('commit');
    installing.release();
    await pausing;
    expect(await findPortal(pool, portalId)).toMatchObject({ isPaused: false });
  });

  test('is told apart from an app that is wrongly configured: those tokens stay', async () => {
    await install();
    const wrong = appAt(simulator.url, { clientSecret: 'mistyped' });
    const before = await tokensOf(pool).current();
    await ends('ends soon');
    expect(await tokensOf(pool, wrong).current()).toBe(before);
    await ends('ended');
    await expect(tokensOf(pool, wrong).current()).rejects.toMatchObject({ fault: 'configuration' });
    expect((await findPortal(pool, portalId))?.pauseReason).toContain('client secret');
    await waited();
    expect(await tokensOf(pool).current()).not.toBe(before);
    const other = appAt(simulator.url, { clientId: 'another-app' });
    await expect(tokensOf(pool, other).current()).rejects.toThrow(/of another app; install/);
  });

  test('or was never made says where to install', async () => {
    await expect(tokensOf(pool).current()).rejects.toThrow(
      /not installed in account \d+; install it: https:/,
    );
  });

  test('tokens that the keys do not open are kept, and the portal says so', async () => {
    await install();
    const lost = tokensOf(pool, appAt(simulator.url), [{ id: 'k2', key: randomBytes(32) }]);
    await expect(lost.current()).rejects.toMatchObject({ action: 'pausePortal' });
    expect((await findPortal(pool, portalId))?.pauseReason).toMatch(/"k1".*TRIBUTARY_KEYS/);
    await tokensOf(pool).current();
  });
});

describe('uninstalling', () => {
  test('ends the installation in HubSpot, forgets the tokens and pauses the portal', async () => {
    await install();
    const token = await tokensOf(pool).current();
    expect(await tokensOf(pool).uninstall()).toBe('uninstalled');
    expect(await findTokens(pool, portalId)).toBeNull();
    expect(await findPortal(pool, portalId)).toMatchObject({ isPaused: true, pausedUntil: null });
    const client = createHubSpotClient({
      accessToken: () => token,
      baseUrl: simulator.url,
      apiVersion: '2026-09',
    });
    await expect(readAccountDetails(client)).rejects.toMatchObject({ status: 401 });
  });

  test('forgets also what HubSpot knows no more; while HubSpot is away it forgets nothing', async () => {
    await install();
    await control('faults', { match: { path: 'external-install', times: 1 }, do: 'status', status: 503 });
    await expect(tokensOf(pool).uninstall()).rejects.toMatchObject({ action: 'retryAfter' });
    expect(await findTokens(pool, portalId)).not.toBeNull();
    await control('uninstall', {});
    expect(await tokensOf(pool).uninstall()).toBe('unconfirmed');
    expect(await findTokens(pool, portalId)).toBeNull();
  });

  test('with a token that HubSpot refuses refreshes it first: the app must not stay behind', async () => {
    await install();
    await control('settings', { clockOffsetMs: 31 * 60_000 });
    expect(await tokensOf(pool).uninstall()).toBe('uninstalled');
    expect(await tokenCalls()).toEqual({ 200: 1 });
    expect(await findTokens(pool, portalId)).toBeNull();
  });

  test.each([
    ['that it is done', 0],
    ['that the token has ended', 31 * 60_000],
  ])(
    'leaves alone what was installed anew while HubSpot was still saying %s',
    async (_what, clockOffsetMs) => {
      await bindPortal(pool, 'main', portalId, null);
      await install();
      await control('settings', { clockOffsetMs });
      const app = appAt(simulator.url);
      const exchange: OAuthApp['exchange'] = async (call) => {
        const reply = await app.exchange(call);
        expect(await reinstall()).toBe(true);
        return reply;
      };
      expect(await tokensOf(pool, { ...app, exchange }).uninstall()).toBe('uninstalled');
      expect(await tokensOf(pool).current()).toBe(newInstall.accessToken);
      expect(await findPortal(pool, portalId)).toMatchObject({ isPaused: false });
    },
  );

  test('of one installation leaves alone the next, made after a worker died that had uninstalled the first', async () => {
    await install();
    const meant = await installationOf(pool, portalId);
    // What the worker had done when it died.
    await uninstallApp(appAt(simulator.url), await tokensOf(pool).current());
    await install();
    expect(await tokensOf(pool).uninstall(meant)).toBe('replaced');
    expect(await readAccountDetails(clientOf(tokensOf(pool)))).toMatchObject({ portalId: Number(portalId) });
    expect(await findPortal(pool, portalId)).toMatchObject({ isPaused: false });
    // Nor is one taken out that was made when none was to be.
    expect(await tokensOf(pool).uninstall(null)).toBe('replaced');
    expect(await tokensOf(pool).uninstall(await installationOf(pool, portalId))).toBe('uninstalled');
  });
});

const clientOf = (tokens: AccessTokens) =>
  createHubSpotClient({
    ...{ accessToken: tokens.current, tokenRefused: tokens.refused },
    ...{ baseUrl: simulator.url, apiVersion: '2026-09' },
  });

describe('a 401', () => {
  const readers = () => pools.map((own) => readAccountDetails(clientOf(tokensOf(own))));

  test.each([
    ['of an expired token', () => control('settings', { clockOffsetMs: 31 * 60_000 })],
    ['of a token that HubSpot does not know', () => forgotten()],
  ])('%s is answered by one refresh, and the next call succeeds', async (_why, happens) => {
    await install();
    await happens();
    for (const end of await Promise.allSettled(readers()))
      expect(end).toMatchObject({ reason: { action: 'refreshToken', status: 401 } });
    for (const end of await Promise.allSettled(readers())) expect(end.status).toBe('fulfilled');
    expect(await tokenCalls()).toEqual({ 200: 1 });
  });

  test('of the token that a refresh for a 401 has just brought is no reason to refresh again', async () => {
    await install();
    await control('faults', { match: { path: '/account-info/' }, do: 'status', status: 401 });
    await Promise.allSettled(readers());
    for (let again = 0; again < 3; again += 1) await Promise.allSettled(readers());
    expect(await tokenCalls()).toEqual({ 200: 1 });
    await pool.query(`update oauth_tokens set refreshed_at = now() - interval '2 minutes'`);
    await Promise.allSettled(readers());
    await Promise.allSettled(readers());
    expect(await tokenCalls()).toEqual({ 200: 2 });
  });

  /** The stored access token is one that HubSpot never gave, or gave and forgot. */
  async function forgotten(): Promise<void> {
    const tokens = { accessToken: 'nobody-knows-this', refreshToken: '', lifeMs: 1_800_000 };
    const held = (await findTokens(pool, portalId))!;
    const fence = (await takeRefresh(pool, held, 0))!;
    await settleRefresh(pool, ring, { portalId, fence }, tokens);
    await pool.query('update oauth_tokens set refresh_token = $1', [held.refresh]);
  }
});

test('neither logs nor failures nor the database show a token', async () => {
  await install();
  const secrets = [await tokensOf(pool).current()];
  await ends('ended');
  await control('faults', { match: { ...tokenPath, times: 1 }, do: 'status', status: 500 });
  const error: unknown = await tokensOf(pool)
    .current()
    .catch((caught) => caught);
  await waited();
  secrets.push(await tokensOf(pool).current(), testApp.clientSecret);
  await control('uninstall', {});
  await ends('ended');
  const gone: unknown = await tokensOf(pool)
    .current()
    .catch((caught) => caught);
  const { rows } = await pool.query('select * from oauth_tokens, portals');
  const text = lines.join() + inspect([error, gone], { depth: 9 }) + JSON.stringify(rows);
  expect(lines.length).toBeGreaterThan(1);
  for (const secret of secrets) expect(text).not.toContain(secret);
});
