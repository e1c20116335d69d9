import { Client } from 'pg';
import type { OpenSource, Page, ReadPageRequest } from '../../src/sources/contract';
import { sqlSource, type SqlStreamOptions } from '../../src/sources/sql';
import { emptyDatabase } from '../support/postgres';

export type SqlRequest = Partial<ReadPageRequest<SqlStreamOptions>>;

/** A database whose table `t` each test makes anew, and the source that reads it. */
export interface SqlBench {
  url: string;
  client: Client;
  /** Another source, of this or of another database. */
  open(url: string, statementTimeoutMs?: number): Promise<OpenSource<SqlStreamOptions>>;
  /** One page of `t`, keyed by id, three rows long, unless asked otherwise. */
  page(request?: SqlRequest): Promise<Page>;
}

/** In: nothing; call it once in a file. Out: the bench, there when the first test begins. */
export function askSql(): SqlBench {
  let database: Awaited<ReturnType<typeof emptyDatabase>>;
  let source: OpenSource<SqlStreamOptions>;
  const bench = {
    open: (url, statementTimeoutMs = 10_000) =>
      sqlSource.open({
        source: 'db',
        connection: { dialect: 'postgres', url, statementTimeoutMs },
        now: () => new Date('2026-01-01T12:00:00.000Z'),
      }),
    page: (request = {}) =>
      source.readPage({
        stream: 't',
        options: { table: 't' },
        recordKey: ['id'],
        lookbackMs: 0,
        pageSize: 3,
        position: null,
        since: null,
        ...request,
      }),
  } as SqlBench;
  beforeAll(async () => {
    database = await emptyDatabase();
    bench.url = database.url;
    bench.client = new Client({ connectionString: database.url });
    await bench.client.connect();
    source = await bench.open(database.url);
  });
  afterAll(async () => {
    await source.close();
    await bench.client.end();
    await database.drop();
  });
  beforeEach(() => bench.client.query(`set timezone = 'UTC'; drop table if exists t cascade`));
  return bench;
}
