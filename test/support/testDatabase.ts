import type { Pool } from 'pg';
import { openPool } from '../../src/db/pool';
import { freshDatabase } from './postgres';

export interface OpenDatabase {
  url: string;
  pool: Pool;
  /** Ends the pool and removes the database. Throws when another connection to it is still open. */
  close(): Promise<void>;
}

/** A database of its own with the newest schema, and a pool on it; for who closes it himself. */
export async function openDatabase(connections = 2, statementMs?: number): Promise<OpenDatabase> {
  const { url, drop } = await freshDatabase();
  const pool = openPool(url, connections, undefined, statementMs);
  const close = async () => {
    await pool.end();
    await drop();
  };
  return { url, pool, close };
}

/** What a test file names once at its head: each look sees the database that is open then. */
export interface TestDatabase {
  readonly url: string;
  readonly pool: Pool;
}

/**
 * In: whether all tests of the file (or of the describe block) share one database or each has a new one, and how many
 * connections its pool may open. Out: the database, there from the first hook that is registered after this call
 * until the last test.
 */
export function testDatabase({
  per = 'file',
  connections = 2,
}: { per?: 'file' | 'test'; connections?: number } = {}): TestDatabase {
  let opened: OpenDatabase | undefined;
  const current = () => {
    if (!opened) throw new Error('the database is not open: use it in a hook or a test');
    return opened;
  };
  const open = async () => void (opened = await openDatabase(connections));
  const close = async () => {
    const closing = opened;
    opened = undefined;
    await closing?.close();
  };
  if (per === 'file') {
    beforeAll(open);
    afterAll(close);
  } else {
    beforeEach(open);
    afterEach(close);
  }
  return {
    get url() {
      return current().url;
    },
    pool: standInFor(() => current().pool),
  };
}

/** A pool that can be named before any is open: whatever is asked of it is asked of the one that is. */
function standInFor(current: () => Pool): Pool {
  return new Proxy({} as Pool, {
    get(_, name) {
      const pool = current();
      const found: unknown = Reflect.get(pool, name);
      return typeof found === 'function' ? found.bind(pool) : found;
    },
  });
}
