import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { startChild, type Child, type ChildExit } from './childProcess';
import { claimFolder, type FolderClaim } from './folderClaim';
import { freePort } from './freePort';
import { give, openDataFolder, postgresPrograms, postgresUser, type PostgresUser } from './postgresProgram';
import { serverEnvironment } from './serverEnvironment';

export interface PostgresOptions {
  /** Made at the first start. */
  dataDir: string;
  /** A free one when absent. */
  port?: number;
  /** Made when missing; default `tributary`. */
  database?: string;
  logFile: string;
  /** Server settings on top of ours, e.g. `{ fsync: 'off' }` for tests. */
  settings?: Record<string, string>;
  onProgress?: (line: string) => void;
  onExit?: (exit: ChildExit) => void;
}

export interface PostgresServer {
  /** With the password, which is made at the first start and kept in the data folder. */
  url: string;
  port: number;
  pid: number;
  stop(): Promise<void>;
}

const defaultSettings: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  // TCP only: a socket in /tmp would be one more thing that a killed server leaves behind.
  unix_socket_directories: '',
  shared_buffers: '256MB',
  synchronous_commit: 'on',
  max_wal_size: '2GB',
  wal_compression: 'on',
  max_connections: '100',
  jit: 'off',
  // Parallel plans need /dev/shm, of which a container has 64 MB; page-sized statements do not gain from them.
  max_parallel_workers_per_gather: '0',
};

/**
 * Starts the embedded Postgres on 127.0.0.1 over `dataDir` and waits until it takes connections. It ends with this
 * process, and what a killed run left behind (a server, a stale postmaster.pid) is cleared away first.
 * @throws FolderInUse when another process works on `dataDir`
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const claim = await claimFolder(options.dataDir);
  try {
    const user = postgresUser();
    const programs = postgresPrograms(user);
    const folder = openDataFolder(user, options.dataDir);
    if (!existsSync(join(folder, 'PG_VERSION'))) {
      options.onProgress?.('Postgres: making an empty database');
      initialise(programs, folder, user);
    }
    refuseOtherVersion(programs, folder);
    for (let attempt = 1; ; attempt += 1) {
      clearStaleLock(folder);
      try {
        return await serve(programs, folder, user, options, claim);
      } catch (error) {
        if (options.port !== undefined || attempt === startsMax || !isPortTaken(error)) throw error;
      }
    }
  } catch (error) {
    claim.release();
    throw error;
  }
}

/** Attempts with a port of our choice. */
const startsMax = 3;

/** The port that was free a moment ago was taken meanwhile, as the end of the server's log says. */
function isPortTaken(error: unknown): boolean {
  return error instanceof Error && error.message.includes('could not create any TCP/IP sockets');
}

/** Made next to its place and moved there when complete: a killed start leaves nothing that looks right. */
function initialise(programs: string, folder: string, user: PostgresUser): void {
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const passwordFile = join(unfinished, 'password');
  writeFileSync(passwordFile, randomBytes(18).toString('base64url'), { mode: 0o600 });
  give(user, unfinished);
  give(user, passwordFile);
  const made = spawnSync(
    join(programs, 'bin/initdb'),
    // The builtin locale sorts the same on every machine, by code point.
    [
      ...['--pgdata', join(unfinished, 'data'), '--username', 'tributary', '--pwfile', passwordFile],
      ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C'],
      ...['--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8', '--no-instructions'],
    ],
    { ...user, cwd: unfinished, env: serverEnvironment(), encoding: 'utf8' },
  );
  if (made.error) throw new Error(`cannot run initdb: ${made.error.message}`, { cause: made.error });
  if (made.status !== 0) throw new Error(`initdb failed (exit code ${made.status}):\n${made.stderr}`);
  renameSync(passwordFile, join(unfinished, 'data/tributary.password'));
  rmSync(folder, { recursive: true, force: true });
  renameSync(join(unfinished, 'data'), folder);
  rmSync(unfinished, { recursive: true });
}

function refuseOtherVersion(programs: string, folder: string): void {
  const made = readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim();
  const { stdout } = spawnSync(join(programs, 'bin/postgres'), ['--version'], { encoding: 'utf8' });
  const ours = /(\d+)/.exec(stdout ?? '')?.[1];
  if (ours !== made) {
    throw new Error(
      `${folder} was made by Postgres ${made}, the embedded one is ${ours}: dump it with that version`,
    );
  }
}

/**
 * A killed server leaves postmaster.pid, and after a reboot its number may belong to any process, for which Postgres
 * would refuse to start. The claim says that no server of ours lives; so only a Postgres in this very folder counts.
 */
function clearStaleLock(folder: string): void {
  const lockFile = join(folder, 'postmaster.pid');
  if (!existsSync(lockFile)) return;
  const pid = Number(readFileSync(lockFile, 'utf8').split('\n')[0]);
  let worksIn: string | undefined;
  try {
    worksIn = readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    worksIn = undefined;
  }
  if (worksIn === folder)
    throw new Error(`a Postgres (process ${pid}) is running on ${folder}; stop it first`);
  rmSync(lockFile, { force: true });
}

async function serve(
  programs: string,
  folder: string,
  user: PostgresUser,
  options: PostgresOptions,
  claim: FolderClaim,
): Promise<PostgresServer> {
  const port = options.port ?? (await freePort());
  const password = readFileSync(join(folder, 'tributary.password'), 'utf8');
  const url = (database: string): string => `postgres://tributary:${password}@127.0.0.1:${port}/${database}`;
  const settings = Object.entries({ ...defaultSettings, ...options.settings });
  const child: Child = await startChild({
    name: 'Postgres',
    command: join(programs, 'bin/postgres'),
    args: [
      '-D',
      folder,
      '-p',
      String(port),
      ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    env: serverEnvironment(),
    cwd: folder,
    ...user,
    logFile: options.logFile,
    readyCheck: () => takesConnections(url('postgres')),
    // Recovery after a kill replays up to max_wal_size.
    readyTimeoutMs: 120_000,
    // SIGINT is Postgres's fast shutdown: open sessions are cut, everything committed is written.
    stopSignal: 'SIGINT',
    stopDeadlineMs: 30_000,
    ...(options.onExit && { onExit: options.onExit }),
  });
  claim.recordChild(child.pid, 'SIGINT');
  const database = options.database ?? 'tributary';
  const stop = async (): Promise<void> => {
    await child.stop();
    claim.release();
  };
  try {
    await makeDatabase(url('postgres'), database);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: url(database), port, pid: child.pid, stop };
}

async function takesConnections(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function makeDatabase(url: string, name: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}
