import type { ActivityContext } from '../../src/activities/context';
import type { Sending } from '../../src/activities/deliver/sending';
import { settleReading } from '../../src/activities/deliver/settleBatch';
import { settleConflicts, type Owners } from '../../src/activities/deliver/settleConflicts';
import { inTransaction } from '../../src/db/pool';
import { takeBatch, type TakenBatch } from '../../src/db/delivery/batches';
import type { FoldedOutcomes } from '../../src/domain/delivery/foldOutcome';
import { testDatabase } from '../support/testDatabase';

const portalId = '100';
const [ours, theirs] = ['0000000a', '0000000b'].map((head) => `${head}-0000-4000-8000-000000000000`) as [
  string,
  string,
];
const secret = () => null;

const { pool } = testDatabase();

beforeEach(async () => {
  await pool.query(
    `truncate portals, golden_records, known_states, delivery_batches, intents, outbox, problems, deliveries cascade`,
  );
  await pool.query(`insert into portals (portal_id, name, mode) values (100, 'main', 'live')`);
  await pool.query(
    `insert into golden_records (portal_id, golden_id, object_type, values, origins, lead_source, version)
     select 100, id, 'contacts', '{}', '{}', 'azure', 1 from unnest($1::uuid[]) as id`,
    [[ours, theirs]],
  );
  await pool.query(
    `insert into known_states (portal_id, object_type, record_id, golden_id, kept)
     values (100, 'contacts', '7', $1, '{"city": "York"}'), (100, 'contacts', '8', $2, '{"city": "Bath"}')`,
    [ours, theirs],
  );
});

/** One change of our record that a worker has taken for sending; `recordId` null: it is to be created. */
async function taken(recordId: string | null): Promise<TakenBatch> {
  const { rows } = await pool.query<{ id: string }>(
    `insert into delivery_batches (portal_id, kind, object_type, operation, lane)
     values (100, 'records', 'contacts', $1, 2) returning batch_id as id`,
    [recordId === null ? 'create' : 'update'],
  );
  const batchId = rows[0]!.id;
  await pool.query(
    `insert into outbox (portal_id, object_type, golden_id, lead_source, batch_id)
     values (100, 'contacts', $1, 'azure', $2)`,
    [ours, batchId],
  );
  await pool.query(
    `insert into intents (batch_id, golden_id, portal_id, object_type, record_id, properties, before, golden_version,
       lead_source) values ($1, $2, 100, 'contacts', $3, '{"city": "Leeds"}', '{}', 1, 'azure')`,
    [batchId, ours, recordId],
  );
  return (await takeBatch(pool, batchId, 60_000, 1_000)) as TakenBatch;
}

const states = async () =>
  (
    await pool.query(
      `select record_id as record, golden_id as golden, kept from known_states order by record_id`,
    )
  ).rows;
const marks = async () =>
  (await pool.query('select golden_id as golden, parked, conflicts from outbox order by golden_id')).rows;
const problems = async () =>
  (await pool.query('select golden_id as golden, kind, reason from problems where closed_at is null')).rows;

test('what HubSpot wrote to another golden record’s record is a problem, stays that one’s, and is put right', async () => {
  const rung: string[] = [];
  const context = {
    pool,
    objectContext: async () => ({ rules: { fields: [{ property: 'city' }] } }),
    failpoint: async () => undefined,
    doorbell: { consolidate: async (_portal: string, objectType: string) => void rung.push(objectType) },
    erasureSecret: secret,
  } as unknown as ActivityContext;
  const result = { calls: 1, delivered: 0, refused: 0 };
  const written = { kind: 'written' as const, id: '8', properties: { city: 'Leeds' }, updatedAt: null };
  const rest = await settleReading({ context, portalId, result } as Sending, await taken('7'), {
    outcomes: new Map([[ours, written]]),
  });
  expect({ rest, rung }).toEqual({ rest: 'done', rung: ['contacts'] });
  expect(await problems()).toEqual([
    { golden: ours, kind: 'conflict', reason: expect.stringContaining('part of record 8') as string },
  ]);
  expect(await states()).toEqual([
    { record: '7', golden: ours, kept: { city: 'York' } },
    { record: '8', golden: theirs, kept: { city: 'Leeds' } },
  ]);
  // Ours waits for the person; the other one is compared with what HubSpot holds now.
  expect(await marks()).toEqual([
    { golden: ours, parked: true, conflicts: 0 },
    { golden: theirs, parked: false, conflicts: 0 },
  ]);
});

/** Settles that HubSpot refused our change because `ownerId` owns a key of it. */
async function refused(recordId: string | null, ownerId: string): Promise<void> {
  const batch = await taken(recordId);
  const conflicts = [{ goldenId: ours, ownerId, reason: 'owned by another' }];
  const owners: Owners = {
    ...{ records: [], properties: [], readBegan: new Date(), histories: new Map(), own: [], rules: [] },
    ...{ identity: [], historyCalls: 0, ownerOf: new Map([[ours, ownerId]]) },
  };
  await inTransaction(pool, (tx) =>
    settleConflicts(tx, secret, portalId, batch, { conflicts } as unknown as FoldedOutcomes, owners),
  );
}

const problem = {
  golden: ours,
  kind: 'conflict',
  reason: expect.stringContaining('HubSpot record') as string,
};
const waits = [{ golden: ours, parked: true, conflicts: 0 }];
const triedAgain = [{ golden: ours, parked: false, conflicts: 1 }];

test.each([
  ['a record of ours whose key a record of nobody owns', '7', '9', [problem], waits],
  ['a record of ours whose key another golden record’s record owns', '7', '8', [problem], waits],
  ['a new record whose key another golden record’s record owns', null, '8', [problem], waits],
  ['a new record whose key a record of nobody owns: it may be adopted', null, '9', [], triedAgain],
  ['a record that owns the key itself', '7', '7', [], triedAgain],
])('%s', async (_, recordId, ownerId, expected, mark) => {
  if (recordId === null) await pool.query(`delete from known_states where record_id = '7'`);
  await refused(recordId, ownerId);
  expect(await problems()).toEqual(expected);
  expect(await marks()).toEqual(mark);
});
