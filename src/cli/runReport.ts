import {
  findRun,
  runCounts,
  runPending,
  runSources,
  type RunCountRow,
  type RunPending,
  type RunRow,
  type RunSourceRow,
} from '../db/runs/runQueries';
import { runDrift, type DriftRow } from '../db/staging/drift';
import type { Queryable } from '../db/pool';
import { driftText } from './driftText';
import { callReport, callReportText, type CallReport } from './callReport';
import { durationText } from './planForecast';
import { resultRows, resultTable, sourceTroubleText, type ResultRow } from './runTable';

/** A run with its result. */
export interface RunReport {
  portalId: string;
  run: RunRow;
  sources: RunSourceRow[];
  rows: ResultRow[];
  /** Records written back, by source and object. */
  writtenBack: RunCountRow[];
  calls: CallReport;
  /** Where a complete read of HubSpot differed from what was known. */
  drift: DriftRow[];
  pending: RunPending;
}

/** Reads a run with its result; null when there is no such run. */
export async function runReport(db: Queryable, runId: string): Promise<RunReport | null> {
  const run = await findRun(db, runId);
  if (!run) return null;
  const { portalId } = run;
  const sources = await runSources(db, portalId, runId);
  const counts = await runCounts(db, portalId, runId);
  const pending = await runPending(db, portalId, runId);
  return {
    portalId,
    run,
    sources,
    rows: resultRows(counts, run.sources),
    writtenBack: counts.filter(({ status }) => status === 'writtenBack'),
    calls: callReport(counts),
    drift: await runDrift(db, portalId, runId),
    pending,
  };
}

/** The report for people: the state, the table, the calls, and whatever is not as it should be. */
export function runReportText(
  { run, sources, rows, writtenBack, calls, drift, pending }: RunReport,
  isTerminal: boolean,
): string {
  const took = run.endedAt ? ` in ${durationText(run.endedAt.getTime() - run.startedAt.getTime())}` : '';
  const head = `run ${run.runId}: ${run.state}${took}${run.reason ? ` (${run.reason})` : ''}`;
  const under = pending.staged + pending.records + pending.associations;
  const trouble = sourceTroubleText(sources);
  return [
    head,
    rows.length > 0 ? resultTable(rows, isTerminal) : 'nothing new was read',
    callReportText(calls),
    ...writtenBack.map(
      ({ source, objectType, count }) => `written back to ${source}: ${count} ${objectType}`,
    ),
    ...driftText(run, drift),
    ...(trouble ? [trouble] : []),
    ...(under > 0 ? [pendingText(pending)] : []),
  ].join('\n');
}

function pendingText({ staged, records, associations }: RunPending): string {
  const counts = `${staged} staged, ${records} records, ${associations} associations`;
  return `not written: ${counts} (proposed while the portal is in hold, else still under way)`;
}
