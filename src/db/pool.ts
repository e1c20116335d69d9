import { Pool, type PoolClient, type QueryResultRow } from 'pg';

/** A statement that each connection prepares once and then only runs: for the few that run hundreds of times a second. */
export interface NamedStatement {
  name: string;
  text: string;
}

/** Anything that runs a statement: the pool, or a client inside a transaction. */
export interface Queryable {
  query<Row extends QueryResultRow>(
    statement: string | NamedStatement,
    values?: unknown[],
  ): Promise<{ rows: Row[]; rowCount: number | null }>;
}

const idleInTransactionMsDefault = 30_000;
const statementMsDefault = 60_000;

/**
 * Opens the pool. `connections` bounds how many this process uses at once.
 * @param idleInTransactionMs longest a transaction may sit idle: the locks of a worker that stopped are freed after it
 * (DESIGN §2, fences)
 * @param statementMs longest a statement may take, waiting for locks included
 */
export function openPool(
  databaseUrl: string,
  connections = 16,
  idleInTransactionMs = idleInTransactionMsDefault,
  statementMs = statementMsDefault,
): Pool {
  const pool = new Pool({
    connectionString: databaseUrl,
    max: connections,
    application_name: 'tributary',
    idle_in_transaction_session_timeout: idleInTransactionMs,
    statement_timeout: statementMs,
    connectionTimeoutMillis: 15_000,
    keepAlive: true,
  });
  // An idle client that loses its connection is dropped by the pool; the next query opens another.
  pool.on('error', () => undefined);
  return pool;
}

/** Runs `work` in one transaction: commits its effects together, or none of them when it throws. */
export async function inTransaction<Result>(
  pool: Pool,
  work: (transaction: PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // A server that ends the session between two statements (a stalled worker's, say) must not end the process.
  const onError = (error: Error): void => void (broken = error);
  client.on('error', onError);
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((rollbackError: Error) => (broken = rollbackError));
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

/**
 * Waits for and holds a named lock until the transaction ends. One stage of one portal and object runs at a time;
 * the lock of a process that stopped is freed by `idle_in_transaction_session_timeout`.
 */
export async function lockInTransaction(transaction: Queryable, name: string): Promise<void> {
  await transaction.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [name]);
}

/** As `lockInTransaction`, but that many may share it: it excludes only who takes it whole. */
export async function shareLockInTransaction(transaction: Queryable, name: string): Promise<void> {
  await transaction.query('select pg_advisory_xact_lock_shared(hashtextextended($1, 0))', [name]);
}
