import { Client } from 'pg';
import { changedRows } from './differences';
import { allRows, type World } from './world';

/** Rows per insert statement: about a megabyte of JSON. */
const chunkRows = 2_000;

const tables: Record<string, { table: string; key: string }> = {
  'azure.companies': { table: 'warehouse.companies', key: 'company_id' },
  'azure.customers': { table: 'warehouse.customers', key: 'customer_id' },
  'azure.transactions': { table: 'warehouse.transactions', key: 'transaction_id' },
  'erp.orders': { table: 'erp.orders', key: 'order_id' },
};

// Text wherever the warehouse's loaders put what they got; the ERP is typed, and keeps London's wall clock.
const schema = `
  drop schema if exists warehouse cascade;
  drop schema if exists erp cascade;
  create schema warehouse;
  create schema erp;
  create table warehouse.demo_world (name text not null, changes int not null);
  create table warehouse.companies (company_id text primary key, company_name text, website text,
    registration_no text, phone text, country text, sector text, modified_at timestamptz not null);
  create table warehouse.customers (customer_id text primary key, email text, first_name text, last_name text,
    phone text, country text, city text, birth_date text, account_manager_email text, is_paying boolean,
    do_not_contact text, company_id text, modified_at timestamptz not null);
  create table warehouse.transactions (transaction_id text primary key, customer_id text, company_id text,
    title text, amount text, status text, booked_at timestamptz not null);
  create table erp.orders (order_id bigint primary key, account_id text, customer_id text, order_title text,
    total numeric(14,2), currency text, order_state text, ordered_at timestamp, changed_at timestamptz not null);`;

const indexes = `
  create index on warehouse.companies (modified_at, company_id);
  create index on warehouse.customers (modified_at, customer_id);
  create index on warehouse.transactions (booked_at, transaction_id);
  create index on erp.orders (changed_at, order_id);
  analyze warehouse.companies, warehouse.customers, warehouse.transactions, erp.orders;`;

/** What tells a filled database from one of another world. */
const worldName = (world: World): string => `seed ${world.seed}, ${world.people} people`;

/**
 * Brings the schemas `warehouse` and `erp` of a Postgres to the state of the world: fills them anew where they
 * hold another world, or only applies the changes that are not there yet. `generate` rebuilds earlier states.
 * Returns the number of rows written.
 */
export async function fillSqlSystems(
  databaseUrl: string,
  world: World,
  generate: (options: { seed: number; people: number; changes: World['changes'] }) => World,
): Promise<number> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const held = await heldChanges(client, world);
    if (held === world.changes.length) return 0;
    if (held === null || held > world.changes.length) return await fillAnew(client, world);
    const before = generate({ ...world, changes: world.changes.slice(0, held) });
    return await applyChangedRows(client, before, world);
  } finally {
    await client.end();
  }
}

async function heldChanges(client: Client, world: World): Promise<number | null> {
  const { rows: there } = await client.query<{ there: boolean }>(
    `select to_regclass('warehouse.demo_world') is not null as there`,
  );
  if (!there[0]?.there) return null;
  const { rows } = await client.query<{ changes: number }>(
    'select changes from warehouse.demo_world where name = $1',
    [worldName(world)],
  );
  return rows[0]?.changes ?? null;
}

async function fillAnew(client: Client, world: World): Promise<number> {
  await client.query('begin');
  await client.query(schema);
  let count = 0;
  const chunks = new Map<string, Record<string, unknown>[]>();
  // One walk for all tables: the world is generated anew by each.
  for (const row of allRows(world)) {
    const table = tables[`${row.source}.${row.stream}`]?.table;
    if (!table) continue;
    const chunk = chunks.get(table) ?? [];
    if (chunk.length === 0) chunks.set(table, chunk);
    chunk.push(row.raw);
    count++;
    if (chunk.length < chunkRows) continue;
    await insert(client, table, chunk);
    chunks.delete(table);
  }
  for (const [table, chunk] of chunks) await insert(client, table, chunk);
  await client.query(indexes);
  await client.query('insert into warehouse.demo_world values ($1, $2)', [
    worldName(world),
    world.changes.length,
  ]);
  await client.query('commit');
  return count;
}

async function insert(client: Client, table: string, rows: Record<string, unknown>[]): Promise<void> {
  if (rows.length === 0) return;
  await client.query(`insert into ${table} select * from json_populate_recordset(null::${table}, $1)`, [
    JSON.stringify(rows),
  ]);
}

async function applyChangedRows(client: Client, before: World, after: World): Promise<number> {
  const byStream = new Map<string, { keys: string[]; rows: Record<string, unknown>[] }>();
  let count = 0;
  for (const { row, gone } of changedRows(before, after)) {
    const stream = `${row.source}.${row.stream}`;
    if (!tables[stream]) continue;
    const changed = byStream.get(stream) ?? { keys: [], rows: [] };
    byStream.set(stream, changed);
    changed.keys.push(row.key);
    if (!gone) changed.rows.push(row.raw);
    count++;
  }
  await client.query('begin');
  for (const [stream, { keys, rows }] of byStream) {
    const { table, key } = tables[stream] as { table: string; key: string };
    await client.query(`delete from ${table} where ${key}::text = any($1)`, [keys]);
    for (let at = 0; at < rows.length; at += chunkRows)
      await insert(client, table, rows.slice(at, at + chunkRows));
  }
  await client.query('update warehouse.demo_world set changes = $1', [after.changes.length]);
  await client.query('commit');
  return count;
}
