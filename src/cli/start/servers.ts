import { join } from 'node:path';
import { Client } from 'pg';
import { z } from 'zod';
import { startPostgres } from '../../launch/postgresServer';
import { startTemporal } from '../../launch/temporalServer';
import type { ChildExit } from '../../launch/childProcess';
import { startNodeChild } from './nodeChild';
import { reachGivenServers } from './givenServers';
import { killGroup } from './parts';
import { choosePort, usualPorts } from './preferredPort';
import type { StartScene } from './startOptions';
import type { Target } from './target';
import { chooseWorld } from './worldOptions';

/** The token that the simulator takes; no secret, and no account of HubSpot has it. */
const simulatorToken = 'pat-simulator';
/** What its webhooks are signed with; no secret either. */
const simulatorClientSecret = 'simulator-client-secret';
/** The demo's source tables stand apart from Tributary's own, as other systems' do. */
const demoDatabase = 'demo_sources';
/** A hundred thousand people are made and seeded in a minute or two. */
const demoReadyMs = 15 * 60_000;

/** Starts whatever of Postgres, Temporal, HubSpot and source systems is not given by the environment. */
export async function startServers(scene: StartScene, target: Target): Promise<void> {
  const { env } = scene;
  await reachGivenServers(scene);
  const embedded = !env['DATABASE_URL'] || target.useDemo ? await startDatabase(scene) : undefined;
  if (embedded !== undefined) env['DATABASE_URL'] ||= embedded;
  if (!env['TEMPORAL_ADDRESS']) await startTemporalServer(scene);
  if (target.useSimulator) await startSimulator(scene, target);
  if (target.useDemo) await startDemo(scene, await demoDatabaseUrl(embedded!));
}

/** Out: the address of Tributary's database in the embedded server. */
async function startDatabase(scene: StartScene): Promise<string> {
  const { stateDir, steps, parts } = scene;
  const logFile = join(stateDir, 'logs', 'postgres.log');
  const server = await steps.step(
    'Postgres',
    async () =>
      startPostgres({
        dataDir: join(stateDir, 'postgres'),
        port: await choosePort(undefined, usualPorts.postgres),
        logFile,
        onProgress: steps.progress,
        onExit: (exit) => noteDeath(scene, 'Postgres', exit, logFile),
      }),
    ({ port }) => `127.0.0.1:${port}`,
  );
  parts.add({ name: 'Postgres', stop: () => server.stop(), kill: () => killGroup(server.pid) });
  return server.url;
}

async function startTemporalServer(scene: StartScene): Promise<void> {
  const { options, stateDir, steps, parts, env, urls } = scene;
  const logFile = join(stateDir, 'logs', 'temporal.log');
  const server = await steps.step(
    'Temporal',
    async () =>
      startTemporal({
        dataFile: join(stateDir, 'temporal.db'),
        port: await choosePort(options.temporalPort, usualPorts.temporal),
        uiPort: await choosePort(options.uiPort, usualPorts.temporalUi),
        logFile,
        onProgress: steps.progress,
        onExit: (exit) => noteDeath(scene, 'Temporal', exit, logFile),
      }),
    ({ address, uiUrl }) => `${address}, Web UI ${uiUrl}`,
  );
  parts.add({ name: 'Temporal', stop: () => server.stop(), kill: () => killGroup(server.pid) });
  env['TEMPORAL_ADDRESS'] = server.address;
  env['TEMPORAL_NAMESPACE'] = server.namespace;
  if (server.uiUrl) env['TEMPORAL_UI_URL'] = urls['Temporal Web UI'] = server.uiUrl;
}

function noteDeath(scene: StartScene, name: 'Postgres' | 'Temporal', exit: ChildExit, logFile: string): void {
  if (!exit.wanted) scene.onDeath(name, exit.signal ?? `exit code ${exit.code}`, logFile);
}

async function startSimulator(
  scene: StartScene,
  { tokenVariables, clientSecretVariables }: Target,
): Promise<void> {
  const { options, stateDir, steps, parts, env, urls, onDeath } = scene;
  const { url } = await steps.step(
    'HubSpot SIMULATOR',
    async () =>
      startNodeChild({
        ...{ name: 'simulator' as const, program: 'simulator/main.js', env, stateDir, parts, onDeath },
        args: [
          ...['--port', String(await choosePort(options.simulatorPort, usualPorts.simulator))],
          ...['--state-dir', join(stateDir, 'simulator'), '--token', simulatorToken],
          ...(options.limit === undefined ? [] : ['--limit', options.limit]),
        ],
        event: 'simulator_ready',
        ready: z.object({ url: z.string() }),
      }),
    (ready) => ready.url,
  );
  for (const name of ['HUBSPOT_ACCESS_TOKEN', ...tokenVariables]) env[name] = simulatorToken;
  for (const name of clientSecretVariables) env[name] = simulatorClientSecret;
  // Its webhooks come from this machine: no proxy, no tunnel.
  env['TRIBUTARY_PUBLIC_URL'] = '';
  env['HUBSPOT_BASE_URL'] = url;
  urls['HubSpot simulator'] = `${url}/`;
}

const demoReady = z.object({
  people: z.number(),
  changes: z.number(),
  environment: z.record(z.string(), z.string()),
});

async function startDemo(scene: StartScene, databaseUrl: string): Promise<void> {
  const { options, steps, parts, env, onDeath } = scene;
  const stateDir = scene.stateDir;
  const demoDir = join(stateDir, 'demo');
  const world = chooseWorld(demoDir, options);
  const { environment } = await steps.step(
    'demo source systems',
    () =>
      startNodeChild({
        ...{ name: 'demo' as const, program: 'simulator/demo/main.js', env, stateDir, parts, onDeath },
        args: [
          ...['--database-url', databaseUrl, '--state-dir', demoDir],
          ...['--people', String(world.people), '--seed', String(world.seed)],
          ...['--simulator-url', env['HUBSPOT_BASE_URL'] as string],
          ...(options.change === undefined ? [] : ['--change', String(options.change)]),
        ],
        event: 'demo_ready',
        ready: demoReady,
        readyTimeoutMs: demoReadyMs,
      }),
    ({ people, changes }) =>
      `azure, ielts, eol, impact, erp with ${people.toLocaleString('en')} people${changes ? `, changed ${changes} times` : ''}`,
  );
  for (const [name, value] of Object.entries(environment)) env[name] ||= value;
}

/** The demo's own database in the embedded server, made when missing. */
async function demoDatabaseUrl(embeddedUrl: string): Promise<string> {
  const client = new Client({ connectionString: embeddedUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [demoDatabase]);
    if (rowCount === 0) await client.query(`create database ${demoDatabase}`);
  } finally {
    await client.end();
  }
  const url = new URL(embeddedUrl);
  url.pathname = `/${demoDatabase}`;
  return url.href;
}
