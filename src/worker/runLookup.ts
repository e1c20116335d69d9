import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { workflowIds } from '../workflows/contracts';

/**
 * Tells whether the workflow of a run still runs; it does not when Temporal no longer knows it. A run that a schedule
 * or a person started has its own id as workflow id.
 */
export function createRunLookup(client: Client): (runId: string) => Promise<boolean> {
  return async (runId) => {
    for (const workflowId of [workflowIds.syncRun(runId), runId]) {
      try {
        const { status } = await client.workflow.getHandle(workflowId).describe();
        if (status.name === 'RUNNING') return true;
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    }
    return false;
  };
}
