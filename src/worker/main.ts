import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createActivities } from '../activities';
import { createAccessTokens } from '../activities/accessTokens';
import { createContext } from '../activities/context';
import { defaultClaimLimits } from '../activities/quota/limits';
import { processEnv, readEnv, type EnvSettings } from '../config/env';
import { keyRingOf } from '../config/keyRing';
import { faultText, loadConfig } from '../config/loadConfig';
import { createLogger } from '../config/logger';
import { temporalConnection } from '../config/temporalConnection';
import { migrate } from '../db/migrate';
import { openPool } from '../db/pool';
import type { CallInfo } from '../hubspot/exchange';
import { connectApp } from '../hubspot/oauth';
import { taskQueue } from '../workflows/contracts';
import { createDoorbell } from './doorbell';
import { createFailpoint } from './failpoint';
import { createMetrics } from './metrics';
import { freeLoopbackAddress, serveMetrics, temporalTelemetry } from './metricsServer';
import { createRunLookup } from './runLookup';
import { createSearchAttributes } from './searchAttributes';
import { settingsOf } from './settings';

/** Made by the build, and what the replay tests replay against. */
const workflowBundle = { codePath: join(__dirname, '../workflows.bundle.js') };

/** A transaction of a busy worker may rest this long between two statements. */
const idleInTransactionMsMin = 5_000;

/** The worker process: constructs everything, runs until it is told to stop, ends what it began. */
async function main(): Promise<void> {
  const env = processEnv();
  const read = readEnv(env);
  if (!read.ok) fail(read.faults.map(({ name, message }) => `${name} ${message}`));
  const settings = read.settings;
  const log = createLogger({ ...settings.log, isTerminal: process.stdout.isTTY });
  const readers = { env, readSecretFile: (path: string) => readFileSync(path, 'utf8') };
  const loaded = loadConfig({ ...readers, path: settings.configPath, now: new Date() });
  if (!loaded.ok) fail(loaded.faults.map(faultText));
  const databaseUrl = settings.database.url?.reveal();
  if (databaseUrl === undefined) fail(['DATABASE_URL is not set: where is Postgres?']);

  await migrate(databaseUrl);
  const limits = {
    callDeadlineMs: Number(env['TRIBUTARY_CALL_DEADLINE_MS'] ?? defaultClaimLimits.callDeadlineMs),
    claimMs: Number(env['TRIBUTARY_CLAIM_MS'] ?? defaultClaimLimits.claimMs),
  };
  const idleInTransactionMs = Math.max(limits.claimMs, idleInTransactionMsMin);
  const pool = openPool(databaseUrl, settings.database.poolMax, idleInTransactionMs);
  const sdkAddress = await freeLoopbackAddress();
  installRuntime(log, settings, sdkAddress);
  const { connectionOptions, namespace } = temporalConnection(env);
  const connection = await Connection.connect(connectionOptions);
  const client = new Client({ connection, namespace });
  const metrics = createMetrics();
  const searchAttributes = createSearchAttributes(connection, namespace, (error) =>
    log.warn({ err: error }, 'search attributes of Temporal cannot be used'),
  );
  const doorbell = createDoorbell(client, searchAttributes, (error) =>
    log.warn({ err: error }, 'a bell was not heard'),
  );
  const now = () => new Date();
  const ring = keyRingOf(settings.keys);
  const onCall = ({ endpoint, status, durationMs }: CallInfo) =>
    metrics.call(endpoint, String(status), durationMs);
  const context = createContext({
    pool,
    settings: settingsOf(loaded.config, {
      readers,
      now,
      callDeadlineMs: limits.callDeadlineMs,
      onCall,
      accessTokens: (app) =>
        createAccessTokens({
          ...{ pool, log, ring, callDeadlineMs: limits.callDeadlineMs },
          ...{ portalId: app.portalId, installUrl: app.installUrl },
          app: connectApp(
            { ...app, clientSecret: app.clientSecret.reveal() },
            { baseUrl: app.baseUrl, deadlineMs: limits.callDeadlineMs, onCall },
          ),
        }),
    }),
    log,
    metrics,
    doorbell,
    searchAttributes,
    isRunRunning: createRunLookup(client),
    now,
    erasureSecret: () => settings.erasureKey?.reveal() ?? null,
    limits,
    failpoint: createFailpoint(env['TRIBUTARY_FAILPOINT']),
  });
  const native = await NativeConnection.connect(connectionOptions);
  const worker = await Worker.create({
    connection: native,
    namespace,
    taskQueue,
    workflowBundle,
    activities: createActivities(context),
    maxConcurrentActivityTaskExecutions: settings.worker.activitiesMax,
    shutdownGraceTime: settings.worker.graceMs,
    shutdownForceTime: settings.worker.graceMs + 10_000,
  });
  const metricsServer = await serveMetrics(metrics, settings.worker.metricsPort, {
    host: settings.worker.metricsHost,
    sdkAddress,
    isRunning: () => worker.getState() === 'RUNNING',
  });
  process.once('disconnect', () => worker.shutdown());
  process.stdout.write(
    `${JSON.stringify({ event: 'worker_ready', taskQueue, metricsUrl: metricsServer?.url })}\n`,
  );
  await worker.run();
  await doorbell.settle();
  await metricsServer?.close();
  await context.close();
  await pool.end();
  await connection.close();
  await native.close();
}

/** Temporal's own lines go through our logger, so that they are redacted and look alike. */
function installRuntime(log: Logger, settings: EnvSettings, sdkAddress: string): void {
  Runtime.install({
    telemetryOptions: temporalTelemetry(sdkAddress),
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      const line = { event: 'temporal', ...meta };
      if (level === 'ERROR') log.error(line, message);
      else log.warn(line, message);
    }),
    shutdownSignals: ['SIGINT', 'SIGTERM'],
  });
  log.debug({ event: 'process_started', activities: settings.worker.activitiesMax }, 'worker starts');
}

function fail(faults: string[]): never {
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  process.exit(2);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
