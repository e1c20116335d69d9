import { parse } from 'csv-parse/sync';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { compareWithPortal } from '../../../src/simulator/demo/compare';
import { worldFromState } from '../../../src/simulator/demo/demoState';
import { changedRows } from '../../../src/simulator/demo/differences';
import { expectedPortal } from '../../../src/simulator/demo/oracle';
import { readSimulator } from '../../../src/simulator/demo/portalExport';
import { startDemoSystems, type DemoSystems } from '../../../src/simulator/demo/systems';
import { rowsOf, type Row } from '../../../src/simulator/demo/world';
import { startHubSpotSimulator } from '../../../src/simulator/hubspot/server';
import { emptyDatabase, type FreshDatabase } from '../../support/postgres';

const people = 400;
let database: FreshDatabase;
let stateDir: string;
let systems: DemoSystems;

const start = (): Promise<DemoSystems> =>
  startDemoSystems({ databaseUrl: database.url, stateDir, seed: 2, people });

beforeAll(async () => {
  database = await emptyDatabase();
  stateDir = mkdtempSync(join(tmpdir(), 'demo-world-'));
  systems = await start();
});

afterAll(async () => {
  await systems.stop();
  await database.drop();
  rmSync(stateDir, { recursive: true, force: true });
});

async function select(sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

const keysOf = (source: string, stream: string): string[] =>
  [...rowsOf(systems.world(), source, stream)].map(({ key }) => key).sort();

type Page = { data?: unknown[]; subscribers?: unknown[]; next_page_token?: string | null; total?: number };

async function get(
  base: string,
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; body: Page }> {
  const reply = await fetch(new URL(path, base), { headers });
  return { status: reply.status, body: (await reply.json()) as Page };
}

async function allRegistrations(since?: string): Promise<unknown[]> {
  const headers = { authorization: `Bearer ${systems.ieltsToken}` };
  const items: unknown[] = [];
  let token: string | null | undefined;
  do {
    const query = new URLSearchParams({
      page_size: '7',
      ...(since && { updated_since: since }),
      ...(token && { page_token: token }),
    });
    const { body } = await get(systems.ieltsUrl, `/v1/registrations?${query}`, headers);
    items.push(...(body.data ?? []));
    token = body.next_page_token;
  } while (token);
  return items;
}

async function allSubscribers(query: string): Promise<unknown[]> {
  const items: unknown[] = [];
  for (let page = 1; ; page++) {
    const { body } = await get(systems.eolUrl, `/api/subscribers?page=${page}&perPage=11${query}`, {
      'x-api-key': systems.eolApiKey,
    });
    items.push(...(body.subscribers ?? []));
    if ((body.subscribers ?? []).length < 11) return items;
  }
}

const isRecord = (item: unknown): item is Record<string, unknown> =>
  typeof item === 'object' && item !== null && !Array.isArray(item);

test('the warehouse and the ERP hold every row, microseconds and wall clock included', async () => {
  const customers = await select(`select *, modified_at::text as exact from warehouse.customers`);
  expect(customers.map((row) => row.customer_id).sort()).toEqual(keysOf('azure', 'customers'));
  expect(customers.some((row) => /\.\d{6}/.test(String(row.exact)))).toBe(true);
  const [wanted] = rowsOf(systems.world(), 'azure', 'customers') as Iterable<Row> & [Row];
  const raw = wanted.raw;
  expect(customers.find((row) => row.customer_id === raw.customer_id)).toMatchObject({
    ...{
      email: raw.email,
      first_name: raw.first_name,
      is_paying: raw.is_paying,
      do_not_contact: raw.do_not_contact,
    },
  });
  const orders = await select('select order_id::text, ordered_at::text, total::text from erp.orders');
  expect(orders.map((row) => row.order_id).sort()).toEqual(keysOf('erp', 'orders'));
  for (const row of rowsOf(systems.world(), 'erp', 'orders')) {
    expect(orders.find((order) => order.order_id === row.key)).toMatchObject({
      ordered_at: row.raw.ordered_at,
    });
  }
  expect((await select('select count(*)::int as n from warehouse.transactions'))[0]?.n).toBe(
    keysOf('azure', 'transactions').length,
  );
  expect((await select('select count(*)::int as n from warehouse.companies'))[0]?.n).toBe(
    keysOf('azure', 'companies').length,
  );
});

test('the exam registry pages by token, filters by time and wants its token', async () => {
  const items = await allRegistrations();
  const records = items.filter(isRecord);
  expect(records.map((item) => item.candidate_id).sort()).toEqual(keysOf('ielts', 'registrations'));
  expect(items.length - records.length).toBe(1);
  const since = '2026-05-01T00:00:00.000Z';
  const recent = (await allRegistrations(since)).filter(isRecord);
  expect(recent.map((item) => item.candidate_id).sort()).toEqual(
    records
      .filter((item) => String(item.updated_at) >= since)
      .map((item) => item.candidate_id)
      .sort(),
  );
  expect(await get(systems.ieltsUrl, '/v1/registrations', {})).toMatchObject({ status: 401 });
  const headers = { authorization: `Bearer ${systems.ieltsToken}` };
  expect(await get(systems.ieltsUrl, '/v1/registrations?page_token=nonsense', headers)).toMatchObject({
    status: 400,
  });
});

test('the subscription platform pages by number, writes long numbers and wants its key', async () => {
  const items = await allSubscribers('');
  expect(
    items
      .filter(isRecord)
      .map((item) => String(item.id))
      .sort(),
  ).toEqual(keysOf('eol', 'subscribers'));
  const recent = (await allSubscribers('&changedAfter=2026-05-01T00:00:00.000Z')).filter(isRecord);
  expect(recent.length).toBeGreaterThan(0);
  expect(recent.every((item) => String(item.lastChanged) > '2026-05-01')).toBe(true);
  const text = await (
    await fetch(`${systems.eolUrl}/api/subscribers?perPage=5`, {
      headers: { 'x-api-key': systems.eolApiKey },
    })
  ).text();
  expect(text).toMatch(/"ledgerNumber":9007199254\d{6}[,}]/);
  expect(await get(systems.eolUrl, '/api/subscribers', { 'x-api-key': 'wrong' })).toMatchObject({
    status: 401,
  });
});

test('the drop folder holds complete CSV files: every referral, the repeated and the broken lines', () => {
  const files = readdirSync(systems.impactFolder);
  const csv = files.filter((name) => /^referrals-.*\.csv$/.test(name));
  expect(files.sort()).toEqual([...csv, ...csv.map((name) => `${name}.done`)].sort());
  const lines = csv.flatMap((name) =>
    parse(readFileSync(join(systems.impactFolder, name), 'utf8'), {
      bom: true,
      relax_column_count: true,
    }).slice(1),
  );
  const good = lines.filter((line) => line.length === 9);
  const repeated = [...rowsOf(systems.world(), 'impact', 'referrals')]
    .filter((row) => row.repeated)
    .map(({ key }) => key);
  expect(good.map(([key]) => key as string).sort()).toEqual(
    [...keysOf('impact', 'referrals'), ...repeated].sort(),
  );
  expect(lines.length - good.length).toBe(
    [...systems.world().junk()].filter(({ source }) => source === 'impact').length,
  );
});

test('a change reaches every system at once and survives a restart; nothing is dropped or filled twice', async () => {
  const before = systems.world();
  const filesBefore = readdirSync(systems.impactFolder).length;
  const at = '2026-11-22T10:00:00.000Z';
  const after = await systems.change({ do: 'rows', fraction: 0.2, seed: 3, at });
  const changed = [...changedRows(before, after)].map(({ row }) => row);
  const of = (source: string, stream: string): string[] =>
    changed
      .filter((row) => row.source === source && row.stream === stream)
      .map(({ key }) => key)
      .sort();
  const sql = await select(
    `select customer_id from warehouse.customers where modified_at >= '${at}' order by 1`,
  );
  expect(sql.map((row) => row.customer_id)).toEqual(of('azure', 'customers'));
  expect(
    (await allRegistrations(at)).map((item) => (item as { candidate_id: string }).candidate_id).sort(),
  ).toEqual(of('ielts', 'registrations'));
  expect(of('impact', 'referrals').length).toBeGreaterThan(0);
  const name = readdirSync(systems.impactFolder).find((file) => file.endsWith('change-001.csv')) as string;
  const lines = parse(readFileSync(join(systems.impactFolder, name), 'utf8'));
  expect(
    lines
      .slice(1)
      .map(([key]) => key as string)
      .sort(),
  ).toEqual(of('impact', 'referrals'));
  expect(readdirSync(systems.impactFolder)).toHaveLength(filesBefore + 2);

  const folderTime = statSync(join(systems.impactFolder, name)).mtimeMs;
  const token = systems.ieltsToken;
  await systems.stop();
  systems = await start();
  expect(systems.world().changes).toEqual(after.changes);
  expect(systems.ieltsToken).toBe(token);
  expect(statSync(join(systems.impactFolder, name)).mtimeMs).toBe(folderTime);
  expect((await allRegistrations(at)).length).toBe(of('ielts', 'registrations').length);
  expect((await worldFromState(stateDir)).changes).toEqual(after.changes);
});

test('the portal is filled once with what it held; the oracle then misses exactly what the sync has to bring', async () => {
  const simulator = await startHubSpotSimulator();
  try {
    expect(await systems.seedPortal(simulator.url)).toBe(true);
    expect(await systems.seedPortal(simulator.url)).toBe(false);
    const content = await readSimulator(simulator.url);
    const held = expectedPortal({ ...systems.world(), ...withoutRows(systems) });
    expect(compareWithPortal(held, content)).toEqual([]);
    const differences = compareWithPortal(expectedPortal(systems.world()), content);
    const missing = differences.filter(({ kind }) => kind === 'missing');
    const created = expectedPortal(systems.world());
    const wanted = [...created.companies, ...created.contacts, ...created.deals].filter(
      ({ heldId }) => heldId === null,
    );
    expect(missing).toHaveLength(wanted.length);
    expect(
      differences.filter(({ kind }) => kind === 'unexpected' || kind === 'duplicate' || kind === 'touched'),
    ).toEqual([]);
  } finally {
    await simulator.stop();
  }
});

/** The world as if no source existed: what the portal holds is all there is. */
function withoutRows({ world }: DemoSystems) {
  const bare = <T extends { rows: Row[] }>(one: T): T => ({ ...one, rows: [] });
  return {
    companies: () => [...world().companies()].map(bare).filter(({ holding }) => holding),
    persons: () =>
      [...world().persons()]
        .map(({ contact }) => ({ contact: bare(contact), deals: [] }))
        .filter(({ contact }) => contact.holding),
  };
}
