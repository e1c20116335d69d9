import { Client, type Pool } from 'pg';
import { emptyDatabase, freshDatabase } from '../support/postgres';
import { testDatabase } from '../support/testDatabase';
import { connectTemporal } from '../support/temporal';

describe('the servers of a test run', () => {
  it('give every test file a migrated database of its own', async () => {
    const [one, other] = await Promise.all([freshDatabase(), freshDatabase()]);
    const client = new Client({ connectionString: one.url });
    await client.connect();
    const { rows } = await client.query('select name from schema_migrations');
    expect(rows.length).toBeGreaterThan(0);
    await client.end();
    expect(one.url).not.toBe(other.url);
    await Promise.all([one.drop(), other.drop()]);
  });

  it('fail a test that leaves a connection open', async () => {
    const database = await emptyDatabase();
    const client = new Client({ connectionString: database.url, application_name: 'forgotten' });
    client.on('error', () => undefined);
    await client.connect();
    await expect(database.drop(100)).rejects.toThrow('forgotten');
  });

  it('include a real Temporal', async () => {
    const temporal = await connectTemporal();
    const { systemInfo } = await temporal.client.connection.workflowService
      .getSystemInfo({})
      .then((info) => ({ systemInfo: info }));
    expect(systemInfo.serverVersion).toMatch(/^1\.\d+/);
    await temporal.close();
  }, 600_000);
});

describe('the database of a test file', () => {
  const shared = testDatabase();
  const own = testDatabase({ per: 'test', connections: 1 });
  const databaseNow = async (pool: Pool) =>
    (await pool.query<{ name: string }>('select current_database() as name')).rows[0]!.name;
  const seen: Record<'shared' | 'own', string>[] = [];

  test.each(['first', 'second'])('is open in its %s test', async () => {
    const now = { shared: await databaseNow(shared.pool), own: await databaseNow(own.pool) };
    expect([shared.url, own.url].map((url) => new URL(url).pathname)).toEqual([
      `/${now.shared}`,
      `/${now.own}`,
    ]);
    expect(own.pool.options.max).toBe(1);
    seen.push(now);
  });

  test('is one for all tests, or a new one for each', () => {
    const [first, second] = seen;
    expect(second!.shared).toBe(first!.shared);
    expect(second!.own).not.toBe(first!.own);
  });

  // Asked while the tests are only being collected.
  let tooEarly = '';
  try {
    void shared.url;
  } catch (error) {
    tooEarly = (error as Error).message;
  }
  test('says so when it is asked for before any hook ran', () => {
    expect(tooEarly).toContain('use it in a hook or a test');
  });
});
