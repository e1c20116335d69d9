import { WorkflowIdConflictPolicy } from '@temporalio/client';
import { bellSignal, laneWorkflow, type LaneCall } from '../workflows/contracts';
import type { ApiDeps } from './deps';

/** How long Temporal may take to accept a ring. */
const ringMs = 5_000;

/** Wakes lanes that have work. Out: false where Temporal does not answer; `tick` rings them within a minute then. */
export async function ringLanes(
  { temporal, taskQueue, log }: Pick<ApiDeps, 'temporal' | 'taskQueue' | 'log'>,
  portalId: string,
  bells: LaneCall[],
): Promise<boolean> {
  try {
    await temporal.withDeadline(Date.now() + ringMs, () =>
      Promise.all(
        bells.map((bell) => {
          const { workflowId, input } = laneWorkflow(portalId, bell);
          return temporal.workflow.signalWithStart(bell.lane, {
            ...{ workflowId, taskQueue, args: [input], signal: bellSignal, signalArgs: [] },
            workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
          });
        }),
      ),
    );
    return true;
  } catch (error) {
    log.warn({ event: 'lane_not_rung', err: error }, 'a lane could not be rung; tick will');
    return false;
  }
}
