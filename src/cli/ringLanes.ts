import { WorkflowIdConflictPolicy, type Client } from '@temporalio/client';
import type { LaneBell } from '../db/runs/laneBells';
import { bellSignal, laneWorkflow, taskQueue } from '../workflows/contracts';
import type { CommandContext } from './commandContext';
import { withTemporal } from './connections';

/**
 * Wakes lanes that have work, so that they go now and not with the next tick. Where Temporal cannot be reached that is
 * said and no more: what was changed stands in Postgres.
 */
export async function ringLanes(
  context: CommandContext,
  portalId: string,
  bells: LaneBell[],
): Promise<boolean> {
  if (bells.length === 0) return true;
  try {
    await withTemporal(context, (client) => Promise.all(bells.map((bell) => ring(client, portalId, bell))));
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    context.output.say(`${reason}; it goes on when the system runs, within a minute`);
    return false;
  }
}

async function ring(client: Client, portalId: string, bell: LaneBell): Promise<void> {
  const { workflowId, input } = laneWorkflow(portalId, bell);
  await client.workflow.signalWithStart(bell.lane, {
    workflowId,
    args: [input],
    ...{ taskQueue, signal: bellSignal, signalArgs: [] },
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
  });
}
