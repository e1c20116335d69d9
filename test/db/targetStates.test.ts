import { insertBatches } from '../../src/db/delivery/claims';
import { lockTargetStates, targetKey } from '../../src/db/delivery/targetStates';
import { settleWrittenBack } from '../../src/db/delivery/writeBackSettle';
import { testDatabase } from '../support/testDatabase';

const [first, second] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];
const { pool } = testDatabase({ per: 'test' });

const claim = (goldenId: string, phone: string, target: string) =>
  insertBatches(
    pool,
    '100',
    [
      {
        ...{ objectType: 'contacts', operation: 'update' as const, lane: 2 },
        intents: [
          {
            ...{ goldenId, recordId: '7', properties: { phone }, before: {}, version: '1', runId: null },
            leadSource: 'desk',
          },
        ],
      },
    ],
    target,
  );

test('what is on its way to a record is ours, also when the record has become another golden record’s since', async () => {
  await pool.query(
    `insert into known_states (portal_id, target, object_type, record_id, kept) values (100, 'desk', 'contacts', '7', '{}')`,
  );
  await pool.query(
    `insert into outbox (portal_id, target, object_type, golden_id, lead_source)
     select 100, target, 'contacts', golden_id, 'desk' from unnest($1::uuid[]) as golden_id, unnest('{desk,hubspot}'::text[]) as target`,
    [[first, second]],
  );
  await pool.query(
    `insert into mapped_records (portal_id, source, stream, record_key, object_type, fields, keys, golden_id, config_number)
     values (100, 'desk', 'callers', '7', 'contacts', '{}', '{}', $1, 1)`,
    [second],
  );
  await claim(first, '+44', 'desk');
  await claim(second, '+45', 'desk');
  await claim(second, '+46', 'hubspot');
  const record = { target: 'desk', stream: 'callers', recordId: '7', readAt: '2026-11-22T10:00:00Z' };
  const states = await lockTargetStates(pool, '100', 'contacts', [record]);
  const { unsettled } = states.get(targetKey(record))!;
  expect(unsettled.map(({ phone }) => phone).sort()).toEqual(['+44', '+45']);
});

test('of a record that was gone before its write was answered nothing is known: it comes back as a new one', async () => {
  const known = () =>
    pool.query('select record_id, kept, sent from known_states').then(({ rows }) => rows as object[]);
  await pool.query(
    `insert into outbox (portal_id, target, object_type, golden_id, lead_source) values (100, 'desk', 'contacts', $1, 'desk')`,
    [first],
  );
  const [batchId] = await claim(first, '+44', 'desk');
  const settle = () =>
    settleWrittenBack(pool, '100', { batchId: batchId!, objectType: 'contacts' }, 'desk', [
      { goldenId: first, recordId: '7' },
    ]);
  await settle();
  expect(await known()).toEqual([]);
  await pool.query(
    `insert into known_states (portal_id, target, object_type, record_id, kept, sent)
     values (100, 'desk', 'contacts', '7', '{"phone": "+1", "city": "York"}', '{"city": "York"}')`,
  );
  await settle();
  expect(await known()).toEqual([
    { record_id: '7', kept: { city: 'York' }, sent: { city: 'York', phone: '+44' } },
  ]);
  const { rows } = await pool.query('select record_id from deliveries');
  expect(rows).toEqual([{ record_id: '7' }, { record_id: '7' }]);
});
