import { WorkflowIdConflictPolicy, type Client } from '@temporalio/client';
import type { Doorbell, SearchAttributes } from '../activities/deps';
import {
  bellSignal,
  laneWorkflow,
  searchAttributesOf,
  taskQueue,
  type LaneCall,
} from '../workflows/contracts';

/** A lane that was rung this lately is still at work or will look once more: ringing again adds only cost. */
const quietMs = 500;
/** The same for what people wait for: a change of theirs passes three lanes, and is to arrive within 2 s. */
const urgentQuietMs = 100;

interface Lane {
  workflowType: LaneCall['lane'];
  portalId: string;
  workflowId: string;
  input: object;
  quietMs: number;
  /** What Temporal's Web UI shows. */
  summary: string;
}

/**
 * Wakes lanes by signal-with-start, which a workflow cannot do itself. Rings in quick succession become one now and
 * one at the end, so that the last change is never left waiting for `tick`.
 */
export function createDoorbell(
  client: Client,
  searchAttributes: SearchAttributes,
  log: (error: unknown) => void,
): Doorbell & { settle(): Promise<void> } {
  const rungAt = new Map<string, number>();
  const pending = new Map<string, Promise<void>>();

  async function ring(lane: Lane): Promise<void> {
    const { workflowId } = lane;
    const waitMs = (rungAt.get(workflowId) ?? -Infinity) + lane.quietMs - performance.now();
    if (waitMs <= 0) return send(lane);
    if (pending.has(workflowId)) return;
    const later = new Promise<void>((resolve) => setTimeout(resolve, waitMs))
      .then(() => {
        pending.delete(workflowId);
        return send(lane);
      })
      .catch(log);
    pending.set(workflowId, later);
  }

  async function send({ workflowType, portalId, workflowId, input, summary }: Lane): Promise<void> {
    rungAt.set(workflowId, performance.now());
    const found = (await searchAttributes.areRegistered()) ? searchAttributesOf({ portal: portalId }) : [];
    await client.workflow.signalWithStart(workflowType, {
      workflowId,
      taskQueue,
      args: [input],
      signal: bellSignal,
      signalArgs: [],
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      staticSummary: summary,
      ...(found.length > 0 ? { typedSearchAttributes: found } : {}),
    });
  }

  const call = (portalId: string, lane: LaneCall, summary: string) =>
    ring({
      ...{ workflowType: lane.lane, portalId, ...laneWorkflow(portalId, lane), summary },
      quietMs: isUrgent(lane) ? urgentQuietMs : quietMs,
    });

  return {
    consolidate: (portalId, objectType) =>
      call(portalId, { lane: 'consolidate', objectType }, `consolidate ${objectType}`),
    deliver: (portalId, urgency) => call(portalId, { lane: 'deliver', urgency }, `deliver, lane ${urgency}`),
    followJournal: (portalId) => call(portalId, { lane: 'followJournal' }, 'follow the journal'),
    receive: (portalId) => call(portalId, { lane: 'receive' }, 'receive the inbox'),
    writeBack: (portalId, target) => call(portalId, { lane: 'writeBack', target }, `write back to ${target}`),
    settle: async () => {
      await Promise.all(pending.values());
    },
  };
}

/** Receiving and writing back follow what people do; of deliveries the urgent ones. */
function isUrgent(lane: LaneCall): boolean {
  return (
    lane.lane === 'receive' ||
    lane.lane === 'writeBack' ||
    (lane.lane === 'deliver' && lane.urgency === 'realtime')
  );
}
