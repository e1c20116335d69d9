import { ActivityFailure, condition, isCancellation, log, patched } from '@temporalio/workflow';
import { quick, sending } from './activityProxies';
import type { WriteBackInput } from './contracts';
import { isHistoryLong, runLane, type LaneTurn } from './lane';

/** Waves in flight at most. */
const parallelWavesMax = 3;

/** Histories from before it wait for a wave, though the bell rings. */
const wakeInFlightPatch = 'write-back-wake-in-flight';

/** A lane per source that takes write-backs: claim, send, settle, until nothing is due there. */
export async function writeBack(input: WriteBackInput): Promise<void> {
  await runLane(input, (rings) => wavesUntilDry(input, rings));
}

/**
 * One wave after the other: a source is not HubSpot, what it can take at once is configured as calls per second. When the
 * bell rings meanwhile, what is marked then is sent beside the wave that is in flight: a person's change does not wait
 * for what a run writes.
 */
async function wavesUntilDry(input: WriteBackInput, rings: () => number): Promise<LaneTurn> {
  const { portalId, target } = input;
  const inFlight = new Set<Promise<void>>();
  const failures: unknown[] = [];
  while (failures.length === 0 && !isHistoryLong(input)) {
    const ringsBefore = rings();
    const claim = await quick(`claim changes for ${target}`).claimWriteBacks({ portalId, target });
    const { batchIds, waitMs } = claim;
    if (batchIds.length > 0) {
      const sent = sendWave(input, batchIds)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => void inFlight.delete(sent));
      inFlight.add(sent);
    } else if (inFlight.size === 0) return { more: false, waitMs };
    await nextClaim(inFlight, () => rings() > ringsBefore);
  }
  await Promise.all(inFlight);
  if (failures.length > 0) throw failures[0];
  return { more: true };
}

/** Waits until a wave has ended, or the bell has rung and one more may go. */
async function nextClaim(inFlight: Set<Promise<void>>, hasRung: () => boolean): Promise<void> {
  const before = inFlight.size;
  if (!patched(wakeInFlightPatch)) await Promise.all(inFlight);
  else await condition(() => inFlight.size < before || (hasRung() && before < parallelWavesMax));
}

async function sendWave({ portalId, target }: WriteBackInput, batchIds: string[]): Promise<void> {
  try {
    await sending(`write back to ${target}`).sendWriteBacks({ portalId, target, batchIds });
  } catch (error) {
    // A permanent failure has paused the target and left its batches to the next claim: both are in the tables.
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    log.warn('a wave ended with a permanent failure', { target });
  }
}
