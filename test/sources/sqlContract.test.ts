import { Client } from 'pg';
import { sqlSource } from '../../src/sources/sql';
import { emptyDatabase } from '../support/postgres';
import { sourceContract, type ContractHarness, type ContractRow } from './contract';

const columns = 'id text, changed timestamptz, name text, big numeric, extra json';

async function postgresHarness(stream: { table: string } | { query: string }): Promise<ContractHarness> {
  const database = await emptyDatabase();
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query(`create schema "odd.name"; create table "odd.name"."People" (${columns})`);
  const put = async (rows: ContractRow[]) => {
    const [ids, times, names, bigs] = (['id', 'changedAt', 'name', 'big'] as const).map((field) =>
      rows.map((row) => row[field]),
    );
    await client.query('delete from "odd.name"."People" where id = any($1::text[])', [ids]);
    await client.query(
      `insert into "odd.name"."People"
       select id, changed, name, big, json_build_object('big', big, 'nul', 'x') from
       unnest($1::text[], $2::timestamptz[], $3::text[], $4::numeric[]) as t (id, changed, name, big)`,
      [ids, times, names, bigs],
    );
  };
  return {
    request: { stream: 'people', options: stream, recordKey: ['id'], cursorField: 'changed' },
    open: () =>
      sqlSource.open({
        source: 'warehouse',
        connection: { dialect: 'postgres', url: database.url },
        now: () => new Date(),
      }),
    put,
    spoil: async () => {
      await client.query(
        `insert into "odd.name"."People" values (null, now(), 'nobody', 1, '{}'), ('', now(), 'x', 1, '{}')`,
      );
    },
    expected: (row) => ({
      id: row.id,
      changed: row.changedAt,
      name: row.name,
      big: row.big,
      extra: { big: row.big, nul: 'x' },
    }),
    close: async () => {
      await client.end();
      await database.drop();
    },
  };
}

sourceContract('sql on a Postgres table', () => postgresHarness({ table: '"odd.name".People' }));
sourceContract('sql on a Postgres query', () =>
  postgresHarness({ query: 'select * from "odd.name"."People" -- everybody\n;' }),
);
