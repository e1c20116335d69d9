import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { migrate } from '../../src/db/migrate';
import { askBroker } from './askBroker';

export interface FreshDatabase {
  url: string;
  /** Removes the database. Throws when a connection to it is still open after `waitMs`: some pool was not ended. */
  drop(waitMs?: number): Promise<void>;
}

const template = 'template_tributary';
/** Any constant of ours: test files that ask at once make the template once. */
const templateLock = 7_238_002;

/** A database of its own with the newest schema, cloned from a template that is migrated once per run (about 0.1 s). */
export async function freshDatabase(): Promise<FreshDatabase> {
  return cloneOf(template);
}

/** A database of its own with nothing in it: for tests of the migrations, and for source systems. */
export async function emptyDatabase(): Promise<FreshDatabase> {
  return cloneOf('template0');
}

async function cloneOf(model: string): Promise<FreshDatabase> {
  const { url } = await askBroker<{ url: string }>('postgres');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(url, async (admin) => {
    if (model === template) await makeTemplate(admin, url);
    // Copying files takes half the time of writing every page to the log too, which would be for standby servers.
    await admin.query(`create database ${name} template ${model} strategy file_copy`);
  });
  return { url: databaseUrl(url, name), drop: (waitMs = 20_000) => drop(url, name, waitMs) };
}

/** It gets its name only when migrated: a failed migration leaves no half template, and nobody copies one. */
async function makeTemplate(admin: Client, url: string): Promise<void> {
  await admin.query('select pg_advisory_lock($1)', [templateLock]);
  const { rowCount } = await admin.query('select 1 from pg_database where datname = $1', [template]);
  if (!rowCount) {
    await admin.query('drop database if exists template_unfinished with (force)');
    await admin.query('create database template_unfinished template template0');
    await migrate(databaseUrl(url, 'template_unfinished'));
    await admin.query(`alter database template_unfinished rename to ${template}`);
  }
  await admin.query('select pg_advisory_unlock($1)', [templateLock]);
}

async function drop(url: string, name: string, waitMs: number): Promise<void> {
  await onServer(url, async (admin) => {
    const open = await openConnections(admin, name, waitMs);
    await admin.query(`drop database ${name} with (force)`);
    if (open.length > 0)
      throw new Error(`left open to the test's database: ${open.join(', ')}; end every pool`);
  });
}

/** Connections still there in the end: an ended pool's sockets need a moment to be seen closed by the server. */
async function openConnections(admin: Client, name: string, waitMs: number): Promise<string[]> {
  const until = Date.now() + waitMs;
  for (;;) {
    const { rows } = await admin.query<{ what: string }>(
      `select format('%s (%s)', nullif(application_name, ''), state) as what from pg_stat_activity where datname = $1
       and backend_type = 'client backend'`,
      [name],
    );
    if (rows.length === 0 || Date.now() > until) return rows.map(({ what }) => what);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function onServer(url: string, work: (admin: Client) => Promise<void>): Promise<void> {
  const admin = new Client({ connectionString: url, application_name: 'test-support' });
  // A run ended by Ctrl-C stops the server under us; the query in flight reports that.
  admin.on('error', () => undefined);
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}

function databaseUrl(url: string, name: string): string {
  const parsed = new URL(url);
  parsed.pathname = `/${name}`;
  return parsed.href;
}
