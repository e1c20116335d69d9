import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { startChild, type Child } from '../../launch/childProcess';
import { distPath, nodeArguments } from '../distPath';
import { killGroup, type PartName, type Parts } from './parts';

export interface NodeChildOptions<Ready> {
  name: PartName;
  /** Below dist. */
  program: string;
  args?: string[];
  env: Record<string, string | undefined>;
  stateDir: string;
  /** The JSON line that it prints when it is ready. */
  event: string;
  ready: z.ZodType<Ready>;
  readyTimeoutMs?: number;
  stopDeadlineMs?: number;
  parts: Parts;
  /** Called when it ends without having been told to. */
  onDeath: (name: PartName, how: string, logFile: string) => void;
}

/** A busy machine with cold caches takes its time. */
const readyTimeoutMsDefault = 120_000;

/** Starts one of our own programs and waits for its ready line. Out: what that line says. */
export async function startNodeChild<Ready>(options: NodeChildOptions<Ready>): Promise<Ready> {
  const { name, program, args = [], env, stateDir, event, parts, stopDeadlineMs } = options;
  const { readyTimeoutMs = readyTimeoutMsDefault } = options;
  const logFile = join(stateDir, 'logs', `${name.toLowerCase()}.log`);
  let isReady = false;
  const child: Child = await startChild({
    name: `the ${name}`,
    command: process.execPath,
    args: [...nodeArguments, distPath(program), ...args],
    env,
    logFile,
    readyLine: new RegExp(`^\\{.*"event":"${event}"`, 'm'),
    readyTimeoutMs,
    ...(stopDeadlineMs === undefined ? {} : { stopDeadlineMs }),
    onExit: ({ code, signal, wanted }) => {
      if (!wanted && isReady) options.onDeath(name, signal ?? `exit code ${code}`, logFile);
    },
  });
  isReady = true;
  parts.add({ name, stop: () => child.stop(), kill: () => killGroup(child.pid) });
  return options.ready.parse(lastEvent(logFile, event));
}

/** The newest line of an event: of this very start, which has just waited for it. */
function lastEvent(logFile: string, event: string): unknown {
  const line = readFileSync(logFile, 'utf8')
    .split('\n')
    .findLast((text) => text.startsWith('{') && text.includes(`"event":"${event}"`));
  if (line === undefined) throw new Error(`${logFile} has no line ${event}`);
  return JSON.parse(line);
}
