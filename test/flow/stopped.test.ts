import { startHubSpotSimulator } from '../../src/simulator/hubspot/server';
import type { SyncRunResult } from '../../src/workflows/contracts';
import { startClubRiver, type ClubRiver } from './clubRiver';
import { until } from '../support/until';
import { runTributary } from './tributaryCommand';

const erasureKey = 'what erased people are recognised by, for tests';
const ada = { id: 'm1', email: 'ada@people.example', first: 'Ada', last: 'Quill' };
const bob = { id: 'm2', email: 'bob@people.example', first: 'Bob', last: 'Baker', city: 'Leeds' };

let river: ClubRiver;

beforeAll(async () => {
  river = await startClubRiver();
  await river.put(ada, bob);
  const worker = await river.worker({ TRIBUTARY_ERASURE_KEY: erasureKey });
  await river.open();
  expect((await river.sync()).state).toBe('succeeded');
  const { rows } = await river.pool.query<{ record_id: string }>(
    `select record_id from known_states where kept ->> 'email' = $1`,
    [ada.email],
  );
  const recordId = rows[0]!.record_id;
  await river.call('POST', '/crm/v3/objects/contacts/gdpr-delete', { objectId: recordId });
  await river.tell({ kind: 'privacyDeleted', key: recordId });
  await until(
    async () => (await river.pool.query('select from erased_keys')).rowCount,
    (keys) => keys !== 0,
  );
  await worker.stop();
});

afterAll(async () => {
  await river.stop();
});

/** How the newest run ended, as `tributary status` tells it. */
async function newestRun() {
  const { runs } = await runTributary(river, ['status']);
  const [{ state, reason }] = runs as [{ state: string; reason: string | null }];
  return { state, reason };
}

async function cityOfBob(): Promise<unknown> {
  const { rows } = await river.pool.query<{ city: string | null }>(
    `select kept ->> 'city' as city from known_states where kept ->> 'email' = $1`,
    [bob.email],
  );
  return rows[0]?.city;
}

test('a run whose records cannot be consolidated fails and says what to mend; the next one goes on', async () => {
  // As a changed configuration does.
  await river.pool.query(`update staged_records set due_at = now(), run_id = null where source = 'club'`);
  const broken = await river.worker({ TRIBUTARY_ERASURE_KEY: '' });
  expect((await river.sync({ sources: ['club'] })).state).toBe('failed');
  expect(await newestRun()).toEqual({
    state: 'failed',
    reason: expect.stringMatching(
      /contacts cannot be consolidated: .* set TRIBUTARY_ERASURE_KEY to what it was; mend that and start another run$/,
    ) as string,
  });
  expect(await river.workerLogs()).toContain('"event":"lane_stopped"');
  await broken.stop();
  const repaired = await river.worker({ TRIBUTARY_ERASURE_KEY: erasureKey });
  expect((await river.sync()).state).toBe('succeeded');
  expect(await newestRun()).toEqual({ state: 'succeeded', reason: null });
  await repaired.stop();
});

test('a run whose records cannot be delivered fails and says what to mend; the next one delivers them', async () => {
  await river.put({ ...bob, city: 'York' });
  const other = await startHubSpotSimulator({ settings: { limits: null }, portalId: 9_000_777_002 });
  try {
    // All is read when the worker dies; the next one has the token of another portal.
    const dying = await river.worker({
      TRIBUTARY_ERASURE_KEY: erasureKey,
      TRIBUTARY_FAILPOINT: 'run.read:1',
    });
    const run = await river.startSync();
    await dying.exited;
    const broken = await river.worker({
      TRIBUTARY_ERASURE_KEY: erasureKey,
      HUBSPOT_BASE_URL: other.url,
    });
    expect(((await run.result()) as SyncRunResult).state).toBe('failed');
    const { reason } = await newestRun();
    expect(reason).toMatch(/^records cannot be delivered to HubSpot: the token of portal "main" belongs to/);
    await broken.stop();
  } finally {
    await other.stop();
  }
  expect(await cityOfBob()).toBe('Leeds');
  await river.worker({ TRIBUTARY_ERASURE_KEY: erasureKey });
  expect((await river.sync()).state).toBe('succeeded');
  // What is left to deliver is still the failed run's, so the next one need not wait for it.
  await until(cityOfBob, (city) => city === 'York');
});
