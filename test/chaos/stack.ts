import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { Pool } from 'pg';
import { Client as PostgresClient } from 'pg';
import { openPool } from '../../src/db/pool';
import { freePort } from '../../src/launch/freePort';
import { startPostgres } from '../../src/launch/postgresServer';
import { promptTimers, startTemporal } from '../../src/launch/temporalServer';
import { startDemoSystems, type DemoSystems } from '../../src/simulator/demo/systems';
import { startHubSpotSimulator } from '../../src/simulator/hubspot/server';
import { countCalls, type CallCounter } from './callCounter';
import { countedPath } from './faultKinds';
import { keepServer, type KeptServer } from './keptServer';
import { startProxy, type Proxy } from './proxy';
import { startWorkers, type Workers } from './workers';

export interface StackOptions {
  folder: string;
  /** Compiled output that the workers run from; the configuration lies beside it. */
  dist: string;
  people: number;
  seed: number;
  claimMs: number;
  deadlineMs: number;
  settings: Record<string, unknown>;
  nextFailpoint: () => string | undefined;
  onFailpoint: (name: string) => void;
}

/** A whole system, each part a process that can be killed; HubSpot and the source systems are of this process. */
export interface Stack {
  pool: Pool;
  temporal: Client;
  simulatorUrl: string;
  portalId: string;
  demo: DemoSystems;
  calls: CallCounter;
  postgres: KeptServer;
  temporalServer: KeptServer;
  line: Proxy;
  workers: Workers;
  stop(): Promise<void>;
}

export const accessToken = 'pat-simulator';
const workersCount = 2;

export async function startStack(options: StackOptions): Promise<Stack> {
  const { folder } = options;
  const parts: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const end of parts.splice(0).reverse()) await end();
  };
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    const postgresPort = await freePort();
    const postgres = await keepServer(() =>
      startPostgres({
        dataDir: join(folder, 'postgres'),
        logFile: join(folder, 'postgres.log'),
        port: postgresPort,
        // A killed process loses nothing that it gave to the operating system; only a power cut needs fsync.
        settings: { fsync: 'off', shared_buffers: '128MB' },
      }),
    );
    parts.push(() => postgres.stop());
    const temporalPort = await freePort();
    const temporalServer = await keepServer(() =>
      startTemporal({
        dataFile: join(folder, 'temporal.db'),
        port: temporalPort,
        uiPort: false,
        logFile: join(folder, 'temporal.log'),
        dynamicConfig: promptTimers,
      }),
    );
    parts.push(() => temporalServer.stop());
    const simulator = await startHubSpotSimulator({ seed: options.seed, settings: options.settings });
    parts.push(() => simulator.stop());
    const calls = countCalls(simulator.port, countedPath);
    parts.push(async () => calls.close());
    const demo = await startDemoSystems({
      databaseUrl: await makeDatabase(postgres.first.url, 'sources'),
      stateDir: join(folder, 'demo'),
      ...{ seed: options.seed, people: options.people },
    });
    parts.push(() => demo.stop());
    await demo.seedPortal(simulator.url);
    const line = await startProxy(temporalPort);
    parts.push(() => line.close());
    const workers = await startWorkers({
      ...{ dist: options.dist, folder, count: workersCount },
      nextFailpoint: options.nextFailpoint,
      onFailpoint: options.onFailpoint,
      environment: workerEnvironment(options, {
        ...demo.environment,
        DATABASE_URL: postgres.first.url,
        TEMPORAL_ADDRESS: line.address,
        HUBSPOT_BASE_URL: simulator.url,
      }),
    });
    parts.push(() => workers.stop());
    const connection = await Connection.connect({ address: temporalServer.first.address });
    parts.push(() => connection.close());
    const pool = openPool(postgres.first.url, 4);
    parts.push(() => pool.end());
    return {
      ...{ pool, demo, calls, postgres, temporalServer, line, workers, stop },
      temporal: new Client({ connection, namespace: temporalServer.first.namespace }),
      simulatorUrl: simulator.url,
      portalId: String(simulator.portalId),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function workerEnvironment(
  { dist, claimMs, deadlineMs }: StackOptions,
  addresses: Record<string, string>,
): Record<string, string> {
  return {
    ...addresses,
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    HUBSPOT_ACCESS_TOKEN: accessToken,
    HUBSPOT_CLIENT_SECRET: 'simulator-client-secret',
    TRIBUTARY_CONFIG: join(dist, '../tributary.config.yaml'),
    TRIBUTARY_CLAIM_MS: String(claimMs),
    TRIBUTARY_CALL_DEADLINE_MS: String(deadlineMs),
    TRIBUTARY_WORKER_GRACE: '2s',
    LOG_LEVEL: 'warn',
    LOG_FORMAT: 'json',
  };
}

async function makeDatabase(serverUrl: string, name: string): Promise<string> {
  const client = new PostgresClient({ connectionString: serverUrl });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
