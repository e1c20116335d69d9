import { ActivityFailure, isCancellation, log } from '@temporalio/workflow';
import { quick, sending } from './activityProxies';
import type { DeliverInput } from './contracts';
import { isHistoryLong, runLane, type LaneTurn } from './lane';

/** Waves in flight: enough calls under way to use the quota at HubSpot's usual latency, and for several workers. */
const parallelWavesDefault = 4;

/** A lane per portal and urgency: claim, lease calls, send, settle; records before the associations that need their ids. */
export async function deliver(input: DeliverInput): Promise<void> {
  await runLane(input, () => wavesUntilDry(input));
}

/**
 * Claims wave after wave and sends up to `parallelWaves` of them side by side. Claims come one after the other, for the
 * table gives them so anyway; what looks dry is looked at once more when all that is in flight has settled, because
 * associations wait for the records.
 */
async function wavesUntilDry(input: DeliverInput): Promise<LaneTurn> {
  const parallel = input.parallelWaves ?? parallelWavesDefault;
  const inFlight = new Set<Promise<void>>();
  const failures: unknown[] = [];
  while (failures.length === 0 && !isHistoryLong()) {
    const claim = await quick(`claim up to 10 batches, lane ${input.lane}`).claimBatches({
      portalId: input.portalId,
      lane: input.lane,
    });
    if (claim.batchIds.length > 0) {
      const sent = sendWave(input, claim)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => void inFlight.delete(sent));
      inFlight.add(sent);
      if (inFlight.size >= parallel) await Promise.race(inFlight);
    } else if (inFlight.size > 0) await Promise.all(inFlight);
    else return { more: false, waitMs: claim.waitMs };
  }
  await Promise.all(inFlight);
  if (failures.length > 0) throw failures[0];
  return { more: true };
}

async function sendWave(
  { portalId, lane }: DeliverInput,
  { batchIds, kind }: { batchIds: string[]; kind: 'records' | 'associations' },
): Promise<void> {
  const bucket = kind === 'records' ? 'burst' : 'associations';
  const { leaseId } = await quick(`lease up to 10 calls, lane ${lane}`).leaseCalls({
    portalId,
    bucket,
    lane,
    want: batchIds.length,
  });
  const wave = { portalId, batchIds, lane, leaseId };
  try {
    if (kind === 'records') await sending(`deliver up to 10 batches, lane ${lane}`).sendBatches(wave);
    else await sending(`deliver associations, lane ${lane}`).sendAssociations(wave);
  } catch (error) {
    // A permanent failure has paused the portal or left its batches to the next claim: both are in the tables.
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    log.warn('a wave ended with a permanent failure', { kind });
  }
}
