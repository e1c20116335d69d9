import {
  findRun,
  runCounts,
  runProblemsOpen,
  runSources,
  type RunCountRow,
  type RunRow,
} from '../../db/runs/runQueries';
import { runDrift } from '../../db/staging/drift';
import { deliveryStop } from '../../db/delivery/deliveryStop';
import type { ApiDeps } from '../deps';
import type { Handler } from '../endpoint';
import { ApiProblem } from '../problem';
import { runSummary } from './runs';
import { askProgress, failureReason, lookAtRun, type RunWorkflow, type WorkflowLook } from './workflowState';

/** Ids of runs: ours, or the workflow id that a schedule or a person gave. */
const runIdShape = /^[\w.:+@-]{1,200}$/;

/** One run: from Postgres what it did, from Temporal where it stands. Either is enough for an answer. */
export function syncStatus(deps: ApiDeps): Handler {
  return async (request, response) => {
    const runId = String(request.params['id']);
    if (!runIdShape.test(runId)) throw unknownRun();
    const [run, look] = await Promise.all([findRun(deps.pool, runId), lookAtRun(deps, runId)]);
    if (run) response.json(await storedStatus(deps, run, look));
    else if (look === 'absent') throw unknownRun();
    else if (look === 'unreachable') {
      const detail = 'Postgres has no such run yet, and Temporal does not answer.';
      throw new ApiProblem('unavailable', { detail, headers: { 'Retry-After': '5' } });
    } else response.json(await startingStatus(deps, runId, look.known));
  };
}

function unknownRun(): ApiProblem {
  return new ApiProblem('unknown-run', { detail: 'Neither Postgres nor Temporal knows a run of this id.' });
}

async function storedStatus(deps: ApiDeps, run: RunRow, look: WorkflowLook) {
  const workflow = typeof look === 'object' ? look.known : null;
  const { portalId, runId } = run;
  const [sources, counts, drift, problemsOpen, delivery, progress] = await Promise.all([
    runSources(deps.pool, portalId, runId),
    runCounts(deps.pool, portalId, runId),
    runDrift(deps.pool, portalId, runId),
    runProblemsOpen(deps.pool, portalId, runId),
    deliveryStop(deps.pool, portalId),
    run.state === 'running' && workflow?.status === 'RUNNING' ? askProgress(deps, workflow.workflowId) : null,
  ]);
  return {
    ...runSummary(run),
    ...(await endedWithoutResult(deps, run, look)),
    sources: sources.map((source) => ({
      ...source,
      counts: countsByObject(counts.filter((count) => count.source === source.source)),
    })),
    counts: totals(counts),
    drift,
    problems: { opened: totals(counts)['problems'] ?? 0, stillOpen: problemsOpen },
    delivery,
    progress: progress && { stage: progress.stage, paused: progress.paused },
    workflow: workflow ?? (look === 'unreachable' ? 'unreachable' : null),
  };
}

/** A run that Postgres holds for running while its workflow has ended (or is forgotten) will not go on. */
async function endedWithoutResult(deps: ApiDeps, run: RunRow, look: WorkflowLook) {
  if (run.state !== 'running' || look === 'unreachable') return {};
  if (look === 'absent') return { state: 'failed', reason: 'Temporal does not know this run any more' };
  const { status, workflowId } = look.known;
  if (status === 'RUNNING') return {};
  // It ended between our two looks; what it wrote is the truth.
  const newest = await findRun(deps.pool, run.runId);
  if (newest && newest.state !== 'running') return runSummary(newest);
  const why = status === 'FAILED' ? await failureReason(deps, workflowId) : null;
  return { state: 'failed', reason: why ?? `its workflow ended as ${status}` };
}

/** A run that Temporal has and Postgres not yet: it waits for a worker, or ended before it could begin. */
async function startingStatus(deps: ApiDeps, runId: string, workflow: RunWorkflow) {
  const isRunning = workflow.status === 'RUNNING';
  const progress = isRunning ? await askProgress(deps, workflow.workflowId) : null;
  const why = workflow.status === 'FAILED' ? await failureReason(deps, workflow.workflowId) : null;
  return {
    runId,
    state: isRunning ? 'starting' : 'failed',
    reason: isRunning
      ? progress
        ? null
        : 'waits for a worker'
      : (why ?? `its workflow ended as ${workflow.status}`),
    startedAt: workflow.startedAt,
    endedAt: workflow.endedAt,
    statusUrl: `/api/sync/status/${encodeURIComponent(runId)}`,
    sources: [],
    counts: {},
    drift: [],
    problems: { opened: 0, stillOpen: 0 },
    progress: progress && { stage: progress.stage, paused: progress.paused },
    workflow,
  };
}

function countsByObject(counts: RunCountRow[]): Record<string, Record<string, number>> {
  const objects: Record<string, Record<string, number>> = {};
  for (const { objectType, status, count } of counts) (objects[objectType] ??= {})[status] = count;
  return objects;
}

function totals(counts: RunCountRow[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { status, count } of counts) sums[status] = (sums[status] ?? 0) + count;
  return sums;
}
