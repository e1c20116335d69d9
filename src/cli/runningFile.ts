import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isAlive, processIdentity } from '../launch/processIdentity';

/** What `start` leaves for the other commands: how to reach what it started. */
const runningSchema = z.object({
  pid: z.number(),
  started: z.string(),
  /** Variables that `start` made: under them the other commands reach the same parts. */
  environment: z.record(z.string(), z.string()),
  /** SHA-256 of the variables that `start` was given: secrets of a person's environment are not written down. */
  givenHashes: z.record(z.string(), z.string()),
  urls: z.record(z.string(), z.string()),
});

export type RunningSystem = Pick<z.output<typeof runningSchema>, 'environment' | 'givenHashes' | 'urls'>;

type Environment = Record<string, string | undefined>;

/** Variables that say which system is meant: where one differs, another system is. */
const decisiveNames = ['DATABASE_URL', 'TEMPORAL_ADDRESS', 'HUBSPOT_ACCESS_TOKEN'];

const fileName = 'running.json';

/** Writes down the running system, readable by its owner only: it holds the database's password. */
export function writeRunning(
  stateDir: string,
  {
    environment,
    given,
    urls,
  }: { environment: Environment; given: Environment; urls: Record<string, string> },
): void {
  const self = processIdentity(process.pid);
  if (!self) throw new Error('cannot tell the start time of this process (neither /proc nor ps)');
  const made = Object.entries(environment).filter(([name, value]) => value && value !== given[name]);
  const givenHashes = decisiveNames.flatMap((name) => (given[name] ? [[name, hashOf(given[name])]] : []));
  const running = {
    ...self,
    environment: Object.fromEntries(made),
    givenHashes: Object.fromEntries(givenHashes),
    urls,
  };
  mkdirSync(stateDir, { recursive: true });
  writeFileSync(join(stateDir, fileName), `${JSON.stringify(running, null, 2)}\n`, { mode: 0o600 });
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

/** Whether an environment names another database, Temporal or portal than the running system has. */
export function meansAnother(running: RunningSystem, environment: Environment): boolean {
  return decisiveNames.some((name) => {
    const value = environment[name];
    if (!value) return false;
    return value !== running.environment[name] && hashOf(value) !== running.givenHashes[name];
  });
}

function hashOf(value: string): string {
  return createHash('sha256').update(value).digest('hex');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
