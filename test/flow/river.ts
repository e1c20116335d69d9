import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { Pool } from 'pg';
import { findPortal, setMode } from '../../src/db/portals';
import { startChild, type Child } from '../../src/launch/childProcess';
import { startHubSpotSimulator, type SimulatorOptions } from '../../src/simulator/hubspot/server';
import { startDemoSystems, type DemoSystems } from '../../src/simulator/demo/systems';
import { compareProblems, compareWithPortal, describeDifferences } from '../../src/simulator/demo/compare';
import { expectedPortal, type OracleOptions } from '../../src/simulator/demo/oracle';
import { readSimulator } from '../../src/simulator/demo/portalExport';
import { taskQueue, type CheckPortalResult, type SetupPortalResult, type SyncRunInput, type SyncRunResult } from '../../src/workflows/contracts';
import { emptyDatabase, freshDatabase } from '../support/postgres';
import { temporalAddress, uniqueName } from '../support/temporal';

/** A whole river on real components: Postgres, Temporal, workers as processes, the simulator and the demo's systems. */
export interface River {
  pool: Pool;
  temporal: Client;
  namespace: string;
  simulatorUrl: string;
  portalId: string;
  demo: DemoSystems;
  /** Starts a worker process from the compiled output; more environment may plant failpoints. */
  startWorker(env?: Record<string, string>): Promise<Child>;
  /** Set-up, check, live. */
  open(): Promise<void>;
  sync(input?: SyncRunInput): Promise<SyncRunResult>;
  /** HubSpot's write calls since the last reset, by operation. */
  writeCalls(): Promise<Record<string, number>>;
  resetStats(): Promise<void>;
  /** Differences of the simulator's content and the stored problems from the oracle; '' when there are none. */
  differences(options?: OracleOptions): Promise<string>;
  /** Empties the product's database, as if it were lost. */
  stop(): Promise<void>;
}

export interface RiverOptions {
  people: number;
  seed?: number;
  config?: string;
  simulator?: Partial<SimulatorOptions>;
}

const project = join(__dirname, '../..');

export async function startRiver({ people, seed = 7, config, simulator: simulatorOptions }: RiverOptions): Promise<River> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-river-'));
  const database = await freshDatabase();
  const sources = await emptyDatabase();
  const simulator = await startHubSpotSimulator({ settings: { limits: null }, ...simulatorOptions });
  const demo = await startDemoSystems({ databaseUrl: sources.url, stateDir: join(folder, 'demo'), seed, people });
  await demo.seedPortal(simulator.url);
  const { address } = await temporalAddress();
  const connection = await Connection.connect({ address });
  const namespace = uniqueName('river');
  await registerNamespace(connection, namespace);
  const temporal = new Client({ connection, namespace });
  const pool = new Pool({ connectionString: database.url, max: 4 });
  const workers: Child[] = [];
  let started = 0;

  const environment = {
    ...process.env,
    ...demo.environment,
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    HUBSPOT_ACCESS_TOKEN: 'pat-simulator',
    HUBSPOT_BASE_URL: simulator.url,
    TRIBUTARY_CONFIG: config ?? join(project, 'tributary.config.yaml'),
    TRIBUTARY_CALL_DEADLINE_MS: '3000',
    TRIBUTARY_CLAIM_MS: '3000',
    TRIBUTARY_WORKER_GRACE: '2s',
    LOG_LEVEL: 'warn',
    LOG_FORMAT: 'json',
  };

  const river: River = {
    pool,
    temporal,
    namespace,
    simulatorUrl: simulator.url,
    portalId: String(simulator.portalId),
    demo,
    async startWorker(env = {}) {
      const worker = await startChild({
        name: 'worker',
        command: process.execPath,
        args: ['--disable-warning=ExperimentalWarning', '--enable-source-maps', join(project, 'dist/worker/main.js')],
        env: { ...environment, ...env },
        logFile: join(folder, `worker-${(started += 1)}.log`),
        readyLine: /worker_ready/,
        readyTimeoutMs: 60_000,
      });
      workers.push(worker);
      return worker;
    },
    async open() {
      const setup = (await temporal.workflow.execute('setupPortal', {
        taskQueue,
        workflowId: uniqueName('setup'),
        args: [{}],
      })) as SetupPortalResult;
      const check = (await temporal.workflow.execute('checkPortal', {
        taskQueue,
        workflowId: uniqueName('check'),
        args: [{}],
      })) as CheckPortalResult;
      if (setup.faults.length + check.faults.length > 0) throw new Error(JSON.stringify({ setup, check }));
      await setMode(pool, setup.portalId, 'live');
      // The simulator's limits are lifted: do not pace.
      await pool.query('update quota_buckets set calls_max = 1000000');
      if ((await findPortal(pool, setup.portalId))?.mode !== 'live') throw new Error('not live');
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
    async differences(options = {}) {
      const expected = expectedPortal(demo.world(), options);
      const found = compareWithPortal(expected, await readSimulator(simulator.url));
      const { rows } = await pool.query(
        `select source, stream, record_key as key, field, kind from problems where closed_at is null`,
      );
      const all = [...found, ...compareProblems(expected.problems, rows as never)];
      return all.length === 0 ? '' : describeDifferences(all, 40);
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.stop()));
      await pool.end();
      await demo.stop();
      await simulator.stop();
      await connection.close();
      await database.drop();
      await sources.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await writeFile(join(folder, 'README'), 'made by a test');
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
      for await (const _ of client.workflow.list({ query: 'WorkflowType = "none"' })) break;
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error('the namespace did not become usable');
}
