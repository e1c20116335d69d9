import type { OpenSource, WriteRequest } from '../../src/sources/contract';
import type { SqlStreamOptions } from '../../src/sources/sql';
import { sqlDialects } from '../../src/sources/sqlPaging';
import { sqlChange, type SqlWrite } from '../../src/sources/sqlWrite';
import { askSql } from './askSql';

const sql = askSql();
let source: OpenSource<SqlStreamOptions>;

beforeAll(async () => {
  source = await sql.open(sql.url);
});
afterAll(() => source.close());
beforeEach(async () => {
  await sql.client
    .query(`create table t (id int primary key, name text, phone varchar(12), quiet boolean, score numeric,
    born date, check (name <> 'nobody'));
    insert into t values (1, 'Ann', '+1', false, 1, null), (2, 'Bo', '+2', null, 2, '2000-01-01'), (3, 'Cy', null, null, 3, null)`);
});

type Asked = Partial<WriteRequest<SqlWrite>> & { changes?: [key: string, values: object][] };

function write({ changes = [], ...request }: Asked, from = source) {
  const records = changes.map(([key, values], index) => ({
    key,
    values: values as WriteRequest<SqlWrite>['records'][number]['values'],
    idempotencyKey: `k${index}`,
  }));
  return from.write!({
    stream: 't',
    options: { table: 't' },
    recordKey: ['id'],
    records,
    deadlineMs: 20_000,
    isUrgent: false,
    mayStart: () => true,
    ...request,
  });
}

const rows = async (list = '*') =>
  (await sql.client.query(`select ${list} from t order by id`)).rows as object[];

test('each record is updated by its key, and values become what their columns hold', async () => {
  const result = await write({
    changes: [
      ['1', { phone: '+4711', quiet: 'true', score: 12.5, born: '1990-02-03' }],
      ['2', { name: 'B"o; drop table t', phone: null }],
    ],
  });
  expect(result).toEqual({ outcomes: [{ kind: 'accepted' }, { kind: 'accepted' }], failure: null, calls: 2 });
  expect(await rows('id, name, phone, quiet, score, born::text')).toEqual([
    { id: 1, name: 'Ann', phone: '+4711', quiet: true, score: '12.5', born: '1990-02-03' },
    { id: 2, name: 'B"o; drop table t', phone: null, quiet: null, score: '2', born: '2000-01-01' },
    { id: 3, name: 'Cy', phone: null, quiet: null, score: '3', born: null },
  ]);
});

test('a record that is refused is told plainly, without its values; the others are written', async () => {
  const { outcomes, failure } = await write({
    changes: [
      ['1', { name: 'nobody' }],
      ['2', { phone: 'far too long for its column' }],
      ['9', { name: 'gone' }],
      ['3', { born: 'spring' }],
      ['3', { name: 'Cyd' }],
    ],
  });
  expect(outcomes).toEqual([
    { kind: 'refused', reason: 'refuses the change: a rule of the table forbids the value (23514)' },
    { kind: 'refused', reason: 'refuses the change: a value does not fit its column (22001)' },
    { kind: 'refused', reason: 'has no such record any more' },
    { kind: 'refused', reason: 'refuses the change: a value does not fit its column (22007)' },
    { kind: 'accepted' },
  ]);
  expect(failure).toBeNull();
  expect(await rows('name')).toEqual([{ name: 'Ann' }, { name: 'Bo' }, { name: 'Cyd' }]);
});

test('a key that is none changes nothing', async () => {
  await sql.client.query('alter table t drop constraint t_pkey; insert into t values (1, $$Twin$$)');
  const { outcomes } = await write({ changes: [['1', { name: 'Both' }]] });
  expect(outcomes).toEqual([{ kind: 'refused', reason: 'has more than one row with this key' }]);
  expect(await rows('name')).not.toContainEqual({ name: 'Both' });
});

test('with upsert a record that the table lacks is inserted, into columns named otherwise', async () => {
  await sql.client.query(
    'create table extra (person int, place text, tel text, primary key (person, place))',
  );
  const options = { table: 'extra', key: ['person', 'place'], upsert: true };
  const again = {
    options,
    recordKey: ['id', 'town'],
    changes: [['7|Oslo', { tel: '+47' }]] as [string, object][],
  };
  await write(again);
  expect((await write({ ...again, changes: [['7|Oslo', { tel: '+48' }]] })).outcomes).toEqual([
    { kind: 'accepted' },
  ]);
  const { rows: found } = await sql.client.query('select * from extra');
  await sql.client.query('drop table extra');
  expect(found).toEqual([{ person: 7, place: 'Oslo', tel: '+48' }]);
});

test('a statement gets what changed by name, and null for what did not', async () => {
  const statement = `update t set name = coalesce(:name, name), phone = coalesce(:phone::text, phone) where id = :id`;
  const { outcomes } = await write({ options: { statement }, changes: [['1', { phone: '+9' }]] });
  expect(outcomes).toEqual([{ kind: 'accepted' }]);
  expect((await rows('name, phone'))[0]).toEqual({ name: 'Ann', phone: '+9' });
});

test('a fault of the call ends the batch: what was answered stays answered, the rest is not tried', async () => {
  const { outcomes, failure } = await write({
    changes: [
      ['1', { name: 'A' }],
      ['2', { nowhere: 'x' }],
      ['3', { name: 'C' }],
    ],
  });
  expect(outcomes).toEqual([{ kind: 'accepted' }, { kind: 'unknown' }]);
  expect(failure).toMatchObject({ recovery: 'configuration' });
  expect(failure!.message).not.toContain('nowhere');
  expect(await rows('name')).toEqual([{ name: 'A' }, { name: 'Bo' }, { name: 'Cy' }]);
});

test('no call starts any more when the claim has ended', async () => {
  let turns = 0;
  const { outcomes, calls } = await write({
    mayStart: () => (turns += 1) < 2,
    changes: [
      ['1', { name: 'A' }],
      ['2', { name: 'B' }],
    ],
  });
  expect({ outcomes, calls }).toEqual({ outcomes: [{ kind: 'accepted' }], calls: 1 });
});

test('nor one whose connection came when it had ended: it would write what was settled otherwise meanwhile', async () => {
  const busy = await sql.open(sql.url);
  await sql.client.query('begin; lock table t in exclusive mode');
  const others = ['1', '2', '3'].map((key) => write({ changes: [[key, { name: 'A' }]] }, busy));
  let isOver = false;
  const late = write({ mayStart: () => !isOver, changes: [['1', { name: 'late' }]] }, busy);
  isOver = true;
  await sql.client.query('rollback');
  expect(await late).toEqual({ outcomes: [], failure: null, calls: 0 });
  await Promise.all(others);
  await busy.close();
  expect(await rows('name')).toEqual([{ name: 'A' }, { name: 'A' }, { name: 'A' }]);
});

test('a database that is silent is left at the deadline, and the outcome is unknown', async () => {
  await sql.client.query('begin; lock table t in exclusive mode');
  const began = performance.now();
  const { outcomes, failure } = await write({ deadlineMs: 400, changes: [['1', { name: 'A' }]] });
  await sql.client.query('rollback');
  expect(performance.now() - began).toBeLessThan(10_000);
  expect(outcomes).toEqual([{ kind: 'unknown' }]);
  expect(failure).toMatchObject({ recovery: 'retry' });
});

describe('SQL Server', () => {
  const change = (options: SqlWrite) =>
    sqlChange(
      sqlDialects.sqlserver,
      false,
      { options, recordKey: ['id'] },
      { key: '7', values: { name: 'A' } },
    );

  test.each([
    [
      { table: 'crm.people' },
      `update [crm].[people] set [name] = @p2 where [id] = @p1; if @@rowcount > 1 throw 51000, 'more than one row has this key', 1`,
    ],
    [
      { table: 'crm.people', upsert: true },
      `update [crm].[people] with (updlock, serializable) set [name] = @p2 where [id] = @p1; if @@rowcount = 0 insert into [crm].[people] ([id], [name]) values (@p1, @p2)`,
    ],
  ])('%j', (options, text) => {
    expect(change(options)).toEqual({ text, values: ['7', 'A'], rowsMax: 1 });
  });

  test('a named parameter is one parameter wherever it stands', () => {
    const statement = 'exec crm.setName @id = :id, @name = :name, @log = :name';
    expect(change({ statement })).toMatchObject({
      text: 'exec crm.setName @id = @p1, @name = @p2, @log = @p2',
      values: ['7', 'A'],
    });
  });
});
