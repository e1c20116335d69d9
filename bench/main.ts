import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countActions } from './actions';
import { bareLoop } from './bareLoop';
import { compareBoth } from './compare';
import { callEconomy, countCalls } from './callEconomy';
import { cpuBetween, cpuSeconds } from './cpuTime';
import { editLatency } from './editLatency';
import { machine } from './machine';
import { memoryBySize, runQuery, workerPeakMb } from './memory';
import { readOptions, type BenchOptions } from './options';
import { quotaUse } from './quotaUse';
import { recordedBatches } from './recordedBatches';
import { reportText, type Figures } from './report';
import { openPortal, syncOnce } from './river';
import { startStack } from './stack';
import { webhookLatency } from './webhooks';

/** These start stacks of their own. */
const ofTheirOwn: string[] = ['compare', 'memory', 'webhooks'];

/** Measures the river on servers of its own. Figures are told, not judged: the exit code is 0 whatever they are. */
async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const options = readOptions(args);
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'tributary-bench-'));
  const figures: Figures = {
    machine: machine(),
    people: options.people,
    seed: options.seed,
    command: `npm run bench -- ${args.join(' ')}`.trimEnd(),
  };
  try {
    if (options.only.some((name) => !ofTheirOwn.includes(name)))
      await measureRiver(options, folder, figures, say);
    if (options.only.includes('compare')) figures.compared = await compareBoth(options, folder, say);
    if (options.only.includes('memory')) figures.memory = await memoryBySize(options, folder, say);
    if (options.only.includes('webhooks')) figures.webhooks = await webhookLatency(folder, say);
  } finally {
    if (options.folder === null) rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(`${options.json ? JSON.stringify(figures, null, 2) : reportText(figures)}\n`);
}

/** The measures that share one stack: each begins where the one before ended. */
async function measureRiver(
  options: BenchOptions,
  folder: string,
  figures: Figures,
  say: (line: string) => void,
): Promise<void> {
  const wanted = (name: 'throughput' | 'calls' | 'edits' | 'quota') => options.only.includes(name);
  say('starting Postgres, Temporal, the simulator, the demo and a worker');
  const stack = await startStack({ ...options, folder, isPaced: wanted('edits') });
  try {
    figures.versions = stack.versions;
    await openPortal(stack);
    if (wanted('throughput') || wanted('calls')) {
      say('first run, no quota');
      const before = cpuSeconds(stack.pids);
      const { run, calls } = await countCalls(stack, 'initial load');
      figures.cpu = cpuBetween(before, cpuSeconds(stack.pids));
      figures.first = run;
      figures.workerPeakMb = workerPeakMb(stack);
      figures.calls = [calls];
      figures.actions = await countActions(stack.temporal, runQuery);
    }
    if (wanted('throughput')) {
      say('bare loop');
      const recorded = await recordedBatches(stack, figures.first!.runId);
      const twin = await stack.startTwin('twin');
      const loop = bareLoop(twin);
      await loop.setUp();
      figures.bare = await loop.load(recorded);
      await twin.stop();
    }
    if (wanted('calls')) {
      say('runs with nothing and with 1% changed');
      figures.calls?.push(...(await callEconomy(stack)));
    }
    if (wanted('edits')) {
      if (!figures.first) figures.first = await syncOnce(stack, 'first');
      figures.editLatency = await editLatency(stack, options.edits, say);
    }
    if (wanted('quota')) {
      // No write before one complete list read.
      if (!figures.first) await syncOnce(stack, 'known', { sources: ['hubspot'] });
      figures.quota = await quotaUse(stack, { ...options, say });
    }
  } finally {
    await stack.stop();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
