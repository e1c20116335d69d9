import pg from 'pg';
import { SourceFailure, isOwnFault } from './contract';
import { postgresColumnKind, postgresTypes } from './rowValues';
import type { SqlDatabase, SqlSession } from './sql';
import type { SqlWritten } from './sqlWrite';

/** One page at a time per stream; a source reads few streams at once. */
const poolSizeMax = 3;
const connectTimeoutMs = 10_000;

/**
 * A Postgres source. In: its URL, and the longest a statement may take. Nothing connects before the first
 * page. Every page is one read-only transaction with UTC and ISO spelling, set for that transaction only, so
 * that a pooler in between (PgBouncer) keeps no setting of ours.
 */
export function openPostgres(url: string, statementTimeoutMs: number): SqlDatabase {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSizeMax,
    idleTimeoutMillis: 10_000,
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: 'tributary',
  });
  // An idle connection that the server closes is not our fault and not our call's: the next page opens another.
  pool.on('error', () => undefined);
  const begin = [
    'begin transaction isolation level repeatable read read only',
    `set local statement_timeout = ${Math.ceil(statementTimeoutMs)}`,
    "set local timezone = 'UTC'",
    "set local datestyle = 'ISO, YMD'",
    "set local intervalstyle = 'iso_8601'",
    'set local extra_float_digits = 3',
    "set local bytea_output = 'hex'",
  ].join('; ');

  return {
    async transaction(work, signal) {
      signal?.throwIfAborted();
      const client = await pool.connect().catch((error: unknown) => {
        throw postgresFailure(error);
      });
      // pg has no signal: ending a client in the middle of a query closes its socket at once.
      const abort = () => void client.end();
      signal?.addEventListener('abort', abort, { once: true });
      let broken = true;
      try {
        await client.query(begin);
        const result = await work(sessionOf(client));
        await client.query('commit');
        broken = false;
        return result;
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof SourceFailure || isOwnFault(error)) throw error;
        throw postgresFailure(error);
      } finally {
        signal?.removeEventListener('abort', abort);
        // After an error the connection is dropped: cheaper than knowing what state it is in.
        client.release(broken);
      }
    },
    async write({ text, values, rowsMax }, { deadlineMs, mayStart }) {
      const client = await pool.connect().catch((error: unknown) => {
        throw postgresFailure(error);
      });
      if (!mayStart()) {
        client.release();
        return 'notStarted';
      }
      let broken = true;
      // The server's own timeout answers first; a server that is silent is left.
      const abandon = setTimeout(() => void client.end(), deadlineMs);
      try {
        const timeoutMs = Math.min(statementTimeoutMs, Math.ceil(deadlineMs * answeringShare));
        await client.query(
          [
            `begin read write`,
            `set local statement_timeout = ${timeoutMs}`,
            "set local timezone = 'UTC'",
          ].join('; '),
        );
        const { rowCount } = await client.query({ text, values });
        const rows = rowCount ?? 0;
        await client.query(rows > rowsMax ? 'rollback' : 'commit');
        broken = false;
        return rows > rowsMax ? { refused: 'has more than one row with this key' } : { rows };
      } catch (error) {
        const refused = refusedValue(error);
        if (refused) return refused;
        throw postgresFailure(error);
      } finally {
        clearTimeout(abandon);
        client.release(broken);
      }
    },
    close: () => pool.end(),
  };
}

function sessionOf(client: pg.PoolClient): SqlSession {
  return {
    async columns(from) {
      const result = await client.query({ text: `select * from ${from} limit 0`, types: postgresTypes });
      return result.fields.map(({ name, dataTypeID }) => ({
        name,
        type: '',
        kind: postgresColumnKind(dataTypeID),
      }));
    },
    async rows({ text, values }) {
      const result = await client.query({ text, values, types: postgresTypes });
      return result.rows;
    },
  };
}

/** Of a call's deadline the statement may take so much: the rest is for the way there and back. */
const answeringShare = 0.8;

/** SQLSTATE classes that blame the values of this one change: nothing was written. */
const refusedClasses: Record<string, string> = {
  '22': 'a value does not fit its column',
  '23': 'a rule of the table forbids the value',
  '44': 'a rule of the view forbids the value',
  P0: 'a trigger refuses it',
};

function refusedValue(error: unknown): SqlWritten | null {
  const code = (error as { code?: unknown } | null)?.code;
  const reason = typeof code === 'string' && code.length === 5 ? refusedClasses[code.slice(0, 2)] : undefined;
  return reason === undefined ? null : { refused: `refuses the change: ${reason} (${String(code)})` };
}

/** Classes of SQLSTATE that a person must mend: postgresql.org/docs/current/errcodes-appendix.html */
const configurationClasses: Record<string, string> = {
  '0A': 'the query uses something that the database does not support',
  '22': 'a value does not fit its column (was the cursor or the record key changed?)',
  '25': 'the query tries to write',
  '28': 'the database refuses the user name or password',
  '3D': 'the database does not exist',
  '3F': 'the schema does not exist',
  '42': 'the query is not valid: a table, column or right is missing, or the syntax is wrong',
};

function postgresFailure(error: unknown): SourceFailure {
  const code = (error as { code?: unknown } | null)?.code;
  const state = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : null;
  const reason = state === null ? undefined : configurationClasses[state.slice(0, 2)];
  if (reason !== undefined) {
    return new SourceFailure('configuration', `Postgres: ${reason} (${state})`, null, { cause: error });
  }
  const what =
    state === '57014'
      ? 'a statement took longer than its timeout'
      : `the connection or the statement failed (${state ?? (typeof code === 'string' ? code : 'no code')})`;
  return new SourceFailure('retry', `Postgres: ${what}`, null, { cause: error });
}
