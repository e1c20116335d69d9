import { join } from 'node:path';
import { startChild, type Child } from '../../src/launch/childProcess';

export interface WorkerOptions {
  /** Compiled output that the workers run from. */
  dist: string;
  folder: string;
  count: number;
  environment: Record<string, string>;
  /** `TRIBUTARY_FAILPOINT` of the next process, if it shall have one. */
  nextFailpoint: () => string | undefined;
  /** A process ended at its failpoint. */
  onFailpoint: (name: string) => void;
}

/** Worker processes that are started again whenever they end, as a process manager does. */
export interface Workers {
  kill(index: number): void;
  /** SIGSTOP, and SIGCONT after `ms`. */
  stopFor(index: number, ms: number): Promise<void>;
  /** Ends all of them for good. */
  stop(): Promise<void>;
}

/** How soon a process that ended is started again. */
const againMs = 200;

export async function startWorkers(options: WorkerOptions): Promise<Workers> {
  const running: (Child | undefined)[] = [];
  const killed = new Set<number>();
  let isEnding = false;
  const keepers: Promise<void>[] = [];
  let starts = 0;

  async function startOne(index: number): Promise<Child> {
    const failpoint = options.nextFailpoint();
    starts += 1;
    const child = await startChild({
      name: `worker ${index + 1}`,
      command: process.execPath,
      args: [
        '--disable-warning=ExperimentalWarning',
        '--enable-source-maps',
        join(options.dist, 'worker/main.js'),
      ],
      env: { ...options.environment, ...(failpoint ? { TRIBUTARY_FAILPOINT: failpoint } : {}) },
      logFile: join(options.folder, `worker-${index + 1}.log`),
      readyLine: /worker_ready/,
      readyTimeoutMs: 60_000,
      onExit: ({ signal }) => {
        if (failpoint && signal === 'SIGKILL' && !killed.has(child?.pid ?? 0) && !isEnding)
          options.onFailpoint(failpoint);
      },
    });
    return child;
  }

  async function keep(index: number): Promise<void> {
    while (!isEnding) {
      try {
        const child = await startOne(index);
        running[index] = child;
        if (isEnding) await child.stop();
        await child.exited;
      } catch {
        // Its database or Temporal is down just now; its log tells.
      }
      running[index] = undefined;
      if (!isEnding) await new Promise((resolve) => setTimeout(resolve, againMs));
    }
  }

  for (let index = 0; index < options.count; index += 1) keepers.push(keep(index));
  while (starts < options.count || running.filter(Boolean).length < options.count)
    await new Promise((resolve) => setTimeout(resolve, 50));

  return {
    kill(index) {
      const child = running[index];
      if (!child) return;
      killed.add(child.pid);
      signalTo(child.pid, 'SIGKILL');
    },
    async stopFor(index, ms) {
      const child = running[index];
      if (!child) return;
      signalTo(child.pid, 'SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, ms));
      signalTo(child.pid, 'SIGCONT');
    },
    async stop() {
      isEnding = true;
      for (const child of running) if (child) signalTo(child.pid, 'SIGCONT');
      await Promise.all(running.flatMap((child) => (child ? [child.stop()] : [])));
      await Promise.all(keepers);
    },
  };
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
