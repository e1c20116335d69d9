import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startPostgres } from '../../src/launch/postgresServer';
import { findOrBuildTemporal } from '../../src/launch/temporalBinary';
import { promptTimers, startTemporal } from '../../src/launch/temporalServer';
import { brokerVariable } from './askBroker';
import { startBroker, type ServerBroker } from './serverBroker';

export interface RunServers {
  broker: ServerBroker;
  /** What a test left behind, as sentences; empty when all is clean. */
  leftBehind: string[];
  removeFolder(): void;
}

declare global {
  var tributaryTestServers: RunServers | undefined;
}

/** Starts the broker only; Postgres and Temporal start when the first test asks for them. */
export default async function globalSetup(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-test-'));
  // Under root, Postgres runs as another user who must be able to enter.
  chmodSync(folder, 0o755);
  const leftBehind: string[] = [];
  const onProgress = (line: string): void => void process.stderr.write(`${line}\n`);

  const postgres = async () => {
    const server = await startPostgres({
      dataDir: join(folder, 'postgres'),
      logFile: join(folder, 'postgres.log'),
      database: 'postgres',
      // Durability is not under test here, and many small databases come and go. Kill tests start their own server.
      settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', shared_buffers: '128MB' },
    });
    const stop = async (): Promise<void> => {
      leftBehind.push(...(await databasesLeft(server.url)));
      await server.stop();
    };
    return { answer: { url: server.url }, stop };
  };
  const temporal = async () => {
    const logFile = join(folder, 'temporal.log');
    const server = await startTemporal({ uiPort: false, dynamicConfig: promptTimers, logFile, onProgress });
    return { answer: { address: server.address, namespace: server.namespace }, stop: () => server.stop() };
  };
  const temporalProgram = async () => ({
    answer: { path: await findOrBuildTemporal({ onProgress }) },
    stop: async () => undefined,
  });

  const broker = await startBroker({ postgres, temporal, temporalProgram });
  process.env[brokerVariable] = broker.url;
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  globalThis.tributaryTestServers = { broker, leftBehind, removeFolder };
  process.once('exit', removeFolder);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void broker.stop().finally(() => process.exit(130));
    });
  }
}

async function databasesLeft(url: string): Promise<string[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ datname: string }>(
      `select datname from pg_database where datname like 'test\\_%' order by datname`,
    );
    return rows.map(
      ({ datname }) => `database ${datname} was not dropped: a test file does not await drop()`,
    );
  } finally {
    await client.end();
  }
}
