import { WorkflowNotFoundError, type Client, type WorkflowHandle } from '@temporalio/client';
import type { Pool } from 'pg';
import { otherRunningRuns } from '../../db/runs/deadRuns';
import { findRun } from '../../db/runs/runQueries';
import { workflowIds } from '../../workflows/contracts';
import { followRun } from '../followRun';
import type { Output } from '../output';

export interface LeftRunsInput {
  pool: Pool;
  client: Client;
  portalId: string;
  output: Output;
  /** Ends the watching, not the runs. */
  signal: AbortSignal;
}

/**
 * Watches the runs that an earlier start left under way until they have ended: a run ends with what it has read itself, so
 * the next one would call a portal done that is only half loaded. Runs whose workflow is gone are not waited for: the next
 * run takes over what they left.
 */
export async function finishLeftRuns({
  pool,
  client,
  portalId,
  output,
  signal,
}: LeftRunsInput): Promise<void> {
  for (const runId of await otherRunningRuns(pool, portalId, '')) {
    const handle = await runningHandle(client, runId);
    if (!handle || signal.aborted) continue;
    output.say(`\nRun ${runId} was interrupted and goes on`);
    try {
      await followRun({ pool, output, handle, runId, signal });
    } catch {
      // It was ended by hand; what it left is the next run's.
    }
    const run = await findRun(pool, runId);
    if (signal.aborted || !run) continue;
    const state =
      run.state === 'running' ? 'ended by hand; the next run goes on with what it left' : run.state;
    output.say(`run ${runId}: ${state}${run.reason ? ` (${run.reason})` : ''}`);
  }
}

/** The workflow of a run that still runs; one that a schedule or a person started has its own id as workflow id. */
async function runningHandle(client: Client, runId: string): Promise<WorkflowHandle | null> {
  for (const workflowId of [workflowIds.syncRun(runId), runId]) {
    const handle = client.workflow.getHandle(workflowId);
    try {
      if ((await handle.describe()).status.name === 'RUNNING') return handle;
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }
  return null;
}
