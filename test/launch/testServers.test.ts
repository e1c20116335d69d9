import { Client } from 'pg';
import { emptyDatabase, freshDatabase } from '../support/postgres';
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
    await expect(database.drop()).rejects.toThrow('forgotten');
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
