import { Connection } from '@temporalio/client';
import { Client } from 'pg';
import { temporalConnection } from '../../config/temporalConnection';
import { CliFailure } from '../cliFailure';
import { settingsOf } from '../commandContext';
import type { StartScene } from './startOptions';

const connectMs = 5_000;

/**
 * Tries the servers that the environment names, before anything else is started.
 * @throws CliFailure that names the variable, where one does not answer
 */
export async function reachGivenServers({ env, steps }: Pick<StartScene, 'env' | 'steps'>): Promise<void> {
  const { url } = settingsOf(env).database;
  if (url) await steps.step('Postgres, as DATABASE_URL says', () => reachPostgres(url.reveal()));
  const { connectionOptions } = temporalConnection(env);
  const { address } = connectionOptions;
  if (!env['TEMPORAL_ADDRESS'] || address === undefined) return;
  await steps.step(`Temporal, as TEMPORAL_ADDRESS says: ${address}`, async () => {
    try {
      const connection = await Connection.connect({ ...connectionOptions, connectTimeout: connectMs });
      await connection.close();
    } catch (cause) {
      throw new CliFailure(`Temporal does not answer at ${address}`, 1, hintFor('TEMPORAL_ADDRESS'), {
        cause,
      });
    }
  });
}

async function reachPostgres(connectionString: string): Promise<void> {
  const client = new Client({ connectionString, connectionTimeoutMillis: connectMs });
  // A connection that breaks later is told by whoever uses it.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (cause) {
    const why = (cause as Error).message;
    throw new CliFailure(`Postgres does not answer: ${why}`, 1, hintFor('DATABASE_URL'), { cause });
  } finally {
    await client.end();
  }
}

function hintFor(variable: string): string {
  return `check ${variable} and that the server runs; without ${variable} one is started for you`;
}
