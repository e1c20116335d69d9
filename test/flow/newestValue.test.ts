import { taskQueue } from '../../src/workflows/contracts';
import { uniqueName } from '../support/temporal';
import { until } from '../support/until';
import { startMembersRiver, type Member, type MembersRiver } from './membersRiver';

let river: MembersRiver;

beforeAll(async () => {
  river = await startMembersRiver();
  await river.open();
  await river.put(...['inFlight', 'stopped', 'urgent', 'overtaken'].map((id) => member(id)));
  expect(await river.sync()).toMatchObject({ state: 'succeeded' });
});

beforeEach(() => river.resetStats());

afterAll(async () => {
  await river?.stop();
});

const member = (id: string, more: Partial<Member> = {}): Member => ({
  id,
  email: `${id.toLowerCase()}@club.example`,
  city: 'York',
  ...more,
});

async function heldOf(id: string) {
  const held = [...(await river.contacts()).values()].find(({ email }) => email === member(id).email);
  return { city: held?.['city'], mail: held?.['mail'] ?? '' };
}

/** Calls of updates: how many HubSpot got, and how many of them it did. */
async function updates() {
  const { byOperation } = await river.stats();
  const { calls = 0, done = 0 } = byOperation['contacts batch/update'] ?? {};
  return { calls, done };
}

/** The values that were delivered for a member after its creation, one after the other. */
async function delivered(id: string): Promise<object[]> {
  const { rows } = await river.pool.query<{ after: object }>(
    `select after from deliveries join mapped_records using (golden_id)
     where record_key = $1 and operation = 'update' order by delivery_id`,
    [id],
  );
  return rows.map(({ after }) => after);
}

async function fault(order: object): Promise<void> {
  await river.post('/_simulator/faults', { ...order, match: { path: 'contacts/batch/update', times: 1 } });
}

/** Waits until a call with this member's change is under way. */
async function untilInFlight(id: string): Promise<void> {
  await until(
    async () => {
      const { rowCount } = await river.pool.query(
        `select from intents join delivery_batches using (batch_id) join mapped_records using (golden_id)
         where record_key = $1 and expires_at is not null`,
        [id],
      );
      return rowCount;
    },
    (taken) => taken === 1,
  );
}

async function untilConsolidated(id: string, city: string): Promise<void> {
  await until(
    async () => {
      const { rows } = await river.pool.query<{ city: string }>(
        `select g.values ->> 'city' as city from golden_records g join mapped_records using (golden_id)
         where record_key = $1 and source = 'club'`,
        [id],
      );
      return rows[0]?.city;
    },
    (now) => now === city,
  );
}

/** HubSpot's day begins anew; `tick` then rings the lanes, as it does every minute. */
async function midnight(): Promise<void> {
  await river.pool.query(`update quota_buckets set used = 0 where bucket = 'daily'`);
  await river.pool.query('update portals set paused_until = now()');
  await river.temporal.workflow.execute('tick', { taskQueue, workflowId: uniqueName('tick') });
}

const untilSettled = () =>
  until(
    async () =>
      (await river.pool.query('select from outbox union all select from delivery_batches')).rowCount,
    (open) => open === 0,
  );

test('back to the old value while the new one is in flight: both are sent, one after the other', async () => {
  await fault({ do: 'slow', delayMs: 2_000 });
  await river.put(member('inFlight', { city: 'Leeds' }));
  const there = await river.startSync();
  await untilInFlight('inFlight');
  await river.put(member('inFlight'));
  const back = await river.startSync();
  await untilConsolidated('inFlight', 'York');
  await expect(Promise.all([there.result(), back.result()])).resolves.toMatchObject([
    { state: 'succeeded' },
    { state: 'succeeded' },
  ]);
  expect(await heldOf('inFlight')).toMatchObject({ city: 'York' });
  expect(await delivered('inFlight')).toEqual([{ city: 'Leeds' }, { city: 'York' }]);
  expect(await updates()).toEqual({ calls: 2, done: 2 });
});

test('back to the old value while the new one waits for another day: nothing is sent at all', async () => {
  await fault({
    do: 'status',
    status: 429,
    body: { status: 'error', message: 'You have reached your daily limit.', policyName: 'DAILY' },
  });
  await river.put(member('stopped', { city: 'Leeds' }));
  expect(await river.sync()).toMatchObject({ state: 'waiting' });
  expect(await updates()).toEqual({ calls: 1, done: 0 });
  await river.put(member('stopped'));
  expect(await river.sync()).toMatchObject({ state: 'waiting' });
  await midnight();
  await untilSettled();
  expect(await heldOf('stopped')).toMatchObject({ city: 'York' });
  expect(await delivered('stopped')).toEqual([]);
  expect(await updates()).toEqual({ calls: 1, done: 0 });
});

test('an urgent change takes along what waits in bulk, and bulk has nothing left to send', async () => {
  // As if another run still read: bulk waits for it, what is urgent does not.
  await river.pool.query(
    `insert into gatherings values ($1, 'contacts', 'another run', now() + interval '1 hour')`,
    [river.portalId],
  );
  await river.put(member('overtaken', { city: 'Leeds' }));
  const waiting = await river.startSync();
  await untilConsolidated('overtaken', 'Leeds');
  await river.put(member('overtaken', { mail: 'none' }));
  const urgent = await river.startSync();
  await until(
    () => heldOf('overtaken'),
    ({ mail }) => mail === 'none',
  );
  await river.pool.query(`delete from gatherings where run_id = 'another run'`);
  await Promise.all([waiting.result(), urgent.result()]);
  expect(await heldOf('overtaken')).toEqual({ city: 'York', mail: 'none' });
  expect(await delivered('overtaken')).toEqual([{ mail: 'none' }]);
  expect(await updates()).toEqual({ calls: 1, done: 1 });
});

test('an urgent change of what bulk has in flight goes right after it, not a minute later', async () => {
  await fault({ do: 'slow', delayMs: 2_000 });
  await river.put(member('urgent', { city: 'Leeds' }));
  const there = await river.startSync();
  await untilInFlight('urgent');
  await river.put(member('urgent', { mail: 'none' }));
  const back = await river.startSync();
  await until(
    () => heldOf('urgent'),
    ({ mail }) => mail === 'none',
  );
  await Promise.all([there.result(), back.result()]);
  expect(await heldOf('urgent')).toEqual({ city: 'York', mail: 'none' });
  expect(await delivered('urgent')).toEqual([{ city: 'Leeds' }, { city: 'York', mail: 'none' }]);
  expect(await updates()).toEqual({ calls: 2, done: 2 });
});

test('addresses that are handed on from one to the next arrive, whoever is written first', async () => {
  const ids = [1, 2, 3];
  const holder = (id: number, mail: number) =>
    member(`holder ${id}`, { name: `No ${id}`, email: `m${mail}@club.example` });
  await river.put(...ids.map((id) => holder(id, id)));
  expect(await river.sync()).toMatchObject({ state: 'succeeded' });
  await river.put(...ids.map((id) => holder(id, id - 1)));
  expect(await river.sync()).toMatchObject({ state: 'succeeded' });
  const held = [...(await river.contacts()).values()].filter(({ firstname }) => firstname);
  expect(held.map(({ firstname, email }) => `${firstname}: ${email}`).sort()).toEqual(
    ids.map((id) => `No ${id}: m${id - 1}@club.example`),
  );
  expect((await river.pool.query('select from problems where closed_at is null')).rowCount).toBe(0);
}, 90_000);
