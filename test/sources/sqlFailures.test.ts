import { askSql, type SqlRequest } from './askSql';

const sql = askSql();
const { page } = sql;

test('nothing can be written through a source', async () => {
  await sql.client.query('create table t (id int); insert into t values (1)');
  await sql.client.query(
    `create function spoil() returns int language sql as $$ delete from t returning id $$`,
  );
  await expect(page({ options: { query: 'select spoil() as id' } })).rejects.toMatchObject({
    name: 'SourceFailure',
    recovery: 'configuration',
    message: expect.stringContaining('25006'),
  });
  await sql.client.query('drop function spoil');
  expect((await page()).records).toHaveLength(1);
});

describe('failures say what to do and nothing of the data', () => {
  test.each<[string, SqlRequest, string, RegExp]>([
    ['a missing table', { options: { table: 'nowhere' } }, 'configuration', /42P01/],
    ['a missing column', { recordKey: ['nope'] }, 'configuration', /no column nope/],
    ['a column of other case', { recordKey: ['ID'] }, 'configuration', /spells it id/],
    ['a broken query', { options: { query: 'select from where' } }, 'configuration', /42601/],
    [
      'a value that does not fit',
      { cursorField: 'id', since: { field: 'id', cursor: 'secret' } },
      'configuration',
      /22P02/,
    ],
  ])('%s', async (_name, request, recovery, message) => {
    await sql.client.query('create table t (id int); insert into t values (1)');
    const failure = await page(request).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      name: 'SourceFailure',
      recovery,
      message: expect.stringMatching(message),
    });
    expect((failure as Error).message).not.toContain('secret');
    // The source goes on afterwards.
    expect((await page()).records).toHaveLength(1);
  });

  test('a wrong password is for a person, an unreachable server for later', async () => {
    const wrong = new URL(sql.url);
    wrong.pathname = '/nosuchdatabase';
    for (const [url, recovery] of [
      [wrong.href, 'configuration'],
      ['postgres://u:secret@127.0.0.1:1/x', 'retry'],
    ] as const) {
      const other = await sql.open(url);
      const read = other.readPage({
        stream: 't',
        options: { table: 't' },
        recordKey: ['id'],
        lookbackMs: 0,
        pageSize: 1,
        position: null,
        since: null,
      });
      await expect(read).rejects.toMatchObject({ recovery, message: expect.not.stringContaining('secret') });
      await other.close();
    }
  });

  test('a statement over its time is stopped and tried later', async () => {
    const hasty = await sql.open(sql.url, 50);
    const slow = {
      stream: 't',
      options: { query: 'select 1 as id, pg_sleep(5)' },
      recordKey: ['id'],
      lookbackMs: 0,
      pageSize: 1,
      position: null,
      since: null,
    };
    await expect(hasty.readPage(slow)).rejects.toMatchObject({
      recovery: 'retry',
      message: expect.stringContaining('timeout'),
    });
    await hasty.close();
  });

  test('an abort ends a running statement at once', async () => {
    const abort = new AbortController();
    const read = page({ options: { query: 'select 1 as id, pg_sleep(8)' }, signal: abort.signal });
    setTimeout(() => abort.abort(), 100);
    const started = Date.now();
    await expect(read).rejects.toMatchObject({ name: 'AbortError' });
    expect(Date.now() - started).toBeLessThan(7_500);
    await sql.client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(8)%' and pid <> pg_backend_pid()`,
    );
  });
});
