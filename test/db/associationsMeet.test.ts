import {
  clearAssociationMarks,
  insertAssociationBatch,
  selectAssociationCandidates,
} from '../../src/db/delivery/associationClaims';
import {
  endAssociations,
  settleAssociations,
  takeAssociationBatch,
  type TakenAssociations,
} from '../../src/db/delivery/associationSettle';
import { refreshAssociations } from '../../src/db/golden/goldenAssociations';
import { inTransaction, type Queryable } from '../../src/db/pool';
import { untilOneWaits } from '../support/lockWait';
import { testDatabase } from '../support/testDatabase';
import { acme, ann, insertAnnAndAcme, referToAcme } from './annAtAcme';

const portalId = '100';
const pair = { portalId, fromObject: 'contacts', toObject: 'companies' };
const { pool } = testDatabase({ per: 'test', connections: 4 });

beforeEach(async () => {
  await pool.query(`insert into portals (portal_id, name, mode) values (100, 'main', 'live')`);
  await insertAnnAndAcme(pool);
  await pool.query(
    `insert into known_states (portal_id, object_type, record_id, golden_id, kept)
     values (100, 'contacts', '11', $1, '{}'), (100, 'companies', '99', $2, '{}')`,
    [ann, acme],
  );
  await refer([]);
});

/** The source's reference with these labels (null: none at all), as a slice of consolidation takes it over. */
async function refer(labels: string[] | null, db?: Queryable): Promise<void> {
  if (!db) return inTransaction(pool, (tx) => refer(labels, tx));
  await db.query('delete from record_references');
  if (labels !== null) await referToAcme(db, labels);
  await refreshAssociations(db, portalId, 'contacts', [ann], [], null, 'companies');
}

const candidates = (db: Queryable) =>
  selectAssociationCandidates(db, portalId, pair.fromObject, pair.toObject, 10);

async function inFlight(operation: TakenAssociations['operation'], types: string[], ours: string[]) {
  const [found] = await candidates(pool);
  const batchId = await insertAssociationBatch(pool, pair, operation, [{ ...found!, types, ours }]);
  return (await takeAssociationBatch(pool, batchId, 60_000, 1_000)) as TakenAssociations;
}

async function settle(batch: TakenAssociations): Promise<void> {
  await settleAssociations(pool, portalId, batch, batch.intents);
  await endAssociations(pool, portalId, batch, batch.intents, false);
}

const refuse = (batch: TakenAssociations) => endAssociations(pool, portalId, batch, batch.intents, true);

async function mark() {
  const { rows } = await pool.query<{ due: boolean; parked: boolean }>(
    'select due, parked from golden_associations where batch_id is null',
  );
  return rows;
}

test('one whose labels changed while it was in flight is looked at again', async () => {
  const batch = await inFlight('associate', ['X:1'], ['X:1']);
  await refer(['buyer']);
  await settle(batch);
  expect(await mark()).toEqual([{ due: true, parked: false }]);
});

test('one whose labels stayed the same is done', async () => {
  const batch = await inFlight('associate', ['X:1'], ['X:1']);
  await refer([]);
  await settle(batch);
  expect(await mark()).toEqual([{ due: false, parked: false }]);
});

test.each<[string, string[], object]>([
  ['one that is refused waits for a person', [], { due: true, parked: true }],
  [
    'one that is refused after its labels changed is looked at again',
    ['buyer'],
    { due: true, parked: false },
  ],
])('%s', async (_what, labels, then) => {
  const batch = await inFlight('associate', ['X:1'], ['X:1']);
  await refer(labels);
  await refuse(batch);
  expect(await mark()).toEqual([then]);
});

test('one that lost a label of ours keeps the rest, and is looked at for what it lacks', async () => {
  await settle(await inFlight('associate', ['X:1', 'X:2'], ['X:1', 'X:2']));
  await refer(['buyer']);
  const batch = await inFlight('dissociate', ['X:2'], ['X:1']);
  await settle(batch);
  expect(await mark()).toEqual([{ due: true, parked: false }]);
  expect(await candidates(pool)).toMatchObject([{ types: ['X:1'], ours: ['X:1'], labels: ['buyer'] }]);
});

test('one whose lost label HubSpot does not let go waits for a person, though the pair is wanted', async () => {
  await settle(await inFlight('associate', ['X:1', 'X:2'], ['X:1', 'X:2']));
  await refer(['buyer']);
  await refuse(await inFlight('dissociate', ['X:2'], ['X:1']));
  expect(await mark()).toEqual([{ due: true, parked: true }]);
});

test('one that is found as it should be, while it stops being so, is looked at again', async () => {
  let cleared!: Promise<void>;
  await inTransaction(pool, async (tx) => {
    await refer(null, tx);
    const claim = async (db: Queryable) => {
      const found = await candidates(db);
      await clearAssociationMarks(db, portalId, pair.fromObject, pair.toObject, found);
    };
    cleared = inTransaction(pool, claim);
    await Promise.race([cleared, untilOneWaits(pool)]);
  });
  await cleared;
  expect(await mark()).toEqual([{ due: true, parked: false }]);
});
