import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { countActions, type ActionCount } from './actions';
import type { BenchOptions } from './options';
import { openPortal, syncOnce } from './river';
import { startStack, type Stack } from './stack';

export interface MemoryFigures {
  people: number;
  rows: number;
  seconds: number;
  workerPeakMb: number;
  actions: ActionCount;
}

/** Peak resident memory of the worker so far, in MB, as Linux keeps it. */
export function workerPeakMb({ pids }: Stack): number {
  const status = readFileSync(`/proc/${pids.worker}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
}

/** A first run of each size on a stack of its own. */
export async function memoryBySize(
  options: BenchOptions,
  folder: string,
  say: (line: string) => void,
): Promise<MemoryFigures[]> {
  const figures: MemoryFigures[] = [];
  for (const people of options.memoryPeople) {
    say(`memory: first run of ${people} people`);
    const stack = await startStack({ ...options, people, folder: join(folder, `memory-${people}`) });
    try {
      await openPortal(stack);
      const run = await syncOnce(stack, 'first');
      figures.push({
        people,
        rows: run.counts['read'] ?? 0,
        seconds: run.seconds,
        workerPeakMb: workerPeakMb(stack),
        actions: await countActions(stack.temporal, runQuery),
      });
    } finally {
      await stack.stop();
    }
  }
  return figures;
}

/** What belongs to runs: set-up and check are apart. */
export const runQuery = `WorkflowType in ('syncRun', 'syncSource', 'consolidate', 'deliver')`;
