import type { RunCountRow } from '../db/runs/runQueries';
import { plural } from './commandContext';

/** Inputs that one call takes: 100 records, 2,000 new associations, 100 removed pairs (hubspot-facts §3.2, §5). */
const inputsPerCall = {
  create: 100,
  update: 100,
  archive: 100,
  associate: 2_000,
  dissociate: 100,
} as const;
export type WriteOperation = keyof typeof inputsPerCall;

const operations = Object.keys(inputsPerCall) as WriteOperation[];

export interface CallLine {
  objectType: string;
  operation: WriteOperation;
  records: number;
  used: number;
  ideal: number;
}

export interface CallReport {
  used: number;
  ideal: number;
  /** Calls that only read: lists, definitions, repeated reads. */
  reads: number;
  lines: CallLine[];
}

/** The fewest calls for so many inputs. */
export function idealCalls(operation: WriteOperation, inputs: number): number {
  return Math.ceil(inputs / inputsPerCall[operation]);
}

/**
 * What a run's writes cost against what they had to cost: Σ ceil(changed records / inputs per call) per object and
 * operation. Calls and their acknowledged inputs are counted under source `hubspot`, status `calls:<operation>` and
 * `inputs:<operation>`; for associations the object is the pair, `deals>companies`.
 */
export function callReport(counts: readonly RunCountRow[]): CallReport {
  const objects = [...new Set(counts.map(({ objectType }) => objectType))].sort();
  const lines = objects.flatMap((objectType) =>
    operations.flatMap((operation): CallLine[] => {
      const own = counts.filter((row) => row.objectType === objectType);
      const records = sum(own.filter(({ status }) => status === `inputs:${operation}`));
      const used = sum(own.filter(({ status }) => status === `calls:${operation}`));
      const ideal = idealCalls(operation, records);
      return records + used > 0 ? [{ objectType, operation, records, used, ideal }] : [];
    }),
  );
  return {
    used: lines.reduce((total, line) => total + line.used, 0),
    ideal: lines.reduce((total, line) => total + line.ideal, 0),
    reads: sum(counts.filter(({ status }) => status === 'calls:read')),
    lines,
  };
}

function sum(rows: readonly RunCountRow[]): number {
  return rows.reduce((total, { count }) => total + count, 0);
}

/** The report for people: the totals, and by name everything above the ideal. */
export function callReportText(report: CallReport): string {
  const { used, ideal, reads, lines } = report;
  const above = lines
    .filter((line) => line.used > line.ideal)
    .map((line) => {
      const more = `${line.used} for ${plural(line.records, 'input')}, ideal ${line.ideal}`;
      return `  above the ideal: ${line.objectType} ${line.operation}: ${more}`;
    });
  const share = ideal > 0 && used !== ideal ? ` (${(used / ideal).toFixed(2)} × the ideal)` : '';
  const head = `HubSpot write calls: used ${used}, ideal ${ideal}${share}`;
  return [reads > 0 ? `${head}; read calls: ${reads}` : head, ...above].join('\n');
}
