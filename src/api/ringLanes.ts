import { WorkflowIdConflictPolicy } from '@temporalio/client';
import type { LaneBell } from '../db/laneBells';
import { bellSignal, workflowIds } from '../workflows/contracts';
import type { ApiDeps } from './deps';

/** How long Temporal may take to accept a ring. */
const ringMs = 5_000;

/** Wakes lanes that have work. Out: false where Temporal does not answer; `tick` rings them within a minute then. */
export async function ringLanes(
  { temporal, taskQueue, log }: Pick<ApiDeps, 'temporal' | 'taskQueue' | 'log'>,
  portalId: string,
  bells: LaneBell[],
): Promise<boolean> {
  try {
    await temporal.withDeadline(Date.now() + ringMs, () =>
      Promise.all(
        bells.map((bell) => {
          const { workflowId, input } = laneOf(portalId, bell);
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

function laneOf(portalId: string, bell: LaneBell): { workflowId: string; input: object } {
  if (bell.lane === 'deliver') {
    const { urgency } = bell;
    return { workflowId: workflowIds.deliver(portalId, urgency), input: { portalId, lane: urgency } };
  }
  const { objectType } = bell;
  return { workflowId: workflowIds.consolidate(portalId, objectType), input: { portalId, objectType } };
}
