import { Client, Connection } from '@temporalio/client';
import type { Pool } from 'pg';
import { temporalConnection } from '../config/temporalConnection';
import { openPool } from '../db/pool';
import { listPortals, type Portal } from '../db/portals';
import { taskQueue } from '../workflows/contracts';
import { CliFailure } from './cliFailure';
import { portalNameOf, settingsOf, type CommandContext, type GlobalOptions } from './commandContext';

const nothingRuns = 'start the system (npm start) in this folder';

/** Runs `work` with the database. @throws CliFailure where it cannot be reached or was never set up */
export async function withDatabase<Result>(
  { env }: Pick<CommandContext, 'env'>,
  work: (pool: Pool) => Promise<Result>,
): Promise<Result> {
  const { url } = settingsOf(env).database;
  if (!url) throw new CliFailure('no database is known', 2, `${nothingRuns}, or set DATABASE_URL`);
  const pool = openPool(url.reveal(), 2);
  try {
    await reach(pool);
    return await work(pool);
  } finally {
    await pool.end();
  }
}

async function reach(pool: Pool): Promise<void> {
  try {
    const { rows } = await pool.query<{ found: boolean }>(
      `select to_regclass('portals') is not null as found`,
    );
    if (rows[0]?.found) return;
  } catch (cause) {
    const hint = 'check DATABASE_URL and that the server runs';
    throw new CliFailure(`Postgres does not answer: ${(cause as Error).message}`, 1, hint, { cause });
  }
  throw new CliFailure('the database has no tables of Tributary yet', 1, 'start the system once (npm start)');
}

/** Runs `work` with a Temporal client. @throws CliFailure where the server cannot be reached */
export async function withTemporal<Result>(
  { env }: Pick<CommandContext, 'env'>,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const { address } = settingsOf(env).temporal;
  const named = env['TEMPORAL_PROFILE'] || env['TEMPORAL_CONFIG_FILE'];
  if (!address && !named) {
    throw new CliFailure('no Temporal server is known', 2, `${nothingRuns}, or set TEMPORAL_ADDRESS`);
  }
  const { connectionOptions, namespace } = temporalConnection(env);
  let connection: Connection;
  try {
    connection = await Connection.connect({ ...connectionOptions, connectTimeout: '5s' });
  } catch (cause) {
    const where = connectionOptions.address ?? 'its address';
    const hint = `${nothingRuns}, or check TEMPORAL_ADDRESS`;
    throw new CliFailure(`Temporal does not answer at ${where}`, 1, hint, { cause });
  }
  try {
    return await work(new Client({ connection, namespace }));
  } finally {
    await connection.close();
  }
}

/** As `withTemporal`, for what a worker has to do. @throws CliFailure where none runs */
export function withWorker<Result>(
  context: Pick<CommandContext, 'env'>,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  return withTemporal(context, async (client) => {
    await requireWorker(client);
    return work(client);
  });
}

/** Says what is wrong when nobody would take the work. @throws CliFailure */
async function requireWorker(client: Client): Promise<void> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
    // TASK_QUEUE_TYPE_WORKFLOW
    taskQueueType: 1,
  });
  if (pollers && pollers.length > 0) return;
  throw new CliFailure(
    'no worker is running, so nothing would happen',
    1,
    'start one: node dist/worker/main.js',
  );
}

/** The portal that a command is about, as the database knows it. @throws CliFailure where it knows none yet */
export async function portalOf(pool: Pool, options: GlobalOptions, configured?: string[]): Promise<Portal> {
  const portals = await listPortals(pool);
  const name = portalNameOf(options, configured ?? portals.map((portal) => portal.name));
  const portal = portals.find((candidate) => candidate.name === name);
  if (portal) return portal;
  throw new CliFailure(
    `portal "${name}" was never connected`,
    1,
    'run `tributary setup` and `tributary check`',
  );
}
