import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process id together with what tells it from a later process that was given the same number. */
export interface ProcessIdentity {
  pid: number;
  /** Start time as the operating system writes it; compared, never read. */
  started: string;
}

/** Identity of the living process `pid`, or undefined when it is gone (a zombie counts as gone). */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  if (!exists(pid)) return undefined;
  const started = startFromProc(pid) ?? startFromPs(pid);
  return started === undefined || started === '' ? undefined : { pid, started };
}

/** True while that very process lives. */
export function isAlive(identity: ProcessIdentity): boolean {
  return processIdentity(identity.pid)?.started === identity.started;
}

/**
 * Ends a process that is not our child: `signal` first, SIGKILL after `deadlineMs`.
 * @throws when it outlives SIGKILL by 5 s
 */
export async function endProcess(
  identity: ProcessIdentity,
  signal: NodeJS.Signals,
  deadlineMs: number,
): Promise<void> {
  send(identity.pid, signal);
  if (await gone(identity, deadlineMs)) return;
  send(identity.pid, 'SIGKILL');
  if (!(await gone(identity, 5_000))) throw new Error(`process ${identity.pid} does not end`);
}

async function gone(identity: ProcessIdentity, deadlineMs: number): Promise<boolean> {
  const until = Date.now() + deadlineMs;
  while (isAlive(identity)) {
    if (Date.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return true;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Linux: state and start time (fields 3 and 22 of proc_pid_stat(5)); undefined where there is no /proc. */
function startFromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name, field 2, may hold spaces and brackets: count from its closing bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? '' : fields[19];
  } catch {
    return undefined;
  }
}

function startFromPs(pid: number): string | undefined {
  const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout?.trim();
}
