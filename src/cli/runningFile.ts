import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isAlive, processIdentity } from '../launch/processIdentity';

/** What `start` leaves for the other commands: how to reach what it started. */
const runningSchema = z.object({
  pid: z.number(),
  started: z.string(),
  /** Variables under which the other commands, worker and API reach the same parts. */
  environment: z.record(z.string(), z.string()),
  urls: z.record(z.string(), z.string()),
});

export type RunningSystem = Pick<z.output<typeof runningSchema>, 'environment' | 'urls'>;

const fileName = 'running.json';

/** Writes down the running system, readable by its owner only: it holds the database's password. */
export function writeRunning(stateDir: string, running: RunningSystem): void {
  const self = processIdentity(process.pid);
  if (!self) throw new Error('cannot tell the start time of this process (neither /proc nor ps)');
  mkdirSync(stateDir, { recursive: true });
  writeFileSync(join(stateDir, fileName), `${JSON.stringify({ ...self, ...running }, null, 2)}\n`, {
    mode: 0o600,
  });
}

export function removeRunning(stateDir: string): void {
  rmSync(join(stateDir, fileName), { force: true });
}

/** The running system of a state folder; null when none runs (a killed start may have left its file). */
export function readRunning(stateDir: string): RunningSystem | null {
  let text: string;
  try {
    text = readFileSync(join(stateDir, fileName), 'utf8');
  } catch {
    return null;
  }
  const parsed = runningSchema.safeParse(parseJson(text));
  return parsed.success && isAlive(parsed.data) ? parsed.data : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
