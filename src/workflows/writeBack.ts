import { ActivityFailure, isCancellation, log } from '@temporalio/workflow';
import { quick, sending } from './activityProxies';
import type { WriteBackInput } from './contracts';
import { isHistoryLong, runLane, type LaneTurn } from './lane';

/** A lane per source that takes write-backs: claim, send, settle, until nothing is due there. */
export async function writeBack(input: WriteBackInput): Promise<void> {
  await runLane(input, () => wavesUntilDry(input));
}

/** One wave after the other: a source is not HubSpot, what it can take at once is configured as calls per second. */
async function wavesUntilDry(input: WriteBackInput): Promise<LaneTurn> {
  const { portalId, target } = input;
  while (!isHistoryLong(input)) {
    const claim = await quick(`claim changes for ${target}`).claimWriteBacks({ portalId, target });
    const { batchIds, waitMs } = claim;
    if (batchIds.length === 0) return { more: false, waitMs };
    try {
      await sending(`write back to ${target}`).sendWriteBacks({ portalId, target, batchIds });
    } catch (error) {
      // A permanent failure has paused the target and left its batches to the next claim: both are in the tables.
      if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
      log.warn('a wave ended with a permanent failure', { target });
    }
  }
  return { more: true };
}
