import type { Queryable } from '../../src/db/pool';
import { unsettledStage } from '../../src/db/delivery/settlement';
import { testDatabase } from '../support/testDatabase';

const rows = 20_000;
const { pool } = testDatabase({ connections: 1 });

beforeAll(async () => {
  await pool.query(`insert into portals (portal_id, name, mode) values (100, 'main', 'live')`);
  await pool.query(
    `insert into staged_records (portal_id, source, stream, record_key, object_type, payload, payload_hash, run_id,
       due_at)
     select 100, 'crm', 'people', n, 'contacts', '{}', n, 'initial load', now() from generate_series(1, $1) as n`,
    [rows],
  );
  await pool.query(
    `insert into golden_associations (portal_id, from_object, from_golden, to_object, to_golden, labels, wanted, run_id,
       lead_source)
     select 100, 'contacts', gen_random_uuid(), 'companies', gen_random_uuid(), '{}', true, 'initial load', 'crm'
     from generate_series(1, $1)`,
    [rows],
  );
  await pool.query('vacuum analyze');
});

/** The row that a look gives, and how many blocks it read. */
async function look(runId: string): Promise<{ stage: string | null; blocks: number }> {
  let blocks = 0;
  const explaining: Queryable = {
    async query(statement, values) {
      const text = typeof statement === 'string' ? statement : statement.text;
      const { rows } = await pool.query<{ 'QUERY PLAN': [{ Plan: { 'Shared Hit Blocks': number } }] }>(
        `explain (analyze, buffers, format json) ${text}`,
        values,
      );
      blocks += rows[0]!['QUERY PLAN'][0].Plan['Shared Hit Blocks'];
      return pool.query(text, values);
    },
  };
  return { stage: await unsettledStage(explaining, '100', runId, ['contacts', 'companies']), blocks };
}

test('a run that looks whether it is settled does not read what is due for another one', async () => {
  await look('partners');
  const { stage, blocks } = await look('partners');
  expect(stage).toBeNull();
  // The rows themselves are more than 500 blocks.
  expect(blocks).toBeLessThan(100);
  expect((await look('initial load')).stage).toBe('staged');
});
