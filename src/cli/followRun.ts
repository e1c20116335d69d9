import type { WorkflowHandle } from '@temporalio/client';
import type { Pool } from 'pg';
import { findRun, runCounts, runPending, runSources } from '../db/runs/runQueries';
import type { Output } from './output';
import { resultOf } from './portalWork';
import { progressView } from './progressView';
import { runProgress } from './runProgress';
import { runReport, type RunReport } from './runReport';

const pollEveryMs = 500;

export interface FollowOptions {
  pool: Pool;
  output: Output;
  handle: WorkflowHandle;
  runId: string;
  /** Ends the watching, not the run. */
  signal?: AbortSignal;
}

/**
 * Watches a run until it ends. Out: its report, or null where `signal` ended the watching.
 * @throws CliFailure where the run could not even begin (a wrong token, an unknown source)
 */
export async function followRun({
  pool,
  output,
  handle,
  runId,
  signal,
}: FollowOptions): Promise<RunReport | null> {
  const view = progressView(output);
  let failure: Error | undefined;
  let isEnded = false;
  try {
    while (!isEnded && !signal?.aborted) {
      await showProgress(pool, runId, view.show);
      // Asked again and again: a call that waited for the result would outlive the watching, and its connection.
      isEnded = (await handle.describe()).status.name !== 'RUNNING';
      if (!isEnded) await pause(pollEveryMs, signal);
    }
    if (isEnded) failure = await resultOf(handle, 'the run').then(() => undefined, asError);
    await showProgress(pool, runId, view.show);
  } finally {
    view.end();
  }
  if (!isEnded) return null;
  const report = await runReport(pool, runId);
  // A run that began has written its own end, with reasons by source.
  if (report && report.run.state !== 'running') return report;
  throw failure ?? new Error(`run ${runId} ended without a trace in the database`);
}

function asError(error: unknown): Error {
  return error as Error;
}

async function showProgress(
  pool: Pool,
  runId: string,
  show: (progress: ReturnType<typeof runProgress>) => void,
): Promise<void> {
  const run = await findRun(pool, runId);
  if (!run) return;
  const { portalId } = run;
  const sources = await runSources(pool, portalId, runId);
  const counts = await runCounts(pool, portalId, runId);
  show(runProgress(run, sources, counts, await runPending(pool, portalId, runId)));
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}
