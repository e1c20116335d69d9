import { installationOf } from '../../src/db/oauth/oauthInstall';
import { findTokens } from '../../src/db/oauth/oauthTokens';
import { findPortal } from '../../src/db/portals';
import { taskQueue, type SyncRunResult } from '../../src/workflows/contracts';
import { uniqueName } from '../support/temporal';
import { until } from '../support/until';
import { portalIds, startInstalledRiver, type InstalledRiver, type PortalName } from './installedRiver';
import { viewPortal } from './portalView';
import { temporalText } from './temporalText';

let river: InstalledRiver;
beforeAll(async () => {
  river = await startInstalledRiver();
  await river.members(
    `insert into members select n::text, 'member' || n || '@club.example', 'Member ' || n from generate_series(1, 1500) as n`,
  );
});
afterAll(() => river?.stop());

const both: PortalName[] = ['main', 'emea'];
const emails = async (portal: PortalName) =>
  (await viewPortal(river.simulators[portal].url)).records('contacts', ['email']).map(({ email }) => email);
const table = async (name: string) =>
  (
    await river.pool.query<{ portal_id: string; n: number }>(
      `select portal_id, count(*)::int as n from ${name} group by portal_id order by portal_id`,
    )
  ).rows.map(({ portal_id, n }) => [portal_id, n]);

test('two accounts are installed by a browser through the API, and go live', async () => {
  for (const portal of both) {
    const page = await river.install(portal);
    expect([page.status, page.text]).toEqual([200, expect.stringContaining(portalIds[portal])]);
    await river.goLive(portal);
  }
  expect(await table('oauth_tokens')).toEqual([
    [portalIds.main, 1],
    [portalIds.emea, 1],
  ]);
});

test('a sync into one account writes nothing into the other, and spends nothing of its quota', async () => {
  const spent = async () =>
    (
      await river.pool.query('select used from quota_buckets where portal_id = $1 order by bucket', [
        portalIds.main,
      ])
    ).rows;
  const before = await spent();
  expect(await river.sync({ portal: 'emea' })).toMatchObject({ state: 'succeeded' });
  expect((await emails('emea')).length).toBe(1500);
  expect(await emails('main')).toEqual([]);
  expect(await table('known_states')).toEqual([[portalIds.emea, 1500]]);
  expect(await table('golden_records')).toEqual([[portalIds.emea, 1500]]);
  expect(await table('runs')).toEqual([[portalIds.emea, 1]]);
  expect(await spent()).toEqual(before);
  expect((await river.tokenCalls('emea'))['200']).toBeGreaterThan(1);
});

test('a sync goes on over ended tokens, a lost reply of a refresh, and a token that HubSpot refuses', async () => {
  await river.control('main', 'stats/reset', {});
  await river.control('main', 'settings', { latency: { meanMs: 100, jitterMs: 0 } });
  await river.control('main', 'faults', {
    match: { path: '/oauth/.*/token$', times: 1 },
    do: 'resetAfterCommit',
  });
  const run = await river.startSync({ portal: 'main' });
  await until(async () => (await emails('main')).length > 0);
  // To HubSpot it is an hour later: every token has ended, and nobody here knows.
  await river.control('main', 'settings', { clockOffsetMs: 3_600_000 });
  expect((await run.result()) as SyncRunResult).toMatchObject({ state: 'succeeded' });
  expect(new Set(await emails('main')).size).toBe(1500);
  expect((await emails('main')).length).toBe(1500);
  const calls = await river.tokenCalls('main');
  expect(calls['0']).toBe(1);
  expect(calls['200']).toBeGreaterThan(1);
  expect(await table('problems')).toEqual([]);
  await river.control('main', 'settings', { latency: { meanMs: 0, jitterMs: 0 } });
});

test('budgets, known states and ids of the two do not mix', async () => {
  const { rows } = await river.pool.query<{ portal_id: string; calls_cap: number | null }>(
    "select portal_id, calls_cap from quota_buckets where bucket = 'burst' and portal_id > 0 order by portal_id",
  );
  expect(rows).toEqual([
    { portal_id: portalIds.main, calls_cap: null },
    { portal_id: portalIds.emea, calls_cap: 80 },
  ]);
  for (const portal of both) {
    const known = await river.pool.query<{ record_id: string }>(
      'select record_id from known_states where portal_id = $1 order by record_id',
      [portalIds[portal]],
    );
    const view = await viewPortal(river.simulators[portal].url);
    const ids = view.records('contacts', ['hs_object_id']).map((record) => record['hs_object_id']);
    expect(known.rows.map(({ record_id }) => record_id).sort()).toEqual(ids.sort());
  }
});

test('an app that is thrown out in mid-run pauses its portal only, and the next installation goes on', async () => {
  await river.members(`update members set name = name || ' II'`);
  const renamed = async () =>
    (await viewPortal(river.simulators.main.url))
      .records('contacts', ['firstname'])
      .filter(({ firstname }) => firstname!.endsWith(' II')).length;
  // Half of the calls are tried again a second later: the run does not end before the app is gone.
  await river.control('main', 'faults', {
    match: { path: 'batch/update', every: 2, times: 20 },
    do: 'resetBeforeCommit',
  });
  const run = await river.startSync({ portal: 'main' });
  await until(async () => (await renamed()) > 0);
  await river.control('main', 'uninstall', {});
  expect((await run.result()) as SyncRunResult).toMatchObject({ state: 'waiting' });
  const paused = (await findPortal(river.pool, portalIds.main))!;
  expect(paused).toMatchObject({ isPaused: true, pausedUntil: null });
  expect(paused.pauseReason).toMatch(/uninstalled in HubSpot.*install it again: http.*portal=main/);
  await expect(river.sync({ portal: 'main' })).rejects.toThrow();
  expect(await findPortal(river.pool, portalIds.emea)).toMatchObject({ isPaused: false });
  expect(await river.sync({ portal: 'emea' })).toMatchObject({ state: 'succeeded' });
  expect(await renamed()).toBeLessThan(1500);
  expect((await river.install('main')).status).toBe(200);
  expect(await findPortal(river.pool, portalIds.main)).toMatchObject({ isPaused: false, mode: 'live' });
  expect(await river.sync({ portal: 'main' })).toMatchObject({ state: 'succeeded' });
  // What was left belongs to the run that waits, and goes on by itself.
  await until(async () => (await renamed()) === 1500);
  expect((await emails('main')).length).toBe(1500);
  expect(await table('problems')).toEqual([]);
});

const uninstall = (installation?: string) =>
  river.temporal.workflow.execute('uninstallPortal', {
    ...{ taskQueue, workflowId: uniqueName('uninstall'), args: [{ portal: 'emea', installation }] },
  });

test('an installation that is not the one that was to be uninstalled stays', async () => {
  expect(await uninstall('0.000000')).toMatchObject({ uninstalled: false, replaced: true });
  expect(await findPortal(river.pool, portalIds.emea)).toMatchObject({ isPaused: false });
  expect(await river.sync({ portal: 'emea' })).toMatchObject({ state: 'succeeded' });
});

test('uninstalling by the API takes the app out of HubSpot and forgets the tokens', async () => {
  const reply = await river.ask('/api/portals/emea/install', { method: 'DELETE' });
  expect(reply.status).toBe(202);
  await until(async () => (await findTokens(river.pool, portalIds.emea)) === null);
  expect(await findPortal(river.pool, portalIds.emea)).toMatchObject({ isPaused: true, pausedUntil: null });
  expect(await river.control('emea', 'uninstall', {})).toEqual({ uninstalled: [] });
  expect(await findTokens(river.pool, portalIds.main)).not.toBeNull();
});

test('whoever uninstalls otherwise means the installation that there is, too', async () => {
  expect((await river.install('emea')).status).toBe(200);
  const installation = await installationOf(river.pool, portalIds.emea);
  expect(await uninstall()).toMatchObject({ uninstalled: true });
  const told = (await temporalText(river.temporal)).text.match(/\\"installation\\":\\"[^"\\]*/g);
  // As the first activity found it, and as the second was given it.
  expect(told!.filter((text) => text.endsWith(installation!))).toHaveLength(2);
});

test('no log line and nothing in Temporal holds a token, a code or a secret', async () => {
  const logs = await river.logs();
  expect(logs).toContain('oauth_installed');
  expect(logs).toContain('oauth_refreshed');
  expect(logs).toContain('oauth_revoked');
  const { text } = await temporalText(river.temporal);
  expect(text.includes('uninstallPortal')).toBe(true);
  for (const each of [logs, text])
    expect(each.match(/sim-[0-9a-f]{8}|secret-of-the-test-app|code=|state=/g)).toBeNull();
});
