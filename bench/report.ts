import type { ActionCount } from './actions';
import type { ComparedFigures } from './compare';
import { comparedLines } from './compareReport';
import type { BareFigures } from './bareLoop';
import type { CallFigures } from './callEconomy';
import { editLines, type EditFigures } from './editLatency';
import type { Machine } from './machine';
import type { MemoryFigures } from './memory';
import type { QuotaFigures } from './quotaUse';
import type { RunFigures } from './river';
import { webhookLines, type WebhookFigures } from './webhooks';

export interface Figures {
  machine: Machine;
  versions?: { postgres: string; temporal: string };
  people: number;
  seed: number;
  command: string;
  first?: RunFigures;
  workerPeakMb?: number;
  /** CPU seconds of the first run, by process. */
  cpu?: Record<string, number>;
  bare?: BareFigures;
  calls?: CallFigures[];
  actions?: ActionCount;
  compared?: ComparedFigures[];
  editLatency?: EditFigures;
  quota?: QuotaFigures;
  memory?: MemoryFigures[];
  webhooks?: WebhookFigures;
}

/** The figures as text: each with its goal, as the issue states it. */
export function reportText(figures: Figures): string {
  const versions = figures.versions ?? figures.compared?.[0]?.versions;
  const { machine, people, seed, command, first, bare, calls, actions, compared, quota, memory } = figures;
  const lines = [
    `machine   ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.system}, load ${machine.loadBefore}`,
    `versions  tributary ${machine.tributary}, node ${machine.node}${versions ? `, Postgres ${versions.postgres}, Temporal ${versions.temporal}` : ''}`,
    `data      ${people} people, seed ${seed}`,
    `command   ${command}`,
  ];
  if (first) lines.push('', ...throughputLines(first, bare, figures.workerPeakMb));
  if (figures.cpu) lines.push(cpuLine(figures.cpu));
  if (actions && first) lines.push('', ...actionLines(actions, first.counts['staged'] ?? 0));
  if (calls) lines.push('', ...calls.map(callLine));
  for (const each of compared ?? []) lines.push('', ...comparedLines(each));
  if (figures.editLatency) lines.push('', ...editLines(figures.editLatency));
  if (quota) lines.push('', ...quotaLines(quota));
  if (memory) lines.push('', ...memoryLines(memory));
  if (figures.webhooks) lines.push('', ...webhookLines(figures.webhooks));
  return lines.join('\n');
}

function throughputLines(
  first: RunFigures,
  bare: BareFigures | undefined,
  peakMb: number | undefined,
): string[] {
  const staged = first.counts['staged'] ?? 0;
  const written = (first.counts['created'] ?? 0) + (first.counts['updated'] ?? 0);
  const rate = staged / first.seconds;
  const lines = [
    `first run, no quota: ${staged} rows staged, ${written} records and ${first.counts['associated'] ?? 0} associations written in ${first.seconds.toFixed(1)} s`,
    `  source rows to acknowledged write  ${rate.toFixed(0)}/s (goal 2500)`,
    `  records written                    ${(written / first.seconds).toFixed(0)}/s`,
  ];
  if (peakMb) lines.push(`  worker memory at its peak          ${peakMb.toFixed(0)} MB`);
  if (!bare) return lines;
  const bareRate = bare.rows / bare.seconds;
  return [
    ...lines,
    `bare loop, same reads and batches: ${bare.rows} rows, ${bare.calls} calls, ${bare.inputs} inputs in ${bare.seconds.toFixed(1)} s (reading ${bare.readSeconds.toFixed(1)} s)`,
    `  ${bareRate.toFixed(0)} rows/s; the river reaches ${(rate / bareRate).toFixed(2)} of it (goal 0.50)`,
  ];
}

function cpuLine(cpu: Record<string, number>): string {
  const total = Object.values(cpu).reduce((sum, seconds) => sum + seconds, 0);
  const parts = Object.entries(cpu)
    .sort(([, a], [, b]) => b - a)
    .map(([name, seconds]) => `${name} ${seconds.toFixed(1)}`);
  return `CPU seconds of the first run: ${total.toFixed(1)}: ${parts.join(', ')}`;
}

function actionLines({ total, byKind, longest, workflows }: ActionCount, staged: number): string[] {
  const kinds = Object.entries(byKind)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, count]) => `${kind} ${count}`);
  return [
    `Temporal actions: ${total} in ${workflows} workflows, ${((total / staged) * 1_000).toFixed(1)} per 1,000 staged rows (goal 8)`,
    `  ${kinds.join(', ')}`,
    `  longest history ${longest.events} events (${longest.workflowId}; limit 4096)`,
  ];
}

function callLine({ name, rows, writeCalls, ideal, readCalls }: CallFigures): string {
  const per = rows > 0 ? `${((writeCalls / rows) * 1_000).toFixed(1)} per 1,000 rows read` : 'no rows read';
  const share = ideal > 0 ? `${(writeCalls / ideal).toFixed(2)} × the ideal ${ideal}` : 'ideal 0';
  return `calls, ${name}: ${writeCalls} write calls (${per}), ${share}; ${readCalls} read calls`;
}

function quotaLines({ limit, recordsPerCall, rounds, lowered }: QuotaFigures): string[] {
  const percent = (share: number) => `${(share * 100).toFixed(1)}%`;
  const seen = ({ rateRefusals, largestWindow }: { rateRefusals: number; largestWindow: number }) =>
    `refused with 429: ${rateRefusals}, fullest window ${largestWindow}`;
  const { low, raised } = lowered;
  return [
    `quota of ${limit} calls in 10 s of ${recordsPerCall} records, replies after 800 ± 400 ms (goal 97%, no 429, p99 of urgent records below 2,000 ms)`,
    ...rounds.map(
      (round) =>
        `  ${round.workers} workers: ${round.calls} of ${round.allowed.toFixed(0)} allowed calls in ${round.seconds.toFixed(0)} s: ${percent(round.share)}; ${seen(round)}; ` +
        `${round.urgent.count} urgent records: p50 ${round.urgent.p50.toFixed(0)} ms, p99 ${round.urgent.p99.toFixed(0)} ms, max ${round.urgent.max.toFixed(0)} ms`,
    ),
    `limit lowered from ${lowered.from} to ${lowered.to}: ${lowered.refusals} refusals, the last after ${lowered.settledSeconds.toFixed(1)} s (goal 10 s)`,
    `  the next 30 s: ${percent(low.share)} of the lower limit; ${seen(low)}`,
    `  raised again, from 10 s on: ${percent(raised.share)}; ${seen(raised)}`,
  ];
}

function memoryLines(figures: MemoryFigures[]): string[] {
  const lines = figures.map(
    ({ people, rows, seconds, workerPeakMb, actions }) =>
      `${people} people: ${rows} rows in ${seconds.toFixed(0)} s (${(rows / seconds).toFixed(0)}/s), worker peak ${workerPeakMb.toFixed(0)} MB, ` +
      `${((actions.total / rows) * 1_000).toFixed(1)} actions per 1,000 rows, longest history ${actions.longest.events} events`,
  );
  const [least, ...more] = figures;
  for (const { people, workerPeakMb } of more) {
    const ratio = (workerPeakMb / least!.workerPeakMb).toFixed(2);
    lines.push(`  peak at ${people} = ${ratio} × that at ${least!.people} (goal 1.25)`);
  }
  return lines;
}
