import sql from 'mssql';
import { SourceFailure, isOwnFault } from './contract';
import { sqlServerColumnKind, sqlServerRow } from './rowValues';
import type { SqlDatabase, SqlSession } from './sql';
import { tooManyRows, type SqlWritten } from './sqlWrite';

/** One page at a time per stream; a source reads few streams at once. */
const poolSizeMax = 3;
const connectTimeoutMs = 15_000;

/**
 * A SQL Server or Azure Synapse source by TDS. In: an `mssql://user:password@host:1433/database?encrypt=true`
 * URL or an ADO connection string, and the longest a statement may take. SQL Server has no read-only
 * transaction (give the user only `db_datareader`); every page is single selects, which need none.
 */
export function openSqlServer(url: string, statementTimeoutMs: number): SqlDatabase {
  let connecting: Promise<sql.ConnectionPool> | null = null;
  const connect = () => {
    connecting ??= new sql.ConnectionPool(sqlServerConfig(url, statementTimeoutMs))
      .connect()
      .catch((error) => {
        connecting = null;
        throw error;
      });
    return connecting;
  };

  return {
    async transaction(work, signal) {
      signal?.throwIfAborted();
      try {
        return await work(sessionOf(await connect(), signal));
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof SourceFailure || isOwnFault(error)) throw error;
        throw sqlServerFailure(error);
      }
    },
    async write({ text, values }, { deadlineMs, mayStart }) {
      try {
        const request = (await connect()).request();
        if (!mayStart()) return 'notStarted';
        values.forEach((value, index) => request.input(`p${index + 1}`, sql.NVarChar(4000), value));
        const abandon = setTimeout(() => request.cancel(), deadlineMs);
        try {
          // One batch is one transaction: an upsert is two statements.
          const { rowsAffected } = await request.query(
            `set xact_abort on; begin transaction; ${text}; commit transaction`,
          );
          return { rows: rowsAffected.reduce((sum, rows) => sum + rows, 0) };
        } finally {
          clearTimeout(abandon);
        }
      } catch (error) {
        const refused = refusedValue(error);
        if (refused) return refused;
        throw sqlServerFailure(error);
      }
    },
    async close() {
      // A pool that never came up has nothing to close.
      const pool = await connecting?.catch(() => undefined);
      await pool?.close();
    },
  };
}

/** The driver's configuration from either spelling of the URL. Throws a configuration failure where it is neither. */
export function sqlServerConfig(url: string, statementTimeoutMs: number): sql.config {
  const bounded = {
    requestTimeout: statementTimeoutMs,
    connectionTimeout: connectTimeoutMs,
    pool: { max: poolSizeMax, min: 0, idleTimeoutMillis: 10_000 },
  };
  try {
    if (!/^(mssql|sqlserver):\/\//i.test(url)) {
      return { ...(sql.ConnectionPool.parseConnectionString(url) as unknown as sql.config), ...bounded };
    }
    const parsed = new URL(url);
    return {
      server: parsed.hostname,
      port: parsed.port === '' ? 1433 : Number(parsed.port),
      user: decodeURIComponent(parsed.username),
      password: decodeURIComponent(parsed.password),
      database: decodeURIComponent(parsed.pathname.slice(1)),
      options: {
        encrypt: parsed.searchParams.get('encrypt') !== 'false',
        trustServerCertificate: parsed.searchParams.get('trustServerCertificate') === 'true',
      },
      ...bounded,
    };
  } catch {
    // The cause would quote the URL, which holds the password.
    throw new SourceFailure('configuration', 'the SQL Server URL cannot be read');
  }
}

function sessionOf(pool: sql.ConnectionPool, signal: AbortSignal | undefined): SqlSession {
  const run = async (text: string, values: string[]) => {
    const request = pool.request();
    values.forEach((value, index) => request.input(`p${index + 1}`, sql.NVarChar(4000), value));
    const cancel = () => request.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await request.query<Record<string, unknown>>(text);
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  };
  return {
    async columns(from) {
      const { recordset } = await run(`select top (0) * from ${from}`, []);
      return Object.values(recordset.columns).map((column) => {
        const type = declaredType(column);
        return { name: column.name, type, kind: sqlServerColumnKind(type) };
      });
    },
    async rows({ text, values }, columns) {
      const { recordset } = await run(text, values);
      // A count has no described columns: its own are taken as they are.
      const plain = Object.keys(recordset.columns).map((name) => ({
        name,
        type: '',
        kind: 'other' as const,
      }));
      return recordset.map((row) => sqlServerRow(row, columns.length > 0 ? columns : plain));
    },
  };
}

export interface DriverColumn {
  name: string;
  /** The driver's type: a function that carries its SQL name (undeclared in its types), or undefined where unknown. */
  type: object | undefined;
  length?: number | undefined;
  precision?: number | undefined;
  scale?: number | undefined;
}

/** A column's declared type from the driver's description of a result: `datetime2(7)`, `decimal(18,2)`, `varchar`. */
export function declaredType({ type, length, precision, scale }: DriverColumn): string {
  const name = (type as { declaration?: string } | undefined)?.declaration ?? '';
  switch (name) {
    case 'decimal':
    case 'numeric':
      return `${name}(${precision ?? 18},${scale ?? 0})`;
    case 'datetime2':
    case 'datetimeoffset':
    case 'time':
      return `${name}(${scale ?? 7})`;
    case 'binary':
    case 'varbinary':
      return `${name}(${length !== undefined && length > 0 && length <= 8000 ? length : 'max'})`;
    default:
      return name;
  }
}

/**
 * Errors that blame the values of this one change: conversions, lengths, constraints, duplicate keys, triggers
 * (learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors).
 */
const refusedNumbers = new Set([
  ...[tooManyRows, 220, 232, 241, 242, 245, 295, 515, 547, 2601, 2627, 2628, 3609, 8114, 8115, 8152],
]);

function refusedValue(error: unknown): SqlWritten | null {
  const number = (error as { number?: number } | null)?.number;
  return number !== undefined && refusedNumbers.has(number)
    ? { refused: `refuses the change: a value does not fit, or a rule forbids it (${number})` }
    : null;
}

/** Login and configuration faults of the driver: github.com/tediousjs/node-mssql#errors */
const configurationCodes = new Set(['ELOGIN', 'EINSTLOOKUP', 'EDRIVER', 'EARGS', 'EINJECT']);
/**
 * Faults that pass by trying again although their severity says otherwise: a deadlock victim, a snapshot
 * updated meanwhile, and Azure moving, throttling or waking a database
 * (learn.microsoft.com/azure/azure-sql/database/troubleshoot-common-errors-issues).
 */
const passingNumbers = new Set([
  1205, 3960, 4221, 10928, 10929, 10936, 40143, 40197, 40501, 40540, 40613, 42108, 42109, 49918, 49919, 49920,
]);

export function sqlServerFailure(error: unknown): SourceFailure {
  const {
    code,
    number,
    class: severity,
  } = (error ?? {}) as { code?: string; number?: number; class?: number };
  // Severity 11 to 16 can be corrected by a person, above are resources and faults of the server:
  // learn.microsoft.com/sql/relational-databases/errors-events/database-engine-error-severities
  const passes = passingNumbers.has(number ?? 0);
  const correctable = code === 'EREQUEST' && severity !== undefined && severity <= 16;
  if (!passes && (correctable || (code !== undefined && configurationCodes.has(code)))) {
    const reason =
      code === 'ELOGIN'
        ? 'the server refuses the login or the database'
        : 'the query is not valid: a table, column or right is missing, or a value does not fit its column';
    return new SourceFailure('configuration', `SQL Server: ${reason} (${number ?? code})`, null, {
      cause: error,
    });
  }
  return new SourceFailure(
    'retry',
    `SQL Server: the connection or the statement failed (${number ?? code ?? 'no code'})`,
    null,
    { cause: error },
  );
}
