import { settleArchived, settleWritten, type WrittenRecord } from '../../src/db/delivery/settleWritten';
import { testDatabase } from '../support/testDatabase';

const { pool } = testDatabase();
const [ann, bob, cleo] = [1, 2, 3].map((number) => `00000000-0000-4000-8000-00000000000${number}`) as [
  string,
  string,
  string,
];
const at = '2026-11-22T10:00:00.000Z';
const here = { portal: 100, target: 'hubspot', object: 'contacts' };
const elsewhere = [
  { portal: 200, target: 'hubspot', object: 'contacts' },
  { portal: 100, target: 'desk', object: 'contacts' },
  { portal: 100, target: 'hubspot', object: 'companies' },
];
const batch = { batchId: '', objectType: 'contacts', operation: 'update' };

/** Known: Ann is record 1, Bob record 2, record 3 nobody's; the same elsewhere. One batch changes Ann and Bob. */
beforeEach(async () => {
  await pool.query(
    'truncate golden_records, known_states, outbox, deliveries, delivery_batches, intents cascade',
  );
  for (const place of [here, ...elsewhere]) {
    const { portal, target, object } = place;
    await pool.query(
      `insert into known_states (portal_id, target, object_type, record_id, golden_id, kept, sent, archived)
       values ($1, $2, $3, '1', $4, '{"city": "York", "zip": "1"}', '{"city": "York", "plan": "a"}', true),
         ($1, $2, $3, '2', $5, '{"city": "Bath"}', '{}', false), ($1, $2, $3, '3', $6, '{}', '{}', false)`,
      // What is nobody's here is somebody's there.
      [portal, target, object, ann, bob, place === here ? null : cleo],
    );
  }
  await pool.query(
    `insert into golden_records (portal_id, golden_id, object_type, values, origins, lead_source, version)
     select portal, id, object, '{}', '{}', 'crm', 1 from unnest($1::uuid[]) as id,
       (values (100, 'contacts'), (200, 'contacts'), (100, 'companies')) as places (portal, object)`,
    [[ann, bob, cleo]],
  );
  const { rows } = await pool.query<{ id: string }>(
    `insert into delivery_batches (portal_id, kind, object_type, operation, lane)
     select 100, 'records', 'contacts', 'update', 2 from generate_series(1, 2) returning batch_id as id`,
  );
  batch.batchId = rows[0]!.id;
  await pool.query(
    `insert into intents (batch_id, golden_id, portal_id, object_type, record_id, properties, before, golden_version,
       run_id, lead_source)
     select batch_id, golden_id, 100, 'contacts', '1', jsonb_build_object('city', 'Leeds', 'batch', batch_id),
       '{"city": "York"}', 1, 'r1', 'crm'
     from unnest($1::bigint[]) as batch_id, unnest($2::uuid[]) as golden_id`,
    [rows.map(({ id }) => id), [ann, bob, cleo]],
  );
});

const written = (goldenId: string, recordId: string, kept = { city: 'Leeds.' }): WrittenRecord => ({
  ...{ goldenId, recordId, kept, updatedAt: at },
});
const states = async () =>
  (
    await pool.query<Record<string, unknown>>(
      `select record_id as record, golden_id as golden, kept, sent, archived, settled_at is not null as settled,
         record_updated_at as at
       from known_states where portal_id = 100 and target = 'hubspot' and object_type = 'contacts' order by record_id`,
    )
  ).rows;
const others = async () =>
  (
    await pool.query(
      `select * from known_states where not (portal_id = 100 and target = 'hubspot' and object_type = 'contacts')
       order by portal_id, target, object_type, record_id`,
    )
  ).rows;
const settle = async (...records: WrittenRecord[]) => {
  const before = await others();
  const unlinked = await settleWritten(pool, '100', batch, records);
  expect(await others()).toEqual(before);
  return unlinked;
};
const sent = () => ({ city: 'Leeds', batch: Number(batch.batchId) });
const [first, second, third] = [
  {
    record: '1',
    golden: ann,
    kept: { city: 'York', zip: '1' },
    sent: { city: 'York', plan: 'a' },
    archived: true,
    settled: false,
    at: null,
  },
  { record: '2', golden: bob, kept: { city: 'Bath' }, sent: {}, archived: false, settled: false, at: null },
  { record: '3', golden: null, kept: {}, sent: {}, archived: false, settled: false, at: null },
];
const marks = async () =>
  (
    await pool.query(
      'select portal_id as portal, object_type as object, golden_id as golden, lane from outbox',
    )
  ).rows;

test('what HubSpot acknowledged is known, beside what it was known to hold, and stands in the ledger', async () => {
  expect(await settle(written(ann, '1'))).toEqual([]);
  expect(await states()).toEqual([
    {
      ...{
        record: '1',
        golden: ann,
        kept: { city: 'Leeds.', zip: '1' },
        archived: false,
        settled: true,
        at: new Date(at),
      },
      sent: { ...sent(), plan: 'a' },
    },
    second,
    third,
  ]);
  const { rows } = await pool.query('select * from deliveries');
  expect(rows).toMatchObject([
    {
      ...{ portal_id: '100', run_id: 'r1', object_type: 'contacts', golden_id: ann, record_id: '1' },
      ...{ operation: 'update', before: { city: 'York' }, after: sent(), acknowledged: { city: 'Leeds.' } },
      record_updated_at: new Date(at),
    },
  ]);
  expect(await marks()).toEqual([]);
});

test('a new record, one that was nobody’s, and one that moved are linked; what it was before is so no more', async () => {
  expect(await settle(written(cleo, '9'), written(ann, '3'))).toEqual([]);
  expect(await states()).toEqual([
    { ...first, golden: null },
    second,
    {
      record: '3',
      golden: ann,
      kept: { city: 'Leeds.' },
      sent: sent(),
      archived: false,
      settled: true,
      at: new Date(at),
    },
    {
      record: '9',
      golden: cleo,
      kept: { city: 'Leeds.' },
      sent: sent(),
      archived: false,
      settled: true,
      at: new Date(at),
    },
  ]);
});

test.each([
  ['had none', [], 1],
  ['had a later one that waited for a person', [{ lane: 2, parked: true }], 1],
  ['had an urgent one', [{ lane: 0, parked: false }], 0],
])(
  'a record of somebody else stays his: he is due, where he %s, and keeps nothing of ours as sent',
  async (_what, before, lane) => {
    for (const mark of before)
      await pool.query(
        `insert into outbox (portal_id, object_type, golden_id, lane, lead_source, parked, not_before, due_at)
       values (100, 'contacts', $1, $2, 'crm', $3, now() + interval '1 hour', to_timestamp(0))`,
        [bob, mark.lane, mark.parked],
      );
    expect(await settle(written(ann, '2'), written(cleo, '9'))).toEqual([ann]);
    expect(await states()).toMatchObject([
      first,
      { ...second, kept: { city: 'Leeds.' }, settled: true },
      third,
      { record: '9', golden: cleo },
    ]);
    const { rows } = await pool.query(
      `select golden_id as golden, lane, parked, not_before, due_at > now() - interval '1 hour' as now from outbox`,
    );
    expect(rows).toEqual([{ golden: bob, lane, parked: false, not_before: null, now: true }]);
  },
);

test('archived are the records that are named', async () => {
  const before = await others();
  await settleArchived(pool, '100', 'contacts', ['2', '7']);
  expect(await states()).toEqual([first, { ...second, archived: true, settled: true }, third]);
  expect(await others()).toEqual(before);
});
