import Table from 'cli-table3';
import type { RunCountRow, RunRow, RunSourceRow } from '../db/runs/runQueries';

/** The columns of the result, in the order of the river. */
const resultColumns = [
  'read',
  'staged',
  'created',
  'adopted',
  'updated',
  'unchanged',
  'associated',
  'problems',
] as const;
type ResultColumn = (typeof resultColumns)[number];

export interface ResultRow {
  source: string;
  objectType: string;
  counts: Record<ResultColumn, number>;
}

/** Rows by source (in the run's order) and object, without the counters of calls. */
export function resultRows(counts: readonly RunCountRow[], sources: readonly string[]): ResultRow[] {
  const rows = new Map<string, ResultRow>();
  for (const { source, objectType, status, count } of counts) {
    const column = resultColumns.find((name) => name === status);
    if (!column) continue;
    const key = `${source} ${objectType}`;
    const row = rows.get(key) ?? { source, objectType, counts: noCounts() };
    row.counts[column] += count;
    rows.set(key, row);
  }
  const place = (source: string): number => {
    const at = sources.indexOf(source);
    return at < 0 ? sources.length : at;
  };
  return [...rows.values()].sort(
    (a, b) => place(a.source) - place(b.source) || (a.objectType < b.objectType ? -1 : 1),
  );
}

function noCounts(): Record<ResultColumn, number> {
  return Object.fromEntries(resultColumns.map((name) => [name, 0])) as Record<ResultColumn, number>;
}

/** The result as a table, with a total. */
export function resultTable(rows: readonly ResultRow[], isTerminal: boolean): string {
  const table = plainTable(['source', 'object', ...resultColumns], resultColumns.length, isTerminal);
  for (const { source, objectType, counts } of rows) {
    table.push([source, objectType, ...resultColumns.map((name) => numberText(counts[name]))]);
  }
  const totals = resultColumns.map((name) => rows.reduce((total, row) => total + row.counts[name], 0));
  table.push(['total', '', ...totals.map(numberText)]);
  return table.toString();
}

/** The sources that did not succeed, each with its reason; '' when all did. */
export function sourceTroubleText(sources: readonly RunSourceRow[]): string {
  return sources
    .filter(({ state }) => state !== 'succeeded')
    .map(({ source, state, reason }) => `  ${source}: ${state}${reason ? `: ${reason}` : ''}`)
    .join('\n');
}

/** Why runs failed, a line each; '' when none did. */
export function failedRunsText(runs: readonly Pick<RunRow, 'runId' | 'state' | 'reason'>[]): string {
  return runs
    .filter(({ state, reason }) => state === 'failed' && reason !== null)
    .map(({ runId, reason }) => `  ${runId} failed: ${reason}`)
    .join('\n');
}

/** A table whose last `numbers` columns are right-aligned; without colours where nobody watches. */
export function plainTable(head: string[], numbers: number, isTerminal: boolean): Table.Table {
  return new Table({
    head,
    colAligns: head.map((_, at) => (at < head.length - numbers ? 'left' : 'right')),
    style: isTerminal
      ? { head: ['bold'], border: ['gray'], compact: true }
      : { head: [], border: [], compact: true },
  });
}

function numberText(count: number): string {
  return count === 0 ? '·' : count.toLocaleString('en');
}
