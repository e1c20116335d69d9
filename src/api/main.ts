import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { processEnv, readEnv } from '../config/env';
import { keyRingOf } from '../config/keyRing';
import { faultText, loadConfig } from '../config/loadConfig';
import { createLogger } from '../config/logger';
import { temporalConnection } from '../config/temporalConnection';
import { openPool } from '../db/pool';
import { hubspotSource } from '../domain/record';
import { taskQueue } from '../workflows/contracts';
import { createApp } from './app';
import { createInboxBell } from './webhooks/inboxBell';
import { installableApps } from './oauth/installableApps';
import { listen } from './listen';
import { readApiSettings } from './settings';
import { temporalClient } from './temporalClient';
import { webhookSettings } from './webhooks/webhookSettings';

/** Webhooks insert for milliseconds; beyond this they wait for each other. */
const inboxConnections = 8;
/** Below the time that a webhook waits for the store, so that what waits for a lock does not pile up in the server. */
const inboxStatementMs = 2_500;

/**
 * The API process: constructs everything, says `api_ready` on standard output when it listens, and runs until it is
 * told to stop. It listens also while Postgres or Temporal are away: `/health/ready` tells.
 */
async function main(): Promise<void> {
  // In a rush all that waits together survives a collection. V8 would take that for a rule, and make whatever comes later
  // where it stays until the next large collection.
  setFlagsFromString('--no-allocation-site-pretenuring');
  const env = processEnv();
  const read = readEnv(env);
  if (!read.ok) fail(read.faults.map(({ name, message }) => `${name} ${message}`));
  const own = readApiSettings(env);
  if (!own.ok) fail(own.faults);
  const { settings } = read;
  const readSecretFile = (path: string) => readFileSync(path, 'utf8');
  const readers = { env, readSecretFile };
  const loaded = loadConfig({ ...readers, path: settings.configPath, now: new Date() });
  if (!loaded.ok) fail(loaded.faults.map(faultText));
  const databaseUrl = settings.database.url?.reveal();
  if (databaseUrl === undefined) fail(['DATABASE_URL is not set: where is Postgres?']);

  const log = createLogger({ ...settings.log, isTerminal: process.stdout.isTTY });
  const pool = openPool(databaseUrl, settings.database.poolMax);
  const { connectionOptions, namespace } = temporalConnection(env);
  const { temporal, close: disconnect } = temporalClient(connectionOptions, namespace);
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const inboxPool = openPool(databaseUrl, inboxConnections, undefined, inboxStatementMs);
  const bell = createInboxBell({ temporal, taskQueue, log });
  let publicUrl = settings.api.publicUrl?.replace(/\/+$/, '');
  const app = createApp({
    pool,
    temporal,
    log,
    sources: [hubspotSource, ...Object.keys(loaded.config.sources)],
    portals: Object.keys(loaded.config.portals),
    apps: installableApps(loaded.config, { env, readSecretFile }),
    keys: keyRingOf(settings.keys),
    token: settings.api.token,
    taskQueue,
    registry,
    webhooks: {
      ...webhookSettings(loaded.config, readers),
      ...{ pool: inboxPool, bell, publicUrl: () => publicUrl ?? '', now: () => new Date() },
    },
    newId: randomUUID,
    ...own.settings,
  });
  const server = await listen(app, settings.api);
  publicUrl ??= server.url;

  let stopping = false;
  const stop = async (why: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    log.info({ event: 'process_stopped', why }, 'the API stops');
    await server.close();
    await bell.settle();
    await inboxPool.end();
    await pool.end();
    // Last and at once: a retry of the client that still waits would throw on a closed connection.
    await disconnect();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(signal));
  // Started as somebody's child with a channel: without its parent it has no reason to go on.
  process.once('disconnect', () => void stop('parent gone'));
  process.stdout.write(`${JSON.stringify({ event: 'api_ready', url: server.url })}\n`);
}

function fail(faults: string[]): never {
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  process.exit(2);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
