import { WorkflowFailedError, WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import { progressQuery, workflowIds, type SyncRunProgress } from '../../workflows/contracts';
import type { ApiDeps } from '../deps';

/** How long Temporal may take for a look at a run; a query also needs a worker that is up. */
const describeMs = 3_000;
const queryMs = 2_000;

export interface RunWorkflow {
  workflowId: string;
  /** As Temporal calls it: RUNNING, COMPLETED, FAILED, TERMINATED … */
  status: string;
  startedAt: string;
  endedAt: string | null;
  url: string | null;
}

export type WorkflowLook = { known: RunWorkflow } | 'absent' | 'unreachable';

/**
 * What Temporal knows of a run. A run that a schedule or a person started has the run id itself as workflow id; a
 * workflow of another type is no run.
 */
export async function lookAtRun({ temporal, temporalUiUrl }: Temporal, runId: string): Promise<WorkflowLook> {
  try {
    for (const workflowId of new Set([workflowIds.syncRun(runId), runId])) {
      const found = await describe(temporal, workflowId);
      if (found?.type !== 'syncRun') continue;
      return {
        known: {
          workflowId,
          status: found.status.name,
          startedAt: found.startTime.toISOString(),
          endedAt: found.closeTime?.toISOString() ?? null,
          url: workflowUrl(temporalUiUrl, temporal.options.namespace, workflowId),
        },
      };
    }
    return 'absent';
  } catch {
    return 'unreachable';
  }
}

type Temporal = Pick<ApiDeps, 'temporal' | 'temporalUiUrl'>;

async function describe(temporal: ApiDeps['temporal'], workflowId: string) {
  try {
    const handle = temporal.workflow.getHandle(workflowId);
    return await temporal.withDeadline(Date.now() + describeMs, () => handle.describe());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

/** What a running run says of itself; null where no worker answers in time. */
export async function askProgress(
  { temporal }: Temporal,
  workflowId: string,
): Promise<SyncRunProgress | null> {
  const handle = temporal.workflow.getHandle(workflowId);
  try {
    return await temporal.withDeadline(Date.now() + queryMs, () =>
      handle.query<SyncRunProgress>(progressQuery),
    );
  } catch {
    return null;
  }
}

/** Why a workflow failed: the words at the bottom were written for a person and hold no data (DESIGN §1). */
export async function failureReason({ temporal }: Temporal, workflowId: string): Promise<string | null> {
  const handle: WorkflowHandle = temporal.workflow.getHandle(workflowId);
  try {
    await temporal.withDeadline(Date.now() + describeMs, () => handle.result());
    return null;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) return null;
    let bottom: Error = error;
    for (let depth = 0; bottom.cause instanceof Error && depth < 10; depth += 1) bottom = bottom.cause;
    return bottom.message;
  }
}

/** The workflow's page in Temporal's Web UI; null where its address is not known. */
export function workflowUrl(ui: string | undefined, namespace: string, workflowId: string): string | null {
  if (ui === undefined) return null;
  const path = `namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`;
  return `${ui.replace(/\/+$/, '')}/${path}`;
}
