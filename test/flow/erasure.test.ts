import { startClubRiver, type ClubRiver } from './clubRiver';
import { exportedRecords } from '../support/simulatorControl';
import { settled } from './settled';
import { runTributary } from './tributaryCommand';

const mail = 'ada.q@quill.example';
const phone = '2079460958';
/** What nobody else in this world is called. */
const traces = [mail, 'Quillfeather', phone];

let river: ClubRiver;
let erasedId: string;

beforeAll(async () => {
  river = await startClubRiver();
  await river.putTeam('t1', `Rowers (ask ${mail})`, 'rowers.example');
  const family = { phone: '020 7946 0123', team: 't1' };
  await river.put(
    {
      id: 'm1',
      email: mail,
      first: 'Ada',
      last: 'Quillfeather',
      phone: '020 7946 0958',
      city: 'Leeds',
      team: 't1',
    },
    { id: 'm2', email: 'bob@people.example', first: 'Bob', last: 'Baker', ...family },
    { id: 'm3', email: 'cid@people.example', first: 'Cid', last: 'Cole', ...family },
  );
  await river.putLetter(mail, 'unknown');
  await river.worker();
  await river.open();
  expect((await river.sync()).state).toBe('succeeded');
  erasedId = (await contactOf(mail))!;
  // An edit in HubSpot, and the ledger, the problems and the history of links that come of it.
  await river.call('POST', '/_simulator/edit', {
    ...{ objectType: 'contacts', id: erasedId, properties: { city: 'Quillfeather Hall', lastname: 'Quill' } },
  });
  await river.tell({ kind: 'changed', key: erasedId });
  await settled(river.pool);
  expect(await tracesIn()).not.toEqual([]);
});

afterAll(async () => {
  await river.stop();
});

async function contactOf(email: string): Promise<string | undefined> {
  const { rows } = await river.pool.query<{ record_id: string }>(
    `select record_id from known_states where object_type = 'contacts' and kept ->> 'email' = $1 and not archived`,
    [email],
  );
  return rows[0]?.record_id;
}

/** Every column of every table, and the samples that Postgres keeps of them, in which one of the traces stands. */
async function tracesIn(): Promise<string[]> {
  const { rows: columns } = await river.pool.query<{ place: string; table: string; column: string }>(
    `select table_name || '.' || column_name as place, quote_ident(table_name) as table,
       quote_ident(column_name) as column
     from information_schema.columns join information_schema.tables using (table_schema, table_name)
     where table_schema = 'public' and table_type = 'BASE TABLE'
       and data_type in ('text', 'character varying', 'json', 'jsonb', 'ARRAY')`,
  );
  expect(columns.length).toBeGreaterThan(80);
  const found: string[] = [];
  for (const { place, table, column } of columns) {
    const { rowCount } = await river.pool.query(`select from ${table} where ${column}::text ilike any ($1)`, [
      traces.map((trace) => `%${trace}%`),
    ]);
    if (rowCount !== 0) found.push(place);
  }
  const { rows: samples } = await river.pool.query<{ place: string }>(
    `select 'pg_stats ' || tablename || '.' || attname as place from pg_stats where schemaname = 'public'
       and concat(most_common_vals, histogram_bounds, most_common_elems) ilike any ($1)`,
    [traces.map((trace) => `%${trace}%`)],
  );
  return [...found, ...samples.map(({ place }) => place)];
}

async function names(property = 'email'): Promise<string[]> {
  const records = await exportedRecords(river.simulatorUrl, 'contacts');
  return records.flatMap(({ properties }) => properties[property] ?? []).sort();
}

test('who is deleted for privacy in HubSpot leaves no trace in any table; others stay', async () => {
  await river.pool.query('analyze');
  await river.call('POST', '/crm/v3/objects/contacts/gdpr-delete', { objectId: erasedId });
  await river.tell({ kind: 'deleted', key: erasedId }, { kind: 'privacyDeleted', key: erasedId });
  await settled(river.pool);
  expect(await tracesIn()).toEqual([]);
  const { rows } = await river.pool.query<{ records: number; told_by: string }>(
    'select records, told_by from erasures',
  );
  expect(rows).toEqual([{ records: 2, told_by: 'hubspot' }]);
  expect(await contactOf('bob@people.example')).toBeDefined();
});

test('no source brings the person back: not by a full read, nor under another key', async () => {
  await river.resetStats();
  expect((await river.sync({ full: true })).state).toBe('succeeded');
  expect(await tracesIn()).toEqual([]);
  // What HubSpot itself mentions elsewhere is HubSpot's: it is not known here, and not written over there.
  expect((await river.stats()).writeCalls).toBe(0);
  // A person who is mentioned in another person's record, and in HubSpot too, when that changes.
  const bobId = (await contactOf('bob@people.example'))!;
  const bob = { id: 'm2', email: 'bob@people.example', first: 'Bob', last: 'Baker', phone: '020 7946 0123' };
  await river.put({ ...bob, city: `care of ${mail}`, team: 't1' });
  const properties = { jobtitle: `Stands in for ${mail}` };
  await river.call('POST', '/_simulator/edit', { objectType: 'contacts', id: bobId, properties });
  await river.tell({ kind: 'changed', key: bobId });
  expect((await river.sync({ full: true })).state).toBe('succeeded');
  await settled(river.pool);
  expect(await tracesIn()).toEqual([]);
  expect(await names('city')).toContain('care of [erased]');
  await river.resetStats();
  expect((await river.sync({ full: true })).state).toBe('succeeded');
  expect((await river.stats()).writeCalls).toBe(0);
  expect(await names('jobtitle')).toEqual([properties.jobtitle]);
  // The same phone with another name is somebody else.
  const cousin = {
    id: 'm5',
    email: 'cousin@people.example',
    first: 'Zoe',
    last: 'Zimmer',
    phone: '020 7946 0123',
  };
  await river.put(
    { id: 'm4', email: mail.toUpperCase(), first: 'A.', last: 'Quillfeather' },
    {
      ...{ id: 'm6', email: 'other@people.example', first: 'Ada' },
      last: 'Quillfeather',
      phone: '02079460958',
    },
    cousin,
  );
  expect((await river.sync({ full: true })).state).toBe('succeeded');
  expect(await tracesIn()).toEqual([]);
  expect((await river.sync({ full: true })).state).toBe('succeeded');
  expect(await tracesIn()).toEqual([]);
  expect(await names()).toEqual(['bob@people.example', 'cid@people.example', 'cousin@people.example']);
  const [erasure] = (await runTributary(river, ['erasure', 'list', '--email', ` ${mail.toUpperCase()}`]))[
    'erasures'
  ] as { erasureId: string; dropped: number }[];
  // Five full reads of two records, and two reads of each of the two new keys.
  expect(erasure!.dropped).toBe(5 * 2 + 2 * 2);
});

test('an erasure that is lifted lets the person come back; who lifted it stays', async () => {
  const { erasures } = await runTributary(river, ['erasure', 'list', '--email', mail]);
  const { erasureId } = (erasures as { erasureId: string }[])[0]!;
  await runTributary(river, ['erasure', 'lift', erasureId, '--note', 'signed up again', '--by', 'Eve']);
  expect((await river.sync({ full: true })).state).toBe('succeeded');
  expect(await names('lastname')).toContain('Quillfeather');
  const { rows } = await river.pool.query(
    'select lifted_by, note, (select count(*)::int from erased_keys) as keys from erasures',
  );
  expect(rows).toEqual([{ lifted_by: 'Eve', note: 'signed up again', keys: 0 }]);
});
