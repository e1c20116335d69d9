import { WorkflowIdConflictPolicy, type Client } from '@temporalio/client';
import type { Doorbell } from '../activities/deps';
import { bellSignal, taskQueue, workflowIds, type DeliveryLane } from '../workflows/contracts';

/** A lane that was rung this lately is still at work or will look once more: ringing again adds only cost. */
const quietMs = 500;

/**
 * Wakes lanes by signal-with-start, which a workflow cannot do itself. Rings in quick succession become one now and
 * one at the end, so that the last change is never left waiting for `tick`.
 */
export function createDoorbell(
  client: Client,
  log: (error: unknown) => void,
): Doorbell & { settle(): Promise<void> } {
  const rungAt = new Map<string, number>();
  const pending = new Map<string, Promise<void>>();

  async function ring(workflowType: string, workflowId: string, input: unknown): Promise<void> {
    const waitMs = (rungAt.get(workflowId) ?? -quietMs) + quietMs - performance.now();
    if (waitMs <= 0) return send(workflowType, workflowId, input);
    if (pending.has(workflowId)) return;
    const later = new Promise<void>((resolve) => setTimeout(resolve, waitMs))
      .then(() => {
        pending.delete(workflowId);
        return send(workflowType, workflowId, input);
      })
      .catch(log);
    pending.set(workflowId, later);
  }

  async function send(workflowType: string, workflowId: string, input: unknown): Promise<void> {
    rungAt.set(workflowId, performance.now());
    await client.workflow.signalWithStart(workflowType, {
      workflowId,
      taskQueue,
      args: [input],
      signal: bellSignal,
      signalArgs: [],
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    });
  }

  return {
    consolidate: (portalId, objectType) =>
      ring('consolidate', workflowIds.consolidate(portalId, objectType), { portalId, objectType }),
    deliver: (portalId, lane: DeliveryLane) =>
      ring('deliver', workflowIds.deliver(portalId, lane), { portalId, lane }),
    settle: async () => {
      await Promise.all(pending.values());
    },
  };
}
