import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
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
import { control, readReport, type SimulatorReport } from '../support/simulatorControl';
import { temporalAddress, uniqueName } from '../support/temporal';

/** The river without any source system: Postgres, Temporal, a simulator, workers as processes of the compiled output. */
export interface BareRiver {
  readonly pool: Pool;
  readonly temporal: Client;
  temporalAddress: string;
  readonly namespace: string;
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
  /** As `sync`, without waiting for its end. */
  startSync(input?: SyncRunInput): Promise<WorkflowHandle>;
  /** The simulator's own report of its calls since the last reset. */
  stats(): Promise<SimulatorReport>;
  resetStats(): Promise<void>;
  /** Stops all workers and gives the product an empty database, as if the old one were lost. */
  replaceDatabase(): Promise<void>;
  /** Stops all workers and gives the product an empty namespace, as if Temporal's state were lost. */
  replaceTemporal(): Promise<void>;
  /** Stops workers and simulator, drops the database, removes the folder. */
  stop(): Promise<void>;
}

export interface BareRiverOptions {
  /** Path of the configuration; without it `startWorker` is told TRIBUTARY_CONFIG. */
  config?: string;
  /** Folder of the compiled output that the workers run from; TRIBUTARY_TEST_DIST, else the project's by default. */
  dist?: string | undefined;
  /** Of every worker, laid over what they all have; '' counts as unset. */
  environment?: Record<string, string> | ((simulatorUrl: string) => Record<string, string>);
  simulator?: Partial<SimulatorOptions> | undefined;
}

const project = join(__dirname, '../..');

export async function startBareRiver({
  config,
  dist = process.env['TRIBUTARY_TEST_DIST'] ?? join(project, 'dist'),
  environment: given = {},
  simulator: simulatorOptions,
}: BareRiverOptions = {}): Promise<BareRiver> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-river-'));
  let database = await freshDatabase();
  const simulator = await startHubSpotSimulator({ settings: { limits: null }, ...simulatorOptions });
  const { address } = await temporalAddress();
  const connection = await Connection.connect({ address });
  let namespace = uniqueName('river');
  await registerNamespace(connection, namespace);
  let temporal = new Client({ connection, namespace });
  let pool = openPool(database.url);
  const workers: Child[] = [];
  const logFiles: string[] = [];

  const environment = {
    ...process.env,
    TEMPORAL_ADDRESS: address,
    HUBSPOT_ACCESS_TOKEN: 'pat-simulator',
    HUBSPOT_CLIENT_SECRET: 'simulator-client-secret',
    HUBSPOT_BASE_URL: simulator.url,
    ...(config === undefined ? {} : { TRIBUTARY_CONFIG: config }),
    TRIBUTARY_CALL_DEADLINE_MS: '3000',
    TRIBUTARY_CLAIM_MS: '3000',
    TRIBUTARY_WORKER_GRACE: '2s',
    LOG_LEVEL: 'warn',
    LOG_FORMAT: 'json',
    ...(typeof given === 'function' ? given(simulator.url) : given),
  };
  const stopWorkers = () => Promise.all(workers.splice(0).map((worker) => worker.stop()));

  const execute = <Result>(type: string, input: object): Promise<Result> =>
    temporal.workflow.execute(type, {
      taskQueue,
      workflowId: uniqueName(type),
      args: [input],
    }) as Promise<Result>;

  const river: BareRiver = {
    get pool() {
      return pool;
    },
    get temporal() {
      return temporal;
    },
    get namespace() {
      return namespace;
    },
    temporalAddress: address,
    simulatorUrl: simulator.url,
    portalId: String(simulator.portalId),
    folder,
    async startWorker(env = {}) {
      const logFile = join(folder, `worker-${logFiles.length + 1}.log`);
      logFiles.push(logFile);
      const worker = await startChild({
        name: 'worker',
        command: process.execPath,
        args: ['--disable-warning=ExperimentalWarning', '--enable-source-maps', join(dist, 'worker/main.js')],
        env: { ...environment, DATABASE_URL: database.url, TEMPORAL_NAMESPACE: namespace, ...env },
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
      await unpaced(pool, String(simulator.portalId));
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
      const run = await river.startSync(input);
      return (await run.result()) as SyncRunResult;
    },
    startSync(input = {}) {
      const workflowId = `run:${uniqueName('test')}`;
      return temporal.workflow.start('syncRun', { taskQueue, workflowId, args: [input] });
    },
    stats: () => readReport(simulator.url),
    async resetStats() {
      await control(simulator.url, 'stats/reset', {});
    },
    async replaceDatabase() {
      await stopWorkers();
      await pool.end();
      await database.drop();
      database = await freshDatabase();
      pool = openPool(database.url);
    },
    async replaceTemporal() {
      await stopWorkers();
      namespace = uniqueName('river');
      await registerNamespace(connection, namespace);
      temporal = new Client({ connection, namespace });
    },
    async stop() {
      await stopWorkers();
      await pool.end();
      await simulator.stop();
      await connection.close();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return river;
}

/** The simulator's limits are lifted: set-up need not pace itself either. */
async function unpaced(pool: Pool, portalId: string): Promise<void> {
  await pool.query(
    `insert into quota_buckets (portal_id, bucket, calls_max, window_ms)
     select $1, bucket, 1000000, 10000 from unnest(array['burst', 'search', 'associations', 'daily']) as bucket
     on conflict do nothing`,
    [portalId],
  );
}

const openPool = (connectionString: string) => new Pool({ connectionString, max: 4 });

async function registerNamespace(connection: Connection, namespace: string): Promise<void> {
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  // The dev server's frontends learn of a namespace within moments.
  const client = new Client({ connection, namespace });
  for (let attempt = 0; attempt < 600; attempt += 1) {
    try {
      await client.workflow.count('WorkflowType = "none"');
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error('the namespace did not become usable');
}
