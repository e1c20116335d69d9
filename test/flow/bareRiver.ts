import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { Pool } from 'pg';
import { setMode } from '../../src/db/portals';
import { startChild, type Child } from '../../src/launch/childProcess';
import { startHubSpotSimulator, type SimulatorOptions } from '../../src/simulator/hubspot/server';
import {
  taskQueue,
  type CheckPortalResult,
  type SetupPortalResult,
  type SyncRunInput,
  type SyncRunResult,
} from '../../src/workflows/contracts';
import { freshDatabase } from '../support/postgres';
import { temporalAddress, uniqueName } from '../support/temporal';

/** The river without any source system: Postgres, Temporal, a simulator, workers as processes of the compiled output. */
export interface BareRiver {
  pool: Pool;
  temporal: Client;
  temporalAddress: string;
  namespace: string;
  simulatorUrl: string;
  portalId: string;
  /** A folder of its own, removed at the end: for configurations, drop folders and logs. */
  folder: string;
  /** Starts a worker process; more environment may plant failpoints or name another configuration. */
  startWorker(env?: Record<string, string>): Promise<Child>;
  /** What all workers have written so far: standard output and error. */
  workerLogs(): Promise<string>;
  /** Writes a configuration file for `TRIBUTARY_CONFIG`. @returns its path */
  writeConfig(name: string, text: string): Promise<string>;
  /** Set-up and check by their workflows. @throws when either finds a fault */
  setUp(): Promise<void>;
  /** Set-up, check, live. */
  open(): Promise<void>;
  sync(input?: SyncRunInput): Promise<SyncRunResult>;
  /** The simulator's own report of its calls since the last reset. */
  writeCalls(): Promise<Record<string, number>>;
  resetStats(): Promise<void>;
  /** Stops workers and simulator, drops the database, removes the folder. */
  stop(): Promise<void>;
}

export interface BareRiverOptions {
  config: string;
  environment?: Record<string, string>;
  simulator?: Partial<SimulatorOptions> | undefined;
}

const project = join(__dirname, '../..');

export async function startBareRiver({
  config,
  environment: given = {},
  simulator: simulatorOptions,
}: BareRiverOptions): Promise<BareRiver> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-river-'));
  const database = await freshDatabase();
  const simulator = await startHubSpotSimulator({ settings: { limits: null }, ...simulatorOptions });
  const { address } = await temporalAddress();
  const connection = await Connection.connect({ address });
  const namespace = uniqueName('river');
  await registerNamespace(connection, namespace);
  const temporal = new Client({ connection, namespace });
  const pool = new Pool({ connectionString: database.url, max: 4 });
  const workers: Child[] = [];
  const logFiles: string[] = [];

  const environment = {
    ...process.env,
    ...given,
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    HUBSPOT_ACCESS_TOKEN: 'pat-simulator',
    HUBSPOT_BASE_URL: simulator.url,
    TRIBUTARY_CONFIG: config,
    TRIBUTARY_CALL_DEADLINE_MS: '3000',
    TRIBUTARY_CLAIM_MS: '3000',
    TRIBUTARY_WORKER_GRACE: '2s',
    LOG_LEVEL: 'warn',
    LOG_FORMAT: 'json',
  };

  const execute = <Result>(type: string, input: object): Promise<Result> =>
    temporal.workflow.execute(type, {
      taskQueue,
      workflowId: uniqueName(type),
      args: [input],
    }) as Promise<Result>;

  const river: BareRiver = {
    pool,
    temporal,
    temporalAddress: address,
    namespace,
    simulatorUrl: simulator.url,
    portalId: String(simulator.portalId),
    folder,
    async startWorker(env = {}) {
      const logFile = join(folder, `worker-${logFiles.length + 1}.log`);
      logFiles.push(logFile);
      const worker = await startChild({
        name: 'worker',
        command: process.execPath,
        args: [
          '--disable-warning=ExperimentalWarning',
          '--enable-source-maps',
          join(project, 'dist/worker/main.js'),
        ],
        env: { ...environment, ...env },
        logFile,
        readyLine: /worker_ready/,
        readyTimeoutMs: 60_000,
      });
      workers.push(worker);
      return worker;
    },
    async workerLogs() {
      const names = (await readdir(folder)).filter((name) => /^worker-\d+\.log/.test(name));
      const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
      return texts.join('\n');
    },
    async writeConfig(name, text) {
      const path = join(folder, name);
      await writeFile(path, text);
      return path;
    },
    async setUp() {
      const setup = await execute<SetupPortalResult>('setupPortal', {});
      const check = await execute<CheckPortalResult>('checkPortal', {});
      if (setup.faults.length + check.faults.length > 0) throw new Error(JSON.stringify({ setup, check }));
      // The simulator's limits are lifted: do not pace.
      await pool.query('update quota_buckets set calls_max = 1000000');
    },
    async open() {
      await river.setUp();
      await setMode(pool, String(simulator.portalId), 'live');
    },
    async sync(input = {}) {
      return (await temporal.workflow.execute('syncRun', {
        taskQueue,
        workflowId: `run:${uniqueName('test')}`,
        args: [input],
      })) as SyncRunResult;
    },
    async writeCalls() {
      const reply = await fetch(`${simulator.url}/_simulator/stats`);
      return (await reply.json()) as Record<string, number>;
    },
    async resetStats() {
      await fetch(`${simulator.url}/_simulator/stats/reset`, { method: 'POST' });
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.stop()));
      await pool.end();
      await simulator.stop();
      await connection.close();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return river;
}

async function registerNamespace(connection: Connection, namespace: string): Promise<void> {
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  // The dev server's frontends learn of a namespace within moments.
  const client = new Client({ connection, namespace });
  for (let attempt = 0; attempt < 100; attempt += 1) {
    try {
      await client.workflow.count('WorkflowType = "none"');
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error('the namespace did not become usable');
}
