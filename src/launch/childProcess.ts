import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { guard, unguard } from './guardian';

export interface ChildOptions {
  /** Said in errors: 'worker', 'api', 'postgres'. */
  name: string;
  command: string;
  args: readonly string[];
  /** The child's whole environment; this process's own when absent. */
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** Takes the child's standard output and error. Set aside as `<logFile>.1` at a start when above 10 MB. */
  logFile: string;
  /** Ready when this URL answers 2xx, this pattern is in the log, or this function says so; else at once. */
  readyUrl?: string;
  readyLine?: RegExp;
  readyCheck?: () => Promise<boolean>;
  readyTimeoutMs?: number;
  stopSignal?: NodeJS.Signals;
  /** Time between `stopSignal` and SIGKILL. */
  stopDeadlineMs?: number;
  /** Called once when the process has ended; `wanted` tells whether `stop` was called before. */
  onExit?: (exit: ChildExit) => void;
}

export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  wanted: boolean;
}

export interface Child {
  name: string;
  pid: number;
  exited: Promise<ChildExit>;
  /** Ends it: `stopSignal`, then SIGKILL to its whole group at the deadline. Safe to call twice. */
  stop(): Promise<ChildExit>;
}

const logBytesMax = 10_000_000;
const pollEveryMs = 40;

/**
 * Starts a process of its own group that lives no longer than this one (also when this one is killed), and waits
 * until it is ready. Its output goes straight to `logFile`: no pipe that could block it.
 * @throws with the end of its log when it ends or is not ready within `readyTimeoutMs` (default 30 s)
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const logStart = openLog(options.logFile);
  const log = openSync(options.logFile, 'a');
  const { uid, gid, cwd } = options;
  const running = spawn(options.command, options.args, {
    detached: true,
    stdio: ['ignore', log, log],
    env: options.env ?? process.env,
    ...(cwd !== undefined && { cwd }),
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
  });
  closeSync(log);
  const child = await adopt(running, options);
  try {
    await untilReady(child, options, logStart);
  } catch (error) {
    await child.stop();
    const tail = readLog(options.logFile, logStart).trimEnd().split('\n').slice(-15).join('\n');
    throw new Error(`${(error as Error).message}; its log ${options.logFile} ends with:\n${tail}`, {
      cause: error,
    });
  }
  return child;
}

async function adopt(running: ChildProcess, options: ChildOptions): Promise<Child> {
  const { name, stopSignal = 'SIGTERM', stopDeadlineMs = 15_000 } = options;
  await new Promise<void>((resolve, reject) => {
    running.once('spawn', resolve);
    running.once('error', (cause) => reject(new Error(`cannot start ${name}: ${cause.message}`, { cause })));
  });
  const pid = running.pid as number;
  let wanted = false;
  guard(pid, stopSignal, stopDeadlineMs);
  const exited = new Promise<ChildExit>((resolve) => {
    running.once('exit', (code, signal) => {
      unguard(pid);
      const exit = { code, signal, wanted };
      resolve(exit);
      options.onExit?.(exit);
    });
  });
  const stop = async (): Promise<ChildExit> => {
    wanted = true;
    running.kill(stopSignal);
    const timer = setTimeout(() => killGroup(pid), stopDeadlineMs);
    const exit = await exited;
    clearTimeout(timer);
    return exit;
  };
  return { name, pid, exited, stop };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function untilReady(child: Child, options: ChildOptions, logStart: number): Promise<void> {
  const { name, readyTimeoutMs = 30_000 } = options;
  const until = Date.now() + readyTimeoutMs;
  let ended: ChildExit | undefined;
  void child.exited.then((exit) => (ended = exit));
  while (!(await isReady(options, logStart))) {
    if (ended) throw new Error(`${name} ended at its start (${ended.signal ?? `exit code ${ended.code}`})`);
    if (Date.now() > until) throw new Error(`${name} was not ready after ${readyTimeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, pollEveryMs));
  }
}

async function isReady(options: ChildOptions, logStart: number): Promise<boolean> {
  const { readyUrl, readyLine, readyCheck } = options;
  if (readyLine && !readyLine.test(readLog(options.logFile, logStart))) return false;
  if (readyUrl && !(await answers(readyUrl))) return false;
  return readyCheck ? readyCheck() : true;
}

async function answers(url: string): Promise<boolean> {
  try {
    const reply = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await reply.body?.cancel();
    return reply.ok;
  } catch {
    return false;
  }
}

/** Makes room for the log; returns where this run's part of it begins. */
function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true });
  if (!existsSync(file)) return 0;
  const { size } = statSync(file);
  if (size <= logBytesMax) return size;
  renameSync(file, `${file}.1`);
  return 0;
}

/** The log from `start` on, at most its last 200 kB. */
function readLog(file: string, start: number): string {
  const { size } = statSync(file);
  const from = Math.max(start, size - 200_000);
  const buffer = Buffer.alloc(Math.max(0, size - from));
  const descriptor = openSync(file, 'r');
  try {
    return buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, buffer.length, from));
  } finally {
    closeSync(descriptor);
  }
}
