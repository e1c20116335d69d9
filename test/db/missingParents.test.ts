import type { Pool } from 'pg';
import { openPool, type Queryable } from '../../src/db/pool';
import { settleReferences } from '../../src/db/delivery/settlement';
import { freshDatabase, type FreshDatabase } from '../support/postgres';

const missing = 300;
let database: FreshDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await freshDatabase();
  pool = openPool(database.url, 1);
  await pool.query(
    `insert into mapped_records (portal_id, source, stream, record_key, object_type, fields, keys, config_number)
     select 100, 'crm', 'people', n, 'contacts', '{}', '{}', 1 from generate_series(1, $1) as n`,
    [missing],
  );
  await pool.query(
    `insert into record_references (portal_id, source, stream, record_key, object_type, to_object, to_source, to_stream,
       to_key, labels)
     select 100, 'crm', 'people', n, 'contacts', 'companies', 'crm', 'firms', n, '{}' from generate_series(1, $1) as n`,
    [missing],
  );
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

interface PlanNode {
  Alias?: string;
  'Shared Hit Blocks': number;
  Plans?: PlanNode[];
}

const blocksOf = ({ Alias, Plans = [], ...node }: PlanNode, alias: string): number =>
  Alias === alias ? node['Shared Hit Blocks'] : Plans.reduce((sum, plan) => sum + blocksOf(plan, alias), 0);

/** 300,000 of them were not written in 300 s: each was compared with all that the statement had written before. */
test('missing parents are told without reading anew what was just written', async () => {
  // What Postgres chooses where the table is small at first.
  for (const plan of ['hashjoin', 'mergejoin', 'indexscan', 'indexonlyscan', 'bitmapscan'])
    await pool.query(`set enable_${plan} = off`);
  let read: number | null = null;
  const explaining: Queryable = {
    async query(statement, values) {
      const text = typeof statement === 'string' ? statement : statement.text;
      if (!text.includes('insert into problems')) return pool.query(text, values);
      const { rows } = await pool.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
        `explain (analyze, buffers, format json) ${text}`,
        values,
      );
      read = blocksOf(rows[0]!['QUERY PLAN'][0].Plan, 'old');
      return { rows: [], rowCount: 0 };
    },
  };
  await settleReferences(explaining, '100', 'nightly');
  expect((await pool.query('select from problems')).rowCount).toBe(missing);
  expect(read).toBe(0);
});
