import { ActivityFailure, isCancellation, log } from '@temporalio/workflow';
import { quick, sending } from './activityProxies';
import type { DeliverInput } from './contracts';
import { runLane, type LaneTurn } from './lane';

/** Waves side by side: enough calls in flight to use the quota at HubSpot's usual latency, and for several workers. */
const parallelWavesDefault = 3;

/** A lane per portal and urgency: claim, lease calls, send, settle; records before the associations that need their ids. */
export async function deliver(input: DeliverInput): Promise<void> {
  const waves = input.parallelWaves ?? parallelWavesDefault;
  await runLane(input, async () => {
    const turns = await Promise.all(Array.from({ length: waves }, () => wavesUntilDry(input)));
    return {
      more: turns.some(({ more }) => more),
      waitMs: turns.reduce<number | null>((least, { waitMs }) => earlier(least, waitMs ?? null), null),
    };
  });
}

/** Waves one after the other while there is work; bounded, so that the history can be renewed. */
async function wavesUntilDry(input: DeliverInput): Promise<LaneTurn> {
  for (let wave = 0; wave < 50; wave += 1) {
    const claim = await quick(`claim up to 10 batches, lane ${input.lane}`).claimBatches({
      portalId: input.portalId,
      lane: input.lane,
    });
    if (claim.batchIds.length === 0) return { more: false, waitMs: claim.waitMs };
    await sendWave(input, claim);
  }
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

function earlier(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : Math.min(a, b);
}
