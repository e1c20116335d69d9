import Table from 'cli-table3';
import { blowKinds, faultKinds } from './faultKinds';
import { isClean, type RoundReport } from './round';

const linesMax = 25;

/** One line per round, and what is wrong with it. */
export function roundLine(report: RoundReport): string {
  const { verdict, stuck } = report;
  const head =
    `round of seed ${report.seed}: ${isClean(report) ? 'right' : 'WRONG'} in ${report.seconds} s, ` +
    `${report.runs} runs, ${report.calls} calls, ${Object.values(report.hits).reduce((a, b) => a + b, 0)} faults; ` +
    `lost ${verdict.lost.length}, doubled ${verdict.doubled.length}, unproved ${verdict.unproved.length}, ` +
    `window violations ${verdict.windowViolations} (fullest window ${report.fullestWindow}%` +
    (report.blurred > 0 ? `, ${report.blurred} above it after stalls of the simulator)` : ')') +
    (report.missed.length > 0 ? `; not met: ${report.missed.join(', ')}` : '');
  const lines = [...verdict.lost, ...verdict.doubled, ...verdict.unproved].slice(0, linesMax);
  if (!isClean(report)) lines.push(report.timeline.join('; '));
  return [head, ...(stuck ? [`  stuck: ${stuck}`] : []), ...lines.map((line) => `  ${line}`)].join('\n');
}

export interface Totals {
  hits: Record<string, number>;
  lost: number;
  doubled: number;
  unproved: number;
  windowViolations: number;
  stuck: number;
}

export function totalsOf(reports: readonly RoundReport[]): Totals {
  const sum = (count: (report: RoundReport) => number) =>
    reports.reduce((all, report) => all + count(report), 0);
  const kinds = [...faultKinds.map(({ name }) => name), ...blowKinds];
  return {
    hits: Object.fromEntries(kinds.map((kind) => [kind, sum(({ hits }) => hits[kind] ?? 0)])),
    lost: sum(({ verdict }) => verdict.lost.length),
    doubled: sum(({ verdict }) => verdict.doubled.length),
    unproved: sum(({ verdict }) => verdict.unproved.length),
    windowViolations: sum(({ verdict }) => verdict.windowViolations),
    stuck: sum(({ stuck }) => (stuck === null ? 0 : 1)),
  };
}

/** The table at the end: every fault kind with what the rounds that it hit left wrong. */
export function closingTable(reports: readonly RoundReport[]): string {
  const table = new Table({
    style: { head: [], border: [], compact: true },
    head: ['fault', 'hits', 'rounds', 'lost', 'doubled', 'unproved', 'window violations'],
  });
  for (const [kind, hits] of Object.entries(totalsOf(reports).hits)) {
    const mine = reports.filter((report) => (report.hits[kind] ?? 0) > 0);
    const { lost, doubled, unproved, windowViolations, stuck } = totalsOf(mine);
    table.push([kind, hits, mine.length, lost + stuck, doubled, unproved, windowViolations]);
  }
  return table.toString();
}
