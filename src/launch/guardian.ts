import { spawn, type ChildProcess } from 'node:child_process';

/**
 * Children must die with their parent, also when it is killed and can tell nobody. The guardian is a tiny Node
 * process that waits at the end of a pipe: when the pipe closes, the parent is gone, and it ends what is left.
 * It is a text because it must run the same from source (jest) and from dist.
 */
const guardianProgram = `
const left = new Map();
let rest = '';
const send = (pid, signal) => { try { process.kill(pid, signal); return true; } catch { return false; } };
process.stdin.setEncoding('utf8').on('data', (text) => {
  const lines = (rest + text).split('\\n');
  rest = lines.pop();
  for (const line of lines) {
    const [verb, pid, signal, deadlineMs] = line.split(' ');
    if (verb === 'guard') left.set(Number(pid), { signal, deadlineMs: Number(deadlineMs) });
    else left.delete(Number(pid));
  }
}).on('end', () => {
  const began = Date.now();
  for (const [pid, { signal }] of left) send(pid, signal);
  const timer = setInterval(() => {
    for (const [pid, { deadlineMs }] of left) {
      if (!send(pid, 0)) left.delete(pid);
      else if (Date.now() - began > deadlineMs) { send(-pid, 'SIGKILL'); left.delete(pid); }
    }
    if (left.size === 0) clearInterval(timer);
  }, 50);
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
`;

let guardian: ChildProcess | undefined;
const guarded = new Set<number>();

/** From now on `pid` (a process group leader) gets `signal` when this process dies, SIGKILL after `deadlineMs`. */
export function guard(pid: number, signal: NodeJS.Signals, deadlineMs: number): void {
  guarded.add(pid);
  guardian ??= startGuardian();
  guardian.stdin?.write(`guard ${pid} ${signal} ${deadlineMs}\n`);
}

/** Forgets an ended process; with the last one the guardian itself ends. */
export function unguard(pid: number): void {
  if (!guarded.delete(pid) || !guardian) return;
  guardian.stdin?.write(`forget ${pid}\n`);
  if (guarded.size > 0) return;
  guardian.stdin?.end();
  guardian = undefined;
}

function startGuardian(): ChildProcess {
  // Detached: the Ctrl-C of a terminal reaches every process of its group, and this one must outlive it.
  const child = spawn(process.execPath, ['-e', guardianProgram], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
  });
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  return child;
}
