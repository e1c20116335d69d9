import { ActivityFailure, condition, isCancellation, log, patched } from '@temporalio/workflow';
import { quick, sending } from './activityProxies';
import type { DeliverInput } from './contracts';
import { isHistoryLong, runLane, type LaneTurn } from './lane';

/** Waves in flight at first and at most: each is ten calls, so the most is enough for replies that take seconds. */
const parallelWavesMin = 3;
const parallelWavesMax = 8;
/** Slots further ahead than this mean that the quota is used: more waves would only wait for it. */
const aheadMs = 1_000;

/** Histories from before it end where this looks once more. */
const lookAgainPatch = 'deliver-look-again';
/** Histories from before it wait for all in flight, though the bell rings. */
const wakeInFlightPatch = 'deliver-wake-in-flight';

/** A lane per portal and urgency: claim, lease calls, send, settle; records before the associations that need their ids. */
export async function deliver(input: DeliverInput): Promise<void> {
  await runLane(input, (rings) => wavesUntilDry(input, rings));
}

/**
 * Claims wave after wave and sends some of them side by side: one more whenever the next free slot of the quota is
 * near, because then calls take longer than the quota asks for. Claims come one after the other, for the table gives
 * them so anyway; what looks dry is looked at once more when all that is in flight has settled, because associations
 * wait for the records. An urgent lane does not wait for that when the bell rings: what is marked meanwhile is sent
 * beside what is in flight.
 */
async function wavesUntilDry(input: DeliverInput, rings: () => number): Promise<LaneTurn> {
  let parallel = input.parallelWaves ?? parallelWavesMin;
  const inFlight = new Set<Promise<void>>();
  const failures: unknown[] = [];
  while (failures.length === 0 && !isHistoryLong(input)) {
    // Asked before the claim: what was in flight may settle while it looks, and then it has looked too early.
    const mayUnlockMore = inFlight.size > 0;
    const ringsBefore = rings();
    const claim = await quick(`claim up to 10 batches, lane ${input.lane}`).claimBatches({
      portalId: input.portalId,
      lane: input.lane,
    });
    if (claim.batchIds.length > 0) {
      const lease = await leaseWave(input, claim);
      if (lease.startsInMs < aheadMs && !input.parallelWaves)
        parallel = Math.min(parallel + 1, parallelWavesMax);
      const sent = sendWave(input, claim, lease.leaseId)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => void inFlight.delete(sent));
      inFlight.add(sent);
      if (inFlight.size >= parallel) await Promise.race(inFlight);
    } else if (inFlight.size > 0 && input.lane === 'realtime' && patched(wakeInFlightPatch)) {
      await condition(() => inFlight.size === 0 || rings() > ringsBefore);
    } else if (inFlight.size > 0 || (mayUnlockMore && patched(lookAgainPatch))) await Promise.all(inFlight);
    else return { more: false, waitMs: claim.waitMs };
  }
  await Promise.all(inFlight);
  if (failures.length > 0) throw failures[0];
  return { more: true };
}

interface Claim {
  batchIds: string[];
  kind: 'records' | 'associations';
}

function leaseWave({ portalId, lane }: DeliverInput, { batchIds, kind }: Claim) {
  const bucket = kind === 'records' ? 'burst' : 'associations';
  const want = batchIds.length;
  return quick(`lease up to 10 calls, lane ${lane}`).leaseCalls({ portalId, bucket, lane, want });
}

async function sendWave(
  { portalId, lane }: DeliverInput,
  { batchIds, kind }: Claim,
  leaseId: string,
): Promise<void> {
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
