import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { Pool } from 'pg';
import { startChild, type Child } from '../src/launch/childProcess';
import { freePort } from '../src/launch/freePort';
import { startPostgres } from '../src/launch/postgresServer';
import { startTemporal } from '../src/launch/temporalServer';

/** The shipped programs: dist, in which this file is compiled to dist/.bench/bench. */
const dist = join(__dirname, '../..');
const nodeArguments = ['--enable-source-maps', '--disable-warning=ExperimentalWarning'];
const demoConfig = join(dist, '../tributary.config.yaml');
const demoReadyMs = 15 * 60_000;

export interface StackOptions {
  folder: string;
  people: number;
  seed: number;
  profile: string | null;
  workerEnv: Record<string, string>;
  postgresSettings: Record<string, string>;
  /** Whether source systems are called only as often as the demo's configuration says. */
  isPaced?: boolean;
}

/** Everything that runs, each part a process of its own. */
export interface Stack {
  pool: Pool;
  temporal: Client;
  simulatorUrl: string;
  portalId: string;
  /** What the worker's configuration takes from the environment. */
  environment: Record<string, string>;
  versions: { postgres: string; temporal: string };
  /** Process ids, for their memory and CPU time; of several workers the first one's. */
  pids: Record<'worker' | 'simulator' | 'postgres' | 'temporal' | 'demo', number>;
  /** Starts and stops workers until there are so many. The first one is never stopped. */
  setWorkers(count: number): Promise<void>;
  /** Starts the API, and says where it listens. */
  startApi(): Promise<string>;
  /** Serves the same sources with this share of their rows changed. */
  change(share: number): Promise<void>;
  /** Another simulator and other source systems of this name, as the first ones were before the first sync. */
  startTwin(name: string): Promise<Twin>;
  stop(): Promise<void>;
}

export interface Twin {
  url: string;
  environment: Record<string, string>;
  stop(): Promise<void>;
}

/** Starts Postgres, the Temporal dev server, the simulator, the demo's systems and a worker, as `npm start` does. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { folder } = options;
  const parts: { stop(): Promise<unknown> }[] = [];
  const stop = async () => {
    for (const part of parts.reverse()) await part.stop();
  };
  try {
    mkdirSync(folder, { recursive: true });
    const postgres = await startPostgres({
      dataDir: join(folder, 'postgres'),
      logFile: join(folder, 'postgres.log'),
      settings: options.postgresSettings,
    });
    parts.push(postgres);
    const temporal = await startTemporal({
      dataFile: join(folder, 'temporal.db'),
      uiPort: false,
      logFile: join(folder, 'temporal.log'),
    });
    parts.push(temporal);
    const simulator = await startSimulator(folder, 'simulator');
    parts.push(simulator.child);
    const sources = await makeDatabase(postgres.url, 'demo_sources');
    const ports = { ielts: await freePort(), eol: await freePort() };
    const demo = (more: string[]) => startDemo(options, sources, ports, more);
    let systems = await demo(['--simulator-url', simulator.url]);
    parts.push({ stop: () => systems.child.stop() });
    const environment = {
      ...systems.environment,
      ...{ DATABASE_URL: postgres.url, TRIBUTARY_CONFIG: options.isPaced ? demoConfig : unpaced(folder) },
      ...{ TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: temporal.namespace },
      ...{ HUBSPOT_ACCESS_TOKEN: 'pat-simulator', HUBSPOT_BASE_URL: simulator.url },
      HUBSPOT_CLIENT_SECRET: 'simulator-client-secret',
      ...{ LOG_LEVEL: 'warn', LOG_FORMAT: 'json' },
    };
    const startWorker = (name: string) =>
      node(
        folder,
        name,
        'worker/main.js',
        [],
        /worker_ready/,
        { ...environment, ...options.workerEnv },
        options.profile ? ['--cpu-prof', '--cpu-prof-dir', options.profile] : [],
      );
    const worker = await startWorker('worker');
    const workers = [worker];
    parts.push({ stop: () => Promise.all(workers.map((each) => each.stop())) });
    const connection = await Connection.connect({ address: temporal.address });
    const pool = new Pool({ connectionString: postgres.url, max: 4 });
    parts.push({ stop: () => connection.close() }, { stop: () => pool.end() });
    return {
      pool,
      temporal: new Client({ connection, namespace: temporal.namespace }),
      simulatorUrl: simulator.url,
      portalId: simulator.portalId,
      environment,
      versions: await versionsOf(pool, connection),
      pids: {
        ...{ worker: worker.pid, simulator: simulator.child.pid, postgres: postgres.pid },
        ...{ temporal: temporal.pid, demo: systems.child.pid },
      },
      async setWorkers(count) {
        while (workers.length < count) workers.push(await startWorker(`worker-${workers.length + 1}`));
        while (workers.length > Math.max(1, count)) await workers.pop()!.stop();
      },
      async startApi() {
        const more = { TRIBUTARY_API_PORT: '0', LOG_LEVEL: 'info' };
        const api = await node(folder, 'api', 'api/main.js', [], /api_ready/, { ...environment, ...more });
        parts.push(api);
        return (readyLine(folder, 'api', 'api_ready') as { url: string }).url;
      },
      async change(share) {
        await systems.child.stop();
        systems = await demo(['--change', String(share)]);
      },
      async startTwin(name) {
        const twin = await startSimulator(folder, name);
        const twinFolder = join(folder, `${name}-world`);
        mkdirSync(twinFolder, { recursive: true });
        const twinSources = await makeDatabase(postgres.url, `${name}_sources`);
        const world = await startDemo({ ...options, folder: twinFolder }, twinSources, null, [
          ...['--simulator-url', twin.url],
        ]);
        return {
          url: twin.url,
          environment: { ...environment, ...world.environment, HUBSPOT_BASE_URL: twin.url },
          async stop() {
            await world.child.stop();
            await twin.child.stop();
          },
        };
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The demo's configuration with the highest pace that a source may have: a thousand calls a second. */
function unpaced(folder: string): string {
  const file = join(folder, 'tributary.config.yaml');
  const config = readFileSync(demoConfig, 'utf8');
  writeFileSync(file, config.replaceAll(/requestsPerSecond: \d+/g, 'requestsPerSecond: 1000'));
  return file;
}

/** A simulator without limits and latency; measures order their own. */
async function startSimulator(folder: string, name: string) {
  const args = ['--state-dir', join(folder, `${name}-state`), '--limit', 'off'];
  const child = await node(folder, name, 'simulator/main.js', args, /simulator_ready/, {});
  const { url, portalId } = readyLine(folder, name, 'simulator_ready') as { url: string; portalId: number };
  return { child, url, portalId: String(portalId) };
}

async function startDemo(
  { folder, people, seed }: StackOptions,
  databaseUrl: string,
  ports: { ielts: number; eol: number } | null,
  more: string[],
) {
  const args = ['--database-url', databaseUrl, '--state-dir', join(folder, 'demo')];
  args.push('--people', String(people), '--seed', String(seed), ...more);
  if (ports) args.push('--ielts-port', String(ports.ielts), '--eol-port', String(ports.eol));
  const child = await node(folder, 'demo', 'simulator/demo/main.js', args, /demo_ready/, {});
  const { environment } = readyLine(folder, 'demo', 'demo_ready') as { environment: Record<string, string> };
  return { child, environment };
}

function node(
  folder: string,
  name: string,
  program: string,
  args: string[],
  readyLine: RegExp,
  env: Record<string, string>,
  moreNodeArguments: string[] = [],
): Promise<Child> {
  return startChild({
    name,
    command: process.execPath,
    args: [...nodeArguments, ...moreNodeArguments, join(dist, program), ...args],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    logFile: join(folder, `${name}.log`),
    readyLine,
    readyTimeoutMs: demoReadyMs,
    stopDeadlineMs: 40_000,
  });
}

/** The newest line of an event: of the start that has just waited for it. */
function readyLine(folder: string, name: string, event: string): unknown {
  const line = readFileSync(join(folder, `${name}.log`), 'utf8')
    .split('\n')
    .findLast((text) => text.includes(`"event":"${event}"`));
  return JSON.parse(line ?? 'null');
}

async function makeDatabase(serverUrl: string, name: string): Promise<string> {
  const pool = new Pool({ connectionString: serverUrl, max: 1 });
  await pool.query(`create database ${name}`);
  await pool.end();
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function versionsOf(pool: Pool, connection: Connection) {
  const { rows } = await pool.query<{ server_version: string }>('show server_version');
  const { serverVersion } = await connection.workflowService.getSystemInfo({});
  return { postgres: rows[0]!.server_version, temporal: serverVersion ?? 'unknown' };
}
