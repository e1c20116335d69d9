import { insertBatches } from '../../src/db/delivery/claims';
import { claimRead, moveCursor } from '../../src/db/staging/cursors';
import {
  dissolveBatch,
  lockBatch,
  releaseBatch,
  splitBatch,
  takeBatch,
  type TakenBatch,
} from '../../src/db/delivery/batches';
import { testDatabase } from '../support/testDatabase';

const portalId = '1';
const goldenIds = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];
const { pool } = testDatabase();

/** A batch that one worker took, and another one after its claim and the deadline of a call had ended. */
async function takenTwice(): Promise<{ late: TakenBatch; now: TakenBatch }> {
  const intents = goldenIds.map((goldenId) => ({
    goldenId,
    recordId: null,
    properties: { firstname: 'Ann' },
    before: { firstname: null },
    version: '1',
    runId: null,
    leadSource: 'azure',
  }));
  await pool.query(
    `insert into outbox (portal_id, object_type, golden_id, lead_source)
     select $1, 'contacts', unnest($2::uuid[]), 'azure' on conflict do nothing`,
    [portalId, goldenIds],
  );
  const [batchId] = await insertBatches(pool, portalId, [
    { objectType: 'contacts', operation: 'create', lane: 2, intents },
  ]);
  const late = await takeBatch(pool, batchId!, -1, 0);
  const now = await takeBatch(pool, batchId!, 60_000, 0);
  if (typeof late === 'string' || typeof now === 'string') throw new Error('a batch was not to be had');
  return { late, now };
}

const rowsOf = async (): Promise<unknown[]> => {
  const { rows } = await pool.query(
    `select b.*, array(select golden_id from intents i where i.batch_id = b.batch_id order by 1) as intents,
       array(select golden_id from outbox o where o.batch_id = b.batch_id order by 1) as marks
     from delivery_batches b order by batch_id`,
  );
  return rows;
};

test('who lost a claim to another worker can neither settle, release, split nor dissolve its batch', async () => {
  const { late, now } = await takenTwice();
  const before = await rowsOf();
  expect(await lockBatch(pool, late.batchId, late.fence)).toBe(false);
  await releaseBatch(pool, late.batchId, late.fence, { afterMs: 0, cause: 'passing', maybeWritten: false });
  expect(await splitBatch(pool, late.batchId, late.fence, false)).toBeNull();
  await dissolveBatch(pool, late.batchId, late.fence);
  expect(await rowsOf()).toEqual(before);

  expect(await lockBatch(pool, now.batchId, now.fence)).toBe(true);
  expect(await splitBatch(pool, now.batchId, now.fence, false)).toHaveLength(2);
  expect(await rowsOf()).toHaveLength(before.length + 1);
});

test('a batch is not to be had while its claim and the deadline of its last call run', async () => {
  const { now } = await takenTwice();
  expect(await takeBatch(pool, now.batchId, 60_000, 60_000)).toBe('busy');
  await releaseBatch(pool, now.batchId, now.fence, { afterMs: 0, cause: 'passing', maybeWritten: false });
  expect(await takeBatch(pool, now.batchId, 60_000, 60_000)).toMatchObject({ batchId: now.batchId });
});

test('a page read by an attempt that another one overtook does not move the cursor', async () => {
  const ref = { portalId, source: 'azure', stream: 'customers' };
  const late = await claimRead(pool, ref, 'run', false);
  const now = await claimRead(pool, ref, 'run', false);
  expect(await moveCursor(pool, ref, now.fence, { page: 2 }, null)).toBe(true);
  expect(await moveCursor(pool, ref, late.fence, { page: 1 }, null)).toBe(false);
  expect((await claimRead(pool, ref, 'run', false)).position).toEqual({ page: 2 });
});
