import { clearMarks, insertBatches, parkMarks, selectCandidates } from '../../src/db/delivery/claims';
import { saveGolden } from '../../src/db/golden/goldenRecords';
import { markDue } from '../../src/db/delivery/outbox';
import { inTransaction, type Queryable } from '../../src/db/pool';
import { endIntents } from '../../src/db/delivery/settle';
import { takeBatch, type TakenBatch } from '../../src/db/delivery/batches';
import { untilOneWaits } from '../support/lockWait';
import { testDatabase } from '../support/testDatabase';

const portalId = '100';
const objectType = 'contacts';
const ann = '00000000-0000-0000-0000-000000000001';
const { pool } = testDatabase({ per: 'test', connections: 4 });

beforeEach(async () => {
  await pool.query(`insert into portals (portal_id, name, mode) values (100, 'main', 'live')`);
  await consolidate(pool, 'York');
});

async function consolidate(db: Queryable, city: string): Promise<void> {
  const golden = { goldenId: ann, values: { city }, origins: {}, leadSource: 'crm', state: 'live' as const };
  await saveGolden(db, portalId, objectType, [golden]);
  await markDue(db, portalId, objectType, null, [{ goldenId: ann, lane: 2, leadSource: 'crm' }]);
}

/** Does `work` while a slice with a newer value of the record has everything written but its commit. */
async function besideConsolidation<Result>(work: () => Promise<Result>): Promise<Result> {
  let done!: Promise<Result>;
  await inTransaction(pool, async (tx) => {
    await consolidate(tx, 'Leeds');
    done = work();
    // Either it waits for the slice's commit, or it is through without.
    await Promise.race([done, untilOneWaits(pool)]);
  });
  return done;
}

const idsOf = (found: { goldenId: string }[]) => found.map(({ goldenId }) => goldenId);

async function mark() {
  const { rows } = await pool.query<{ inFlight: boolean; parked: boolean }>(
    `select batch_id is not null as "inFlight", parked from outbox`,
  );
  return rows;
}

async function inFlight(): Promise<TakenBatch> {
  const [candidate] = await selectCandidates(pool, portalId, objectType, [0, 1, 2], 10);
  const { goldenId, recordId, version, runId, leadSource } = candidate!;
  const intent = { goldenId, recordId, properties: { city: 'York' }, before: {}, version, runId, leadSource };
  const batch = { objectType, operation: 'create' as const, lane: 2, intents: [intent] };
  const [batchId] = await insertBatches(pool, portalId, [batch]);
  return (await takeBatch(pool, batchId!, 60_000, 1_000)) as TakenBatch;
}

test.each(['delivered', 'parked'] as const)(
  'a record that is %s while a newer value is being committed is due again',
  async (how) => {
    const batch = await inFlight();
    await besideConsolidation(() => inTransaction(pool, (tx) => endIntents(tx, portalId, batch, [ann], how)));
    expect(await mark()).toEqual([{ inFlight: false, parked: false }]);
  },
);

test.each([
  ['unchanged', clearMarks],
  ['not deliverable', parkMarks],
])('a record found %s while a newer value is being committed is still due', async (_what, end) => {
  await besideConsolidation(() =>
    inTransaction(pool, async (tx) => {
      const found = await selectCandidates(tx, portalId, objectType, [0, 1, 2], 10);
      await end(tx, portalId, objectType, idsOf(found));
    }),
  );
  expect(await mark()).toEqual([{ inFlight: false, parked: false }]);
});

test('a record found unchanged, of which a newer value comes before that is noted, is still due', async () => {
  let newer!: Promise<void>;
  await inTransaction(pool, async (tx) => {
    const found = await selectCandidates(tx, portalId, objectType, [0, 1, 2], 10);
    newer = consolidate(pool, 'Leeds');
    await Promise.race([newer, untilOneWaits(pool)]);
    await clearMarks(tx, portalId, objectType, idsOf(found));
  });
  await newer;
  expect(await mark()).toEqual([{ inFlight: false, parked: false }]);
});
