import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowFailure,
  condition,
  defineQuery,
  defineSignal,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  patched,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { patient, quick, reading } from './activityProxies';
import { busySourceMs } from './busySource';
import {
  cancelRunSignal,
  pauseSignal,
  progressQuery,
  resumeSignal,
  searchAttributesOf,
  workflowIds,
  type SyncRunInput,
  type SyncRunProgress,
  type SyncRunResult,
  type SyncSourceInput,
} from './contracts';
import { syncSource } from './syncSource';

type SourceState = SyncRunProgress['sources'][string];
interface SourcePlan {
  source: string;
  streams: string[];
  dependsOn: string[];
}

export const pause = defineSignal(pauseSignal);
export const resume = defineSignal(resumeSignal);
export const cancelRun = defineSignal(cancelRunSignal);
export const progress = defineQuery<SyncRunProgress>(progressQuery);

/** Histories from before it fail without a word. */
const failedStartPatch = 'run-failed-start';

/**
 * One run: reads the chosen sources in the order of their dependencies, each in a child workflow, and waits until all
 * that was read is settled. A source that fails makes its dependents skip with the reason; other branches go on.
 */
export async function syncRun(input: SyncRunInput = {}): Promise<SyncRunResult> {
  const runId = runIdOf(workflowInfo().workflowId);
  const state: SyncRunProgress = { runId, stage: 'starting', paused: false, sources: {} };
  setHandler(progress, () => state);
  setHandler(pause, () => void (state.paused = true));
  setHandler(resume, () => void (state.paused = false));
  const scope = new CancellationScope();
  setHandler(cancelRun, () => scope.cancel());

  const trigger = input.trigger ?? 'manual';
  const { portalId, searchable, plan } = await begin(input, runId, trigger);
  for (const { source } of plan) state.sources[source] = 'pending';
  try {
    return await scope.run(() =>
      readAndSettle({ portalId, runId, full: input.full ?? false, trigger, searchable, plan, state }),
    );
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(async () => {
      for (const [source, was] of Object.entries(state.sources)) {
        if (was === 'pending' || was === 'running') {
          await quick(`note that ${source} was cancelled`).endSource({
            portalId,
            runId,
            source,
            state: 'cancelled',
            reason: 'the run was cancelled',
          });
        }
      }
      await quick('close the run: cancelled').endRun({
        portalId,
        runId,
        state: 'cancelled',
        reason: 'cancelled by a person',
      });
    });
    return { runId, state: 'cancelled' };
  }
}

/** Whose portal it is, and which sources to read in which order. A run that cannot begin says so in the log. */
async function begin(input: SyncRunInput, runId: string, trigger: string) {
  try {
    const connecting = reading('read whose portal the token opens, and its definitions');
    const { portalId, searchable } = await connecting.connectPortal(
      input.portal === undefined ? {} : { portal: input.portal },
    );
    if (searchable) upsertSearchAttributes(searchAttributesOf({ portal: portalId, trigger }));
    const plan = await quick('open the run and order its sources').beginRun({
      portalId,
      runId,
      full: input.full ?? false,
      trigger,
      ...(input.sources ? { sources: input.sources } : {}),
    });
    return { portalId, searchable, plan };
  } catch (error) {
    if (!isCancellation(error) && patched(failedStartPatch))
      await quick('say why the run could not begin').failStart({ runId, trigger, reason: reasonOf(error) });
    throw error;
  }
}

interface Run {
  portalId: string;
  runId: string;
  full: boolean;
  trigger: string;
  /** Whether the server knows our search attributes. */
  searchable: boolean;
  plan: SourcePlan[];
  state: SyncRunProgress;
}

async function readAndSettle(run: Run): Promise<SyncRunResult> {
  const { portalId, runId, plan, state } = run;
  state.stage = 'reading';
  await Promise.all(plan.map((source) => readSource(run, source)));
  state.stage = 'settling';
  await quick('all is read: bulk delivery may go').endReading({ portalId, runId });
  const { settled, deferredUntil, reason, failure } = await patient(
    'wait until all that was read is settled',
  ).awaitSettled({ portalId, runId });
  state.stage = 'ended';
  const unread = Object.entries(state.sources).filter(([, was]) => was !== 'succeeded');
  const faults = unread.map(([source, was]) => `${source} ${was}`);
  if (failure !== undefined) faults.push(failure);
  const end =
    faults.length > 0
      ? { state: 'failed' as const, reason: faults.join(', ') }
      : settled
        ? { state: 'succeeded' as const, reason: null }
        : {
            state: 'waiting' as const,
            reason: `${reason ?? 'paused'}; goes on ${deferredUntil ?? 'when resumed'}`,
          };
  await quick(`close the run: ${end.state}`).endRun({ portalId, runId, ...end });
  return { runId, state: end.state };
}

async function readSource(run: Run, { source, streams, dependsOn }: SourcePlan): Promise<void> {
  const { portalId, runId, state } = run;
  const end = async (was: 'succeeded' | 'failed' | 'skipped', reason: string | null) => {
    await quick(`note that ${source} ${was}`).endSource({ portalId, runId, source, state: was, reason });
    state.sources[source] = was;
  };
  await condition(() => dependsOn.every((name) => isEnded(state.sources[name])));
  const failed = dependsOn.filter((name) => state.sources[name] !== 'succeeded');
  if (failed.length > 0) return end('skipped', `depends on ${failed.join(', ')}, which did not succeed`);
  await condition(() => !state.paused);
  try {
    await quick(`start ${source}`).startSource({ portalId, runId, source });
    state.sources[source] = 'running';
    await executeSource(run, { portalId, runId, source, streams, full: run.full });
    await end('succeeded', null);
  } catch (error) {
    if (isCancellation(error)) throw error;
    await end('failed', reasonOf(error));
  }
}

/** A run that meets a running source waits for it and then reads from the committed cursor. */
async function executeSource({ trigger, searchable }: Run, input: SyncSourceInput): Promise<void> {
  const { portalId, source } = input;
  const typedSearchAttributes = searchAttributesOf({ portal: portalId, source, trigger });
  for (let waitedMs = 0; ;) {
    try {
      await executeChild(syncSource, {
        workflowId: workflowIds.syncSource(portalId, source),
        args: [input],
        parentClosePolicy: ParentClosePolicy.TERMINATE,
        staticSummary: `read the source ${source}`,
        ...(searchable ? { typedSearchAttributes } : {}),
      });
      return;
    } catch (error) {
      if ((error as Error).name !== 'WorkflowExecutionAlreadyStartedError') throw error;
      const waitMs = busySourceMs(waitedMs);
      await sleep(waitMs);
      waitedMs += waitMs;
    }
  }
}

function isEnded(state: SourceState | undefined): boolean {
  return state !== 'pending' && state !== 'running';
}

/** The plain words of the failure at the bottom: they were written for a person and hold no data. */
function reasonOf(error: unknown): string {
  if (error instanceof ChildWorkflowFailure || error instanceof ActivityFailure) return reasonOf(error.cause);
  if (error instanceof ApplicationFailure) return error.message;
  return 'failed; see the Temporal Web UI';
}

/** A run started by a schedule or by hand has another workflow id: that is its run id then. */
function runIdOf(workflowId: string): string {
  return workflowId.replace(/^run:/, '');
}
