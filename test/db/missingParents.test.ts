import type { Queryable } from '../../src/db/pool';
import { settleReferences } from '../../src/db/delivery/settlement';
import { testDatabase } from '../support/testDatabase';

const missing = 300;
const { pool } = testDatabase({ connections: 1 });

beforeAll(async () => {
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
      const { Plan } = rows[0]!['QUERY PLAN'][0];
      read = blocksOf(Plan, 'old') + blocksOf(Plan, 'open');
      return { rows: [], rowCount: 0 };
    },
  };
  await settleReferences(explaining, '100', 'nightly');
  expect((await pool.query('select from problems')).rowCount).toBe(missing);
  expect(read).toBe(0);
});

const numbersUsed = async () =>
  (await pool.query<{ last: string }>(`select last_value as last from problems_problem_id_seq`)).rows[0]!
    .last;

const closed = async () =>
  (await pool.query(`select record_key, closed_by from problems where closed_at is not null order by 1, 2`))
    .rows;

/** A record that the first person refers to comes or goes. */
const firm = {
  come: () =>
    pool.query(
      `insert into mapped_records (portal_id, source, stream, record_key, object_type, fields, keys, config_number)
       values (100, 'crm', 'firms', '1', 'companies', '{}', '{}', 1)`,
    ),
  go: () => pool.query(`delete from mapped_records where stream = 'firms'`),
};

/** Each was tried as a new problem at every run's end, and used a number up. */
test('missing parents that are told already are not told again', async () => {
  const before = await numbersUsed();
  expect(await settleReferences(pool, '100', 'hourly')).toBe(0);
  expect(await numbersUsed()).toBe(before);
  expect(await closed()).toEqual([]);
});

test('the problem closes when its parent comes, and is told anew when the parent goes', async () => {
  const bySource = { record_key: '1', closed_by: 'source' };
  await firm.come();
  expect(await settleReferences(pool, '100', 'hourly')).toBe(0);
  expect(await closed()).toEqual([bySource]);
  await firm.go();
  expect(await settleReferences(pool, '100', 'hourly')).toBe(1);
  await pool.query(`delete from record_references where record_key = '1'`);
  expect(await settleReferences(pool, '100', 'hourly')).toBe(0);
  expect(await closed()).toEqual([bySource, bySource]);
});

test('a dismissed one stays closed until what it rests on changes', async () => {
  await pool.query(
    `update problems set closed_at = now(), closed_by = 'dismissed', evidence = problem_evidence(portal_id, source,
       stream, record_key, object_type, golden_id, reason) where record_key = '2'`,
  );
  expect(await settleReferences(pool, '100', 'hourly')).toBe(0);
  await pool.query(`update problems set evidence = 'another one' where record_key = '2'`);
  expect(await settleReferences(pool, '100', 'hourly')).toBe(1);
});
