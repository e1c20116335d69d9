import { endIntents, conflictCounts } from '../../src/db/delivery/settle';
import {
  claimBatch,
  currentBatches,
  dissolveBatch,
  leaveBatches,
  lockBatch,
  releaseBatch,
  splitBatch,
  takeBatch,
  type ClaimedBatch,
  type TakenBatch,
} from '../../src/db/delivery/batches';
import { insertBatches } from '../../src/db/delivery/claims';
import { inTransaction } from '../../src/db/pool';
import { testDatabase } from '../support/testDatabase';

const { pool } = testDatabase({ connections: 3 });
const portalId = '100';
const goldens = [1, 2, 3, 4].map((number) => `00000000-0000-4000-8000-00000000000${number}`);
const [ann, bob] = goldens as [string, string];

beforeEach(async () => {
  await pool.query('truncate golden_records, outbox, delivery_batches, intents cascade');
  await pool.query(
    `insert into golden_records (portal_id, golden_id, object_type, values, origins, lead_source, version)
     select 100, id, 'contacts', '{}', '{}', 'crm', 1 from unnest($1::uuid[]) as id`,
    [goldens],
  );
  await pool.query(
    `insert into outbox (portal_id, object_type, golden_id, lead_source, parked, not_before, due_at)
     select 100, 'contacts', id, 'crm', true, now(), to_timestamp(0) from unnest($1::uuid[]) as id`,
    [goldens],
  );
});

/** Freezes a batch of these records. */
async function frozen(...goldenIds: string[]): Promise<string> {
  const intents = goldenIds.map((goldenId) => ({
    ...{ goldenId, recordId: null, properties: { city: 'York' }, before: {}, version: '1', runId: null },
    leadSource: 'crm',
  }));
  const [batchId] = await insertBatches(pool, portalId, [
    { objectType: 'contacts', operation: 'create', lane: 1, intents },
  ]);
  return batchId!;
}
const taken = async (batchId: string) => (await takeBatch(pool, batchId, 60_000, 0)) as TakenBatch;
const marksOf = async (...goldenIds: string[]) => {
  const { rows } = await pool.query<Record<string, unknown>>(
    `select batch_id as batch, parked, conflicts, extract(epoch from not_before - now())::int as wait,
       due_at > now() - interval '1 hour' as "isNow" from outbox
     where golden_id = any ($1::uuid[]) order by golden_id`,
    [goldenIds],
  );
  return rows;
};
const batches = async () =>
  (await pool.query<Record<string, unknown>>('select * from delivery_batches order by batch_id')).rows;

const due = { batch: null, parked: false, conflicts: 0, wait: null, isNow: true };
test.each([
  ['delivered', [], [due]],
  ['parked', [{ ...due, parked: true }], [due]],
  ['retryLater', [{ ...due, conflicts: 1, wait: 10 }], [{ ...due, conflicts: 1, wait: 10 }]],
  ['again', [{ ...due, conflicts: 1 }], [{ ...due, conflicts: 1 }]],
] as const)(
  'a record that is %s, as it was sent and with a newer value since',
  async (how, asSent, newer) => {
    const batch = await taken(await frozen(...goldens));
    await pool.query('update golden_records set version = 2 where golden_id = $1', [bob]);
    // Neither what is sent of another record, nor what is sent to another target, nor another portal's or object's counts.
    await pool.query('update intents set golden_version = 2 where golden_id = $1', [goldens[2]]);
    await pool.query(
      `with desk as (
       insert into delivery_batches (portal_id, target, kind, object_type, operation, lane)
       values (100, 'desk', 'records', 'contacts', 'update', 2) returning batch_id),
     frozen as (
       insert into intents select batch_id, $1, 100, 'contacts', '7', '{}', '{}', 2, null, 'crm' from desk)
     insert into golden_records (portal_id, golden_id, object_type, values, origins, lead_source, version)
     values (200, $1, 'contacts', '{}', '{}', 'crm', 1), (100, $1, 'companies', '{}', '{}', 'crm', 1)`,
      [bob],
    );
    await inTransaction(pool, (tx) => endIntents(tx, portalId, batch, [ann, bob], how));
    expect(await marksOf(ann)).toEqual(asSent);
    expect(await marksOf(bob)).toEqual(newer);
    // The others stay in flight with their batch, until the last of them leaves it.
    expect((await marksOf(...goldens.slice(2))).map(({ batch: id }) => id)).toEqual([
      batch.batchId,
      batch.batchId,
    ]);
    const { rows } = await pool.query(
      'select golden_id from intents where batch_id = $1 order by golden_id',
      [batch.batchId],
    );
    expect(rows.map((row: { golden_id: string }) => row.golden_id)).toEqual(goldens.slice(2));
    const ofHubSpot = async () => (await batches()).filter((row) => row['target'] === 'hubspot');
    expect(await ofHubSpot()).toHaveLength(1);
    await inTransaction(pool, (tx) => endIntents(tx, portalId, batch, goldens.slice(2), how));
    expect(await ofHubSpot()).toEqual([]);
  },
);

test('how often a record was tried again is told of it alone', async () => {
  const batch = await taken(await frozen(ann, bob));
  await inTransaction(pool, (tx) => endIntents(tx, portalId, batch, [ann], 'again'));
  await pool.query(
    `insert into outbox (portal_id, target, object_type, golden_id, lead_source, conflicts)
     values (200, 'hubspot', 'contacts', $1, 'crm', 7), (100, 'zoo', 'contacts', $1, 'crm', 8),
       (100, 'hubspot', 'companies', $1, 'crm', 9)`,
    [ann],
  );
  const counts = await conflictCounts(pool, portalId, 'contacts', [ann]);
  expect([...counts]).toEqual([[ann, 1]]);
});

test('a claim: a fence of its own, the lane and the frozen changes in their order; who comes second waits or takes over', async () => {
  const batchId = await frozen(bob, ann);
  const first = await taken(batchId);
  expect(first).toMatchObject({
    batchId,
    rootId: batchId,
    lane: 1,
    operation: 'create',
    maybeWritten: false,
  });
  expect(first.intents.map(({ goldenId }) => goldenId)).toEqual([ann, bob]);
  expect(await takeBatch(pool, batchId, 60_000, 0)).toBe('busy');
  await pool.query(`update delivery_batches set expires_at = now() - interval '5 seconds'`);
  expect(await claimBatch(pool, batchId, 60_000, 60_000)).toBe('busy');
  // A call of the one before may have gone out.
  const second = (await claimBatch(pool, batchId, 60_000, 1_000)) as ClaimedBatch<string>;
  expect(second).toMatchObject({ batchId, maybeWritten: true });
  expect(second.fence).not.toBe(first.fence);
  await pool.query('delete from delivery_batches');
  expect(await takeBatch(pool, batchId, 60_000, 0)).toBe('settled');
});

test('what is being settled cannot be claimed meanwhile', async () => {
  const { batchId, fence } = await taken(await frozen(ann));
  await pool.query(`update delivery_batches set expires_at = now() - interval '5 seconds'`);
  let claimed!: ReturnType<typeof takeBatch>;
  await inTransaction(pool, async (tx) => {
    expect(await lockBatch(tx, batchId, fence)).toBe(true);
    claimed = takeBatch(pool, batchId, 60_000, 0);
    for (;;) {
      const { rowCount } = await pool.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      if (rowCount) break;
    }
    await tx.query('delete from delivery_batches where batch_id = $1', [batchId]);
  });
  expect(await claimed).toBe('settled');
});

test.each([
  ['unproved', false, { unproved: 1, hard_failures: 0, maybe_written: false }],
  ['hardFailure', true, { unproved: 0, hard_failures: 1, maybe_written: true }],
  ['passing', false, { unproved: 0, hard_failures: 0, maybe_written: false }],
] as const)(
  'a batch that is released because of %s is to be had again, not before its time',
  async (cause, maybeWritten, counts) => {
    const { batchId, fence } = await taken(await frozen(ann));
    const other = await taken(await frozen(bob));
    await pool.query(`update delivery_batches set created_at = to_timestamp(0)`);
    await releaseBatch(pool, batchId, fence, { afterMs: 60_000, cause, maybeWritten });
    const [released, untouched] = await batches();
    expect(released).toMatchObject({ expires_at: null, ...counts });
    expect(Date.now() - (released!['created_at'] as Date).getTime()).toBeLessThan(30_000);
    expect(Math.abs((released!['not_before'] as Date).getTime() - Date.now() - 60_000)).toBeLessThan(30_000);
    expect(untouched).toMatchObject({ batch_id: other.batchId, not_before: null, maybe_written: false });
    await pool.query('update delivery_batches set maybe_written = true');
    await taken(batchId).then((again) =>
      releaseBatch(pool, batchId, again.fence, { afterMs: 0, cause, maybeWritten: false }),
    );
    expect((await batches())[0]).toMatchObject({ maybe_written: true });
  },
);

test('what a pause leaves: batches that HubSpot surely does not have are dissolved, others wait whole, those in use stay', async () => {
  const [fresh, doubtful, inUse] = [await frozen(ann), await frozen(bob), await frozen(goldens[2]!)];
  await pool.query('update delivery_batches set maybe_written = true where batch_id = $1', [doubtful]);
  const { fence } = await taken(inUse);
  const other = await frozen(goldens[3]!);
  await leaveBatches(pool, [fresh, doubtful, inUse]);
  const left = await batches();
  expect(left.map((row) => row['batch_id'])).toEqual([doubtful, inUse, other]);
  expect(left.map((row) => (row['created_at'] as Date).getTime() === 0)).toEqual([true, false, false]);
  expect((await marksOf(...goldens)).map(({ batch }) => batch)).toEqual([null, doubtful, inUse, other]);
  await dissolveBatch(pool, inUse, fence);
  expect((await marksOf(...goldens)).map(({ batch }) => batch)).toEqual([null, doubtful, null, other]);
});

test('halves take over all that the batch was: its records, marks, lane and doubt; and so do theirs', async () => {
  const other = await frozen(goldens[3]!);
  const { batchId, fence } = await taken(await frozen(...goldens.slice(0, 3)));
  const halves = (await inTransaction(pool, (tx) => splitBatch(tx, batchId, fence, false)))!;
  expect(await currentBatches(pool, [batchId, other])).toEqual([other, ...halves]);
  const [one, two] = (await Promise.all(halves.map(taken))) as [TakenBatch, TakenBatch];
  expect([one, two].map(({ intents }) => intents.map(({ goldenId }) => goldenId))).toEqual([
    [ann, bob],
    [goldens[2]],
  ]);
  expect((await marksOf(...goldens)).map(({ batch }) => batch)).toEqual([
    one.batchId,
    one.batchId,
    two.batchId,
    other,
  ]);
  expect(one).toMatchObject({ rootId: batchId, lane: 1, operation: 'create', maybeWritten: false });
  const quarters = (await inTransaction(pool, (tx) => splitBatch(tx, one.batchId, one.fence, true)))!;
  expect(await taken(quarters[0])).toMatchObject({ rootId: batchId, maybeWritten: true });
  const { fence: last } = await taken(quarters[1]);
  const eighths = (await inTransaction(pool, (tx) => splitBatch(tx, quarters[1], last, false)))!;
  expect(await taken(eighths[0])).toMatchObject({ maybeWritten: true });
});
