import type { Failpoint } from '../../src/activities/deps';
import { until } from '../support/until';
import { startOwnershipRiver, type OwnershipRiver } from './ownershipRiver';

let river: OwnershipRiver;
let worker: Awaited<ReturnType<OwnershipRiver['startPeopleWorker']>>;
const people = ['ann', 'ben', 'cat', 'dan'];
/** Of fields that accept edits, ask about them, or go by time. */
const valuesOf = (round: string) => ({
  jobtitle: `Job ${round}`,
  city: `City ${round}`,
  phone: `+44${round.length}`,
});
const historyReads = async () => (await river.stats()).byOperation['contacts batch/read']?.inputs ?? 0;

beforeAll(async () => {
  river = await startOwnershipRiver();
  worker = await river.startPeopleWorker();
  await river.open();
  await river.put(...people.map((id) => ({ id, ...valuesOf('') })));
  await river.sync();
  await river.syncHubSpot();
  await river.settled();
});
afterAll(() => river?.stop());

/** How many records are known to hold a job, and how many changes are not settled, at one moment. */
async function readAndUnsettled(job: string): Promise<{ read: number; unsettled: number }> {
  const { rows } = await river.pool.query<{ read: number; unsettled: number }>(
    `select (select count(*)::int from known_states where kept ->> 'jobtitle' = $1) as read,
       (select count(*)::int from intents) as unsettled`,
    [job],
  );
  return rows[0]!;
}

/** A worker writes changes of the source and is killed; another one reads HubSpot before anything is settled. */
async function killAndRead(failpoint: Failpoint, round: string, meanwhile: () => Promise<void>) {
  await worker.stop();
  const doomed = await river.startPeopleWorker({
    TRIBUTARY_FAILPOINT: failpoint,
    TRIBUTARY_CLAIM_MS: '600000',
  });
  await river.put(...people.map((id) => ({ id, ...valuesOf(round) })));
  const written = await river.startSync();
  expect(await doomed.exited).toMatchObject({ signal: 'SIGKILL' });
  expect(new Set(Object.values(await river.held('jobtitle')))).toEqual(new Set([`Job ${round}`]));
  await meanwhile();
  await river.resetStats();
  worker = await river.startPeopleWorker();
  const read = await river.startSync({ sources: ['hubspot'], full: true });
  await until(async () => (await readAndUnsettled(`Job ${round}`)).read > 0);
  const { unsettled } = await readAndUnsettled(`Job ${round}`);
  const histories = await historyReads();
  // Its claim is over: what the dead worker left is taken over.
  await river.pool.query(`update delivery_batches set expires_at = now() - interval '1 hour'`);
  await Promise.all([written.result(), read.result()]);
  await river.settled();
  await river.syncHubSpot();
  await river.settled();
  return { unsettled, histories };
}

async function origins(property: string): Promise<(string | undefined)[]> {
  return [...new Set(await Promise.all(people.map((id) => river.origin(id, property))))];
}

/** Questions about edits, and records whose change was settled more than once. */
async function traces(round: string): Promise<{ reviews: number; twice: number } | undefined> {
  const { rows } = await river.pool.query<{ reviews: number; twice: number }>(
    `select (select count(*)::int from reviews) as reviews,
       (select count(*)::int from (select from deliveries where after ->> 'city' = $1
          group by record_id having count(*) > 1) as often) as twice`,
    [`City ${round}`],
  );
  return rows[0];
}

test('a worker killed after sending: its values are ours before anybody knows its reply; who edits then is heard', async () => {
  const { unsettled, histories } = await killAndRead('deliver.sent', 'a', () =>
    river.edit('ann', { jobtitle: 'Boss' }),
  );
  // Only the edit is not explained by what is on its way.
  expect({ unsettled, histories }).toEqual({ unsettled: people.length, histories: 1 });
  expect(await river.pins()).toEqual(['ann jobtitle Boss pinned']);
  // The change that was on its way is sent once more, and the edit after it.
  expect(await river.held('jobtitle')).toMatchObject({ ann: 'Boss', ben: 'Job a' });
  expect(await traces('a')).toEqual({ reviews: 0, twice: 0 });
  for (const property of ['city', 'phone']) expect(await origins(property)).toEqual(['club/precedence']);
});

test('a worker killed while settling: its values are ours, and nothing is written that HubSpot has', async () => {
  const { unsettled, histories } = await killAndRead('deliver.settling', 'bb', () => Promise.resolve());
  expect({ unsettled, histories }).toEqual({ unsettled: people.length, histories: 0 });
  expect(await river.pins()).toEqual(['ann jobtitle Boss ended sourceChanged']);
  expect(await traces('bb')).toEqual({ reviews: 0, twice: 0 });
  for (const property of Object.keys(valuesOf('')))
    expect(await origins(property)).toEqual(['club/precedence']);
  await river.resetStats();
  await river.sync({ full: true });
  await river.settled();
  expect((await river.stats()).writeCalls).toBe(0);
});
