import { claimFolder, type FolderClaim } from './folderClaim';
import { startChild, type Child, type ChildExit } from './childProcess';
import { freePort } from './freePort';
import { serverEnvironment } from './serverEnvironment';
import { findOrBuildTemporal } from './temporalBinary';

export interface TemporalOptions {
  /** File of the server's state; in memory when absent. */
  dataFile?: string;
  /** Port of the gRPC frontend; a free one when absent. */
  port?: number;
  /** Port of the Web UI; a free one when absent, no Web UI when false. */
  uiPort?: number | false;
  logFile: string;
  /** Server settings, e.g. `{ 'history.timerProcessorMaxTimeShift': '20ms' }` for timers below 1 s. */
  dynamicConfig?: Record<string, string | number | boolean>;
  extraArgs?: readonly string[];
  onProgress?: (line: string) => void;
  onExit?: (exit: ChildExit) => void;
}

export interface TemporalServer {
  address: string;
  namespace: 'default';
  uiUrl: string | undefined;
  pid: number;
  stop(): Promise<void>;
}

/** Timers and retry delays below 1 s take about 1 s without it (DESIGN §3). For tests and the demo. */
export const promptTimers = { 'history.timerProcessorMaxTimeShift': '20ms' } as const;

/**
 * A worker with room gets activities with the answer to the workflow turn that asked for them, and not through a task
 * queue: a person's change passes five on its way. Off by default (temporal 1.31, common/dynamicconfig/constants.go).
 */
const eagerActivities = { 'system.enableActivityEagerExecution': true } as const;

/**
 * Starts the official Temporal dev server on 127.0.0.1 and waits until its namespace answers. It ends with this
 * process. A port that was not given is asked for again when another process takes it first.
 * @throws FolderInUse when another process works on `dataFile`
 */
export async function startTemporal(options: TemporalOptions): Promise<TemporalServer> {
  const program = await findOrBuildTemporal(options.onProgress ? { onProgress: options.onProgress } : {});
  const claim = options.dataFile === undefined ? undefined : await claimFolder(options.dataFile);
  try {
    return await startWithFreePorts(program, options, claim);
  } catch (error) {
    claim?.release();
    throw error;
  }
}

async function startWithFreePorts(
  program: string,
  options: TemporalOptions,
  claim: FolderClaim | undefined,
): Promise<TemporalServer> {
  const attemptsMax = options.port === undefined ? 3 : 1;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(program, options, claim);
    } catch (error) {
      if (attempt === attemptsMax) throw error;
    }
  }
}

async function startOnce(
  program: string,
  options: TemporalOptions,
  claim: FolderClaim | undefined,
): Promise<TemporalServer> {
  const port = options.port ?? (await freePort());
  const uiPort = options.uiPort === false ? undefined : (options.uiPort ?? (await freePort()));
  const address = `127.0.0.1:${port}`;
  const child: Child = await startChild({
    name: 'the Temporal dev server',
    command: program,
    args: serverArguments(options, port, uiPort),
    env: serverEnvironment(),
    logFile: options.logFile,
    readyCheck: () => namespaceAnswers(address),
    readyTimeoutMs: 60_000,
    // A graceful end takes over a second; a server in memory has nothing to save.
    stopSignal: options.dataFile === undefined ? 'SIGKILL' : 'SIGTERM',
    stopDeadlineMs: 10_000,
    ...(options.onExit && { onExit: options.onExit }),
  });
  claim?.recordChild(child.pid, 'SIGTERM');
  return {
    address,
    namespace: 'default',
    uiUrl: uiPort === undefined ? undefined : `http://127.0.0.1:${uiPort}`,
    pid: child.pid,
    async stop() {
      await child.stop();
      claim?.release();
    },
  };
}

function serverArguments(options: TemporalOptions, port: number, uiPort: number | undefined): string[] {
  const { dataFile, dynamicConfig = {}, extraArgs = [] } = options;
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port)],
    ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
    ...['--log-level', 'warn', '--log-format', 'json'],
    // WAL and NORMAL survive a kill of the process and more than double the file's speed (DESIGN §8).
    ...(dataFile === undefined
      ? []
      : [
          '--db-filename',
          dataFile,
          '--sqlite-pragma',
          'journal_mode=WAL',
          '--sqlite-pragma',
          'synchronous=NORMAL',
        ]),
    ...Object.entries({ ...eagerActivities, ...dynamicConfig }).flatMap(([name, value]) => [
      '--dynamic-config-value',
      `${name}=${JSON.stringify(value)}`,
    ]),
    ...extraArgs,
  ];
}

async function namespaceAnswers(address: string): Promise<boolean> {
  const { Connection } = await import('@temporalio/client');
  try {
    const connection = await Connection.connect({ address, connectTimeout: '2s' });
    try {
      await connection.workflowService.describeNamespace({ namespace: 'default' });
      return true;
    } finally {
      await connection.close();
    }
  } catch {
    return false;
  }
}
