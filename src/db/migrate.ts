import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';

const folder = join(__dirname, 'migrations');

/** An arbitrary constant of ours: processes that migrate at the same moment wait for each other on it. */
const migrationLock = 7_238_001;

/**
 * Brings the database at `databaseUrl` to the newest schema. Safe to run from many processes at once: they queue
 * on one advisory lock, and each file runs in a transaction with its own record.
 * @returns the names of the migrations that this call applied
 * @throws when an applied migration's text was changed afterwards
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const client = new Client({ connectionString: databaseUrl, application_name: 'tributary-migrate' });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
    await client.query(`create table if not exists schema_migrations (
      name text primary key, checksum text not null, applied_at timestamptz not null default now())`);
    const { rows } = await client.query<{ name: string; checksum: string }>(
      'select name, checksum from schema_migrations',
    );
    const applied = new Map(rows.map((row) => [row.name, row.checksum]));
    const done: string[] = [];
    for (const name of migrationNames()) {
      const text = readFileSync(join(folder, name), 'utf8');
      const checksum = createHash('sha256').update(text).digest('hex');
      const known = applied.get(name);
      if (known === checksum) continue;
      if (known)
        throw new Error(`migration ${name} was changed after it was applied; add a new file instead`);
      await applyOne(client, name, text, checksum);
      done.push(name);
    }
    return done;
  } finally {
    await client.end();
  }
}

function migrationNames(): string[] {
  return readdirSync(folder)
    .filter((name) => /^\d{3}_\w+\.sql$/.test(name))
    .sort();
}

async function applyOne(client: Client, name: string, text: string, checksum: string): Promise<void> {
  await client.query('begin');
  try {
    await client.query('insert into schema_migrations (name, checksum) values ($1, $2)', [name, checksum]);
    await client.query(text);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}
