import { ApplicationFailure } from '@temporalio/activity';
import { growBatches } from '../../db/delivery/breaker';
import { installationOf } from '../../db/oauth/oauthInstall';
import { isUrgentDue } from '../../db/delivery/outbox';
import { findPortal } from '../../db/portals';
import { returnLease } from '../../db/quota/quota';
import {
  currentBatches,
  leaveBatches,
  releaseBatch,
  splitBatch,
  takeBatch,
  type TakenBatch,
} from '../../db/delivery/batches';
import { inTransaction } from '../../db/pool';
import { countCall } from '../../db/runs/runCounts';
import { laneNumbers, tributaryIdProperty } from '../../domain/record';
import type { HubSpotClient } from '../../hubspot/client';
import { HubSpotFailure } from '../../hubspot/hubspotFailure';
import { archiveBatch, updateBatch, upsertBatch } from '../../hubspot/writeBatch';
import type { BatchReading } from '../../hubspot/batchReply';
import { claimedBatch } from './claimedBatch';
import type { ActivityContext } from '../context';
import { settleFailure } from './batchFailure';
import { leasedClient } from '../quota/leasedClient';
import { proveEcho } from './proveEcho';
import { runIdOf } from './batchRecords';
import type { SendBatchesResult, Sending } from './sending';
import { logWave } from './waveLog';
import { giveUp, settleArchive, settleReading } from './settleBatch';

export interface SendBatchesInput {
  portalId: string;
  batchIds: string[];
  lane: keyof typeof laneNumbers;
  leaseId: string;
}

/** One activity's wave of batches. */
interface Wave extends Omit<Sending, 'client' | 'readBack' | 'wasSent'> {
  lane: SendBatchesInput['lane'];
  clientUntil: (expiry: number, lane: SendBatchesInput['lane']) => HubSpotClient;
}

/**
 * Sends a wave of claimed batches and settles every reply in a transaction of its own. Batches that an earlier attempt
 * settled are gone and cost nothing; those it split are found by their parts.
 * @throws retryable with the delay that HubSpot asks for, when some batches must be sent again
 */
export function createSendBatches(context: ActivityContext) {
  return async function sendBatches(input: SendBatchesInput): Promise<SendBatchesResult> {
    const { portalId, lane, leaseId } = input;
    const lease = { leaseId, bucket: 'burst' as const };
    const transport = await context.clientOf(portalId);
    const result: SendBatchesResult = { calls: 0, delivered: 0, refused: 0 };
    const installation = await installationOf(context.pool, portalId);
    const wave: Wave = {
      ...{ context, portalId, lane, result, installation },
      clientUntil: (expiry, callLane) =>
        leasedClient(
          context,
          transport,
          portalId,
          laneNumbers[callLane],
          lease,
          () => performance.now() < expiry,
        ),
    };
    try {
      const batchIds = await currentBatches(context.pool, input.batchIds);
      if (await isPaused(context, portalId)) {
        await leaveBatches(context.pool, batchIds);
        return result;
      }
      const ends = await Promise.allSettled(batchIds.map((batchId) => sendBatch(wave, batchId)));
      throwWorst(ends);
      return result;
    } finally {
      logWave(context, 'delivered', { portalId, lane }, result);
      await returnLease(context.pool, leaseId);
    }
  };
}

/**
 * A portal may be paused while a wave waits for its next try, or be half-open: then one call of the next claim tries
 * again, and not all of this wave.
 */
export async function isPaused({ pool }: ActivityContext, portalId: string): Promise<boolean> {
  const portal = await findPortal(pool, portalId);
  return portal !== null && (portal.isPaused || portal.isBroken);
}

async function sendBatch(wave: Wave, batchId: string): Promise<void> {
  const { context } = wave;
  const { claimMs, callDeadlineMs } = context.limits;
  const expiry = performance.now() + claimMs;
  const batch = claimedBatch(await takeBatch(context.pool, batchId, claimMs, callDeadlineMs));
  if (batch === null) return;
  await context.failpoint('deliver.sending');
  const sending: Sending = {
    ...wave,
    client: wave.clientUntil(expiry, wave.lane),
    readBack: wave.clientUntil(expiry, 'realtime'),
    wasSent: false,
  };
  let rest: 'done' | 'again' | 'split';
  try {
    rest = batch.operation === 'archive' ? await archive(sending, batch) : await write(sending, batch);
  } catch (error) {
    if (error instanceof HubSpotFailure) await afterFailure(sending, batch, error);
    else if (isClaimExpired(error)) {
      const maybeWritten = sending.wasSent;
      await releaseBatch(context.pool, batchId, batch.fence, { afterMs: 0, cause: 'passing', maybeWritten });
    }
    throw error;
  }
  await context.failpoint('deliver.settled');
  if (wave.lane !== 'realtime') await ringUrgent(wave, batch);
  if (rest === 'again')
    throw ApplicationFailure.create({ type: 'unproved', message: 'HubSpot left records unproved' });
  if (rest === 'split') await sendHalves(wave, batch, sending.wasSent);
}

/** The realtime lane found its record in flight and went to sleep: now it can be claimed. */
async function ringUrgent({ context, portalId }: Wave, { objectType, intents }: TakenBatch): Promise<void> {
  const goldenIds = intents.map(({ goldenId }) => goldenId);
  if (await isUrgentDue(context.pool, portalId, objectType, goldenIds))
    await context.doorbell.deliver(portalId, 'realtime');
}

/** The call did not start: the batch can be taken again at once. */
export function isClaimExpired(error: unknown): boolean {
  return error instanceof ApplicationFailure && error.type === 'claimExpired';
}

async function sendHalves(wave: Wave, { batchId, fence }: TakenBatch, maybeWritten: boolean): Promise<void> {
  const halves = await inTransaction(wave.context.pool, (tx) => splitBatch(tx, batchId, fence, maybeWritten));
  await wave.context.failpoint('deliver.split');
  const ends = await Promise.allSettled((halves ?? []).map((half) => sendBatch(wave, half)));
  throwWorst(ends);
}

async function write(sending: Sending, batch: TakenBatch): Promise<'done' | 'again' | 'split'> {
  const objectType = sending.context.hubspotType(batch.objectType);
  sending.result.calls += 1;
  const reading: BatchReading =
    batch.operation === 'create'
      ? await upsertBatch(sending.client, {
          objectType,
          inputs: batch.intents.map(({ goldenId, properties }) => ({
            traceId: goldenId,
            id: goldenId,
            idProperty: tributaryIdProperty,
            properties,
          })),
        })
      : await updateBatch(sending.client, {
          objectType,
          inputs: batch.intents.map(({ goldenId, recordId, properties }) => ({
            traceId: goldenId,
            id: recordId!,
            properties,
          })),
        });
  await sending.context.failpoint('deliver.sent');
  if (reading.wholeBatch) return refusedWhole(sending, batch);
  sending.wasSent = true;
  await growBatches(sending.context.pool, sending.portalId, batch.intents.length);
  return settleReading(sending, batch, await proveEcho(sending.readBack, objectType, batch, reading));
}

async function archive(sending: Sending, batch: TakenBatch): Promise<'done' | 'again' | 'split'> {
  sending.result.calls += 1;
  const ids = batch.intents.map(({ recordId }) => recordId!);
  const reading = await archiveBatch(sending.client, {
    objectType: sending.context.hubspotType(batch.objectType),
    ids,
  });
  await sending.context.failpoint('deliver.sent');
  if (reading.isSplitNeeded && batch.intents.length > 1) return refusedWhole(sending, batch);
  sending.wasSent = true;
  return settleArchive(sending, batch, reading);
}

/** HubSpot refused the batch because of some of its records, and wrote none. */
async function refusedWhole({ context, portalId }: Wave | Sending, batch: TakenBatch): Promise<'split'> {
  await countCall(context.pool, portalId, runIdOf(batch), batch.objectType, batch.operation, 0);
  return 'split';
}

/** What came before the failure counts too: a failed read after a write does not undo the write. */
async function afterFailure(sending: Sending, batch: TakenBatch, failure: HubSpotFailure) {
  const { context, portalId, installation } = sending;
  const { batchId, fence, hardFailures } = batch;
  await countCall(context.pool, portalId, runIdOf(batch), batch.objectType, batch.operation, 0);
  const goldenIds = batch.intents.map(({ goldenId }) => goldenId);
  await settleFailure(
    context,
    portalId,
    {
      ...{ batchId, fence, hardFailures, size: goldenIds.length, installation },
      maybeWritten: batch.maybeWritten || sending.wasSent,
      giveUp: (tx, reason) => giveUp(tx, portalId, batch, goldenIds, reason),
    },
    failure,
  );
}

/** Of all failures of a wave the one that waits longest decides when the wave is tried again. */
function throwWorst(ends: PromiseSettledResult<void>[]): void {
  const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as Error] : []));
  const unexpected = failures.find((failure) => !(failure instanceof HubSpotFailure));
  if (unexpected) throw unexpected;
  const [worst] = (failures as HubSpotFailure[]).sort((a, b) => waitMs(b) - waitMs(a));
  if (worst) throw worst;
}

function waitMs({ verdict }: HubSpotFailure): number {
  return verdict.afterMs ?? 0;
}
