import { control } from '../support/simulatorControl';
import { until } from '../support/until';
import { startMembersRiver, type MembersRiver } from './membersRiver';

let river: MembersRiver;

beforeAll(async () => {
  river = await startMembersRiver();
  await river.open();
  expect(await river.sync()).toMatchObject({ state: 'succeeded' });
});

afterAll(async () => {
  await river?.stop();
});

afterEach(async () => {
  await control(river.simulatorUrl, 'faults', undefined, 'DELETE');
});

let made = 0;

/** New members at the source; a hundred of them make a call. */
async function put(count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => `m${(made += 1)}`);
  await river.put(...ids.map((id) => ({ id, email: `${id}@club.example`, city: 'York' })));
  return ids;
}

const fault = (order: object) => river.post('/_simulator/faults', order);
const anyCall = { path: '^/(crm|account-info)/' };

/** The portal as `tributary status` tells it. */
async function status(): Promise<Record<string, unknown>> {
  return (await river.tributary('status'))['portal'] as Record<string, unknown>;
}

async function deliveryOf(runId: string): Promise<Record<string, unknown>> {
  return (await river.api(`/api/sync/status/${runId}`)).json['delivery'] as Record<string, unknown>;
}

async function rowOf(workflowId: string): Promise<{ state: string; reason: string | null }> {
  const { rows } = await river.pool.query<{ state: string; reason: string | null }>(
    'select state, reason from runs where run_id = $1',
    [workflowId.replace('run:', '')],
  );
  return rows[0]!;
}

async function breaker() {
  const { rows } = await river.pool.query<{ openings: number; failures: number; paused: boolean }>(
    'select openings, failures, coalesce(paused_until > now(), false) as paused from portals',
  );
  return rows[0]!;
}

/** Every member once, and nothing doubled. */
async function expectDelivered(ids: string[]): Promise<void> {
  const emails = [...(await river.contacts()).values()].map(({ email }) => email);
  const wanted = ids.map((id) => `${id}@club.example`);
  expect(emails.filter((email) => wanted.includes(email ?? '')).sort()).toEqual(wanted.sort());
}

/** A person resumes the portal: all that waited is delivered. */
async function expectDeliveredOnceResumed(ids: string[]): Promise<void> {
  await river.tributary('resume');
  await until(
    async () => (await river.pool.query('select from outbox')).rowCount,
    (due) => due === 0,
  );
  await expectDelivered(ids);
}

const callsOf = async (operation: string) => (await river.stats()).byOperation[operation]?.calls ?? 0;

test('an outage opens the breaker: it says so, one call at a time tries again, and then all goes on by itself', async () => {
  const ids = await put(600);
  await river.resetStats();
  const run = await river.startSync();
  // The run has read whose portal it is; from now on nothing is answered.
  await until(
    async () => (await river.pool.query(`select from runs where state = 'running'`)).rowCount,
    (running) => running === 1,
  );
  await fault({ do: 'status', status: 500, match: anyCall });
  await until(breaker, ({ openings, paused }) => openings >= 1 && paused);
  expect(await until(status, ({ isPaused }) => isPaused === true)).toMatchObject({
    isBroken: true,
    pausedUntil: expect.any(String) as string,
    pauseReason: expect.stringContaining('status 500') as string,
  });
  expect(await deliveryOf(run.workflowId.replace('run:', ''))).toMatchObject({
    paused: true,
    pauseReason: expect.stringContaining('status 500') as string,
  });
  const { openings } = await until(breaker, (now) => now.openings >= 2);
  const calls = await callsOf('contacts batch/upsert');
  await until(breaker, (now) => now.openings >= openings + 2);
  // The batches failed at first; after that only the one call of a half-open breaker was made, each time.
  expect(await callsOf('contacts batch/upsert')).toBe(calls);
  await control(river.simulatorUrl, 'faults', undefined, 'DELETE');
  expect(await run.result()).toMatchObject({ state: 'succeeded' });
  expect(await breaker()).toEqual({ openings: 0, failures: 0, paused: false });
  expect(await status()).toMatchObject({ isPaused: false, isBroken: false, pauseReason: null });
  await expectDelivered(ids);
});

test('a short pause is waited out by the run', async () => {
  const ids = await put(1);
  const headers = { 'Retry-After': '2' };
  await fault({ do: 'status', status: 477, headers, match: { path: 'batch/upsert', times: 1 } });
  expect(await river.sync()).toMatchObject({ state: 'succeeded' });
  await expectDelivered(ids);
});

test('a long pause ends the run as waiting, with the time; one command resumes it, and nothing is lost', async () => {
  const ids = await put(2);
  const headers = { 'Retry-After': '3600' };
  await fault({ do: 'status', status: 477, headers, match: { path: 'batch/upsert', times: 1 } });
  const run = await river.startSync();
  expect(await run.result()).toMatchObject({ state: 'waiting' });
  expect((await rowOf(run.workflowId)).reason).toMatch(/another data centre.*goes on \d{4}-\d\d-\d\dT/);
  expect(await status()).toMatchObject({ isPaused: true });
  await expectDeliveredOnceResumed(ids);
});

test('a refused token pauses until a person has seen to it', async () => {
  const ids = await put(1);
  const body = {
    status: 'error',
    category: 'INVALID_AUTHENTICATION',
    message: 'Authentication credentials not found',
  };
  await fault({ do: 'status', status: 401, body, match: { path: 'batch/upsert', times: 1 } });
  const run = await river.startSync();
  expect(await run.result()).toMatchObject({ state: 'waiting' });
  expect(await rowOf(run.workflowId)).toMatchObject({
    reason: expect.stringMatching(/refuses the access token.*goes on when resumed/) as string,
  });
  expect(await status()).toMatchObject({ isPaused: true, pausedUntil: null });
  await expectDeliveredOnceResumed(ids);
});

test('a day whose calls run low is told, by the run and by status', async () => {
  const ids = await put(1);
  await river.pool.query(
    `update quota_buckets set used = calls_max * 0.99, told_at = now() where bucket = 'daily' and portal_id = $1`,
    [river.portalId],
  );
  const run = await river.startSync();
  expect(await run.result()).toMatchObject({ state: 'waiting' });
  expect((await rowOf(run.workflowId)).reason).toMatch(/daily calls.*goes on \d{4}-/);
  expect(await status()).toMatchObject({ isPaused: false, bulkStoppedUntil: expect.any(String) as string });
  expect(await deliveryOf(run.workflowId.replace('run:', ''))).toMatchObject({
    paused: false,
    bulkStoppedUntil: expect.any(String) as string,
  });
  await river.pool.query(`update quota_buckets set used = 0 where bucket = 'daily'`);
  expect(await river.sync()).toMatchObject({ state: 'succeeded' });
  expect(await status()).toMatchObject({ bulkStoppedUntil: null });
  await expectDelivered(ids);
});

test('a run that cannot begin says why in the log', async () => {
  const run = await river.startSync({ sources: ['nobody'] });
  await expect(run.result()).rejects.toThrow();
  const lines = (await river.workerLogs()).split('\n').filter((line) => line.includes('sync_failed'));
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    {
      runId: run.workflowId.replace('run:', ''),
      reason: expect.stringContaining('there is no source nobody') as string,
    },
  ]);
});
