import type { Cursor, Page } from '../../src/sources/contract';
import { askSql, type SqlRequest } from './askSql';

const sql = askSql();
const { page } = sql;

async function keys(
  request: SqlRequest = {},
  between: (count: number) => Promise<unknown> = async () => undefined,
) {
  const found: string[] = [];
  let position: Cursor | null = null;
  for (let count = 1; count < 50; count += 1) {
    const read: Page = await page({ ...request, position });
    found.push(...read.records.map(({ key }) => key));
    if (read.next === null) return { found, watermark: read.watermark };
    position = read.next;
    await between(count);
  }
  throw new Error('the read has no end');
}

test('every Postgres type comes as JSON that loses nothing', async () => {
  await sql.client.query(`create table t (
    id int8, small int2, amount numeric(30,10), money float8, nan float8, day date, local timestamp, instant timestamptz,
    never timestamptz, ok bool, doc json, docb jsonb, bytes bytea, uid uuid, ints int4[], bigs int8[], words text[],
    times timestamptz[], span interval, none text, clock time)`);
  await sql.client.query(`set timezone = 'Asia/Kolkata'`);
  await sql.client
    .query(`insert into t values (9007199254740993, 7, 12345678901234567890.0123456789, 0.1, 'NaN', '2024-02-29',
    '2024-03-01 10:00:00.123456', '2024-03-01 10:00:00.123456+02', 'infinity', true, '{"n": 9007199254740993, "nul": "\\u0000"}',
    '{"a": [1]}', '\\x00ff', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{1,null}', '{9007199254740993}', '{"a,b","c\\"d"}',
    '{"2024-03-01 10:00:00+00"}', '1 year 2 days', null, '23:59:59.999999')`);
  const { records } = await page();
  expect(records[0]).toEqual({
    key: '9007199254740993',
    changedAt: null,
    payload: {
      id: '9007199254740993',
      small: 7,
      amount: '12345678901234567890.0123456789',
      money: 0.1,
      nan: 'NaN',
      day: '2024-02-29',
      local: '2024-03-01T10:00:00.123456',
      instant: '2024-03-01T08:00:00.123456Z',
      never: 'infinity',
      ok: true,
      doc: { n: '9007199254740993', nul: '\u0000' },
      docb: { a: [1] },
      bytes: '\\x00ff',
      uid: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
      ints: [1, null],
      bigs: ['9007199254740993'],
      words: ['a,b', 'c"d'],
      times: ['2024-03-01T10:00:00Z'],
      span: 'P1Y2D',
      none: null,
      clock: '23:59:59.999999',
    },
  });
});

test('rows one microsecond apart are told apart by the watermark', async () => {
  await sql.client.query(`create table t (id int, changed timestamptz);
    insert into t values (1, '2024-01-01 00:00:00.000001Z'), (2, '2024-01-01 00:00:00.000002Z')`);
  const { watermark } = await keys({ cursorField: 'changed' });
  expect(watermark).toEqual({ field: 'changed', cursor: '2024-01-01T00:00:00.000002Z' });
  expect((await keys({ cursorField: 'changed', since: watermark })).found).toEqual(['2']);
});

test.each([
  ['timestamp', `'2024-01-01 00:00:00.5'`, `'2024-01-01 00:00:01'`, '2024-01-01T00:00:01'],
  ['date', `'2024-01-01'`, `'2024-01-02'`, '2024-01-02'],
  ['int8', '9007199254740993', '9007199254740994', '9007199254740994'],
  ['numeric', '1.10', '1.20', '1.20'],
  ['text', `'a'`, `'b'`, 'b'],
  [
    'uuid',
    `'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'`,
    `'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'`,
    'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
  ],
])('a cursor of type %s orders and resumes', async (type, low, high, cursor) => {
  await sql.client.query(
    `create table t (id int, changed ${type}); insert into t select n, ${low} from generate_series(1, 7) n`,
  );
  const { found, watermark } = await keys({ cursorField: 'changed' });
  expect(found).toHaveLength(7);
  await sql.client.query(`insert into t values (8, ${high}), (9, ${high}), (10, ${high}), (11, ${high})`);
  const later = await keys({ cursorField: 'changed', since: watermark });
  expect(later.found).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11']);
  expect(later.watermark).toEqual({ field: 'changed', cursor });
});

test('rows without a cursor value, and those dated in the far future, come with every read', async () => {
  await sql.client.query(`create table t (id int, changed timestamptz);
    insert into t select n, null from generate_series(1, 7) n;
    insert into t values (8, 'infinity'), (9, '9999-12-31'), (10, '2024-01-01'), (11, '2024-01-02')`);
  const full = await keys({ cursorField: 'changed' });
  expect(full.found.map(Number).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect(full.watermark).toEqual({ field: 'changed', cursor: '2024-01-02T00:00:00Z' });
  const { found } = await keys({ cursorField: 'changed', since: full.watermark });
  expect(found).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '11']);
});

test('a full read meets each row once and ends although rows are changed and added all the time', async () => {
  await sql.client.query(`create table t (id int primary key, changed timestamptz);
    insert into t select n, timestamptz '2024-01-01' + n * interval '1 second' from generate_series(1, 12) n`);
  const { found, watermark } = await keys({ cursorField: 'changed' }, async (count) => {
    await sql.client.query(`update t set changed = timestamptz '2025-01-01' + $1 * interval '1 second'`, [
      count,
    ]);
    await sql.client.query('insert into t select n, now() from generate_series($1::int, $1::int + 9) n', [
      count * 100,
    ]);
  });
  expect(found).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12']);
  // What changed meanwhile is after the watermark: the next read sees it.
  expect(watermark).toEqual({ field: 'changed', cursor: '2024-01-01T00:00:12Z' });
});

test('an incremental read ends too, and leaves what comes meanwhile to the next one', async () => {
  await sql.client.query(`create table t (id int primary key, changed timestamptz);
    insert into t select n, timestamptz '2024-01-01' + n * interval '1 second' from generate_series(1, 10) n`);
  const since = { field: 'changed', cursor: '2024-01-01T00:00:03Z' };
  const { found, watermark } = await keys({ cursorField: 'changed', since }, async (count) => {
    await sql.client.query(`insert into t values ($1, '2025-01-01')`, [1000 + count]);
  });
  expect(found).toEqual(['3', '4', '5', '6', '7', '8', '9', '10']);
  const next = await keys({ cursorField: 'changed', since: watermark });
  expect(next.found).toEqual(expect.arrayContaining(['1001', '1002']));
});

test('keys of several columns page and join', async () => {
  await sql.client.query(`create table t (country text, "No" int);
    insert into t select c, n from unnest(array['de','fr','gb']) c, generate_series(1, 4) n`);
  const { found } = await keys({ recordKey: ['country', 'No'] });
  expect(found).toHaveLength(12);
  expect(new Set(found).size).toBe(12);
  expect(found[0]).toBe('de|1');
});

test('rows without a key, and rows that share one, are told', async () => {
  await sql.client.query(
    `create table t (id text, n int); insert into t values (null, 1), (null, 2), ('', 3), ('a', 4), ('a', 5), ('b', 6)`,
  );
  const { records, faults } = await page({ pageSize: 10 });
  expect(records.map(({ key }) => key)).toEqual(['a', 'b']);
  expect(faults.map(({ reason }) => reason)).toEqual([
    '2 rows have no record key id and cannot be followed',
    'its record key id is empty',
    'more than one row has this record key',
  ]);
});

test('two rows of one key on both sides of a page end are told as well', async () => {
  await sql.client.query(`create table t (id text); insert into t values ('a'), ('b'), ('c'), ('c'), ('d')`);
  const first = await page();
  expect(first.faults.map(({ key }) => key)).toEqual(['c']);
  expect((await keys()).found).toEqual(['a', 'b', 'c', 'd']);
});

test('a watermark of another field is no watermark', async () => {
  await sql.client.query(
    `create table t (id int, changed timestamptz); insert into t values (1, '2020-01-01'), (2, '2024-01-01')`,
  );
  const { found } = await keys({ cursorField: 'changed', since: { field: 'id', cursor: '9' } });
  expect(found).toEqual(['1', '2']);
});

test('a position of other columns begins the read again', async () => {
  await sql.client.query(
    `create table t (id int, other int); insert into t select n, -n from generate_series(1, 5) n`,
  );
  const { next } = await page();
  const { records } = await page({ position: next, recordKey: ['other'], pageSize: 9 });
  expect(records).toHaveLength(5);
});

test('a column added at the source is seen by the next read', async () => {
  await sql.client.query('create table t (id int); insert into t values (1)');
  await page();
  await sql.client.query(`alter table t add column extra text default 'x'`);
  expect((await page()).records[0]?.payload).toEqual({ id: 1, extra: 'x' });
});
