import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks per second of /proc: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** CPU seconds that processes and their children, ended ones included, have used so far. */
export function cpuSeconds<Name extends string>(pids: Record<Name, number>): Record<Name, number> {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStat(Number(name)) ?? []);
  const entries = Object.entries<number>(pids).map(([name, pid]) => {
    const ticks = all
      .filter((stat) => stat.pid === pid || stat.parent === pid)
      .reduce((sum, stat) => sum + stat.own + (stat.pid === pid ? stat.ofEndedChildren : 0), 0);
    return [name, ticks / ticksPerSecond];
  });
  return Object.fromEntries(entries) as Record<Name, number>;
}

/** What was used between two looks. */
export function cpuBetween<Name extends string>(
  before: Record<Name, number>,
  after: Record<Name, number>,
): Record<Name, number> {
  const names = Object.keys(after) as Name[];
  return Object.fromEntries(names.map((name) => [name, after[name] - before[name]])) as Record<Name, number>;
}

interface ProcessStat {
  pid: number;
  parent: number;
  own: number;
  ofEndedChildren: number;
}

/** Null where the process ended meanwhile. The name in brackets may hold spaces: fields are counted behind it. */
function readStat(pid: number): ProcessStat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [parent, utime, stime, cutime, cstime] = [1, 11, 12, 13, 14].map((at) => fields[at] ?? 0);
    return { pid, parent: parent!, own: utime! + stime!, ofEndedChildren: cutime! + cstime! };
  } catch {
    return null;
  }
}
