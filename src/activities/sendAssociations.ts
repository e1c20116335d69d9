import { ApplicationFailure } from '@temporalio/activity';
import {
  endAssociations,
  settleAssociations,
  takeAssociationBatch,
  type TakenAssociations,
} from '../db/associationSettle';
import { inTransaction } from '../db/pool';
import { msUntilDailyReset, pausePortal } from '../db/portals';
import { closeAssociationProblems, openProblems } from '../db/problems';
import { returnLease } from '../db/quota';
import { addCounts, countCall, type CountStatus } from '../db/runs';
import { currentBatches, dissolveBatch, lockBatch, releaseBatch, splitBatch } from '../db/settle';
import { parseType } from '../domain/associationTypes';
import { associationKey, type AssociationReading } from '../hubspot/associationReply';
import { archiveAssociationLabels, createAssociations } from '../hubspot/associations';
import type { HubSpotClient } from '../hubspot/client';
import { HubSpotFailure } from '../hubspot/hubspotFailure';
import type { ActivityContext } from './context';
import { leasedClient } from './leasedClient';
import { laneNumbers } from './mergeSlice';
import { runIdOf } from './settleBatch';
import type { SendBatchesInput, SendBatchesResult } from './sendBatches';

/** Sends a wave of claimed association batches, one after the other, and settles every reply. */
export function createSendAssociations(context: ActivityContext) {
  return async function sendAssociations(input: SendBatchesInput): Promise<SendBatchesResult> {
    const { portalId, leaseId, lane } = input;
    const result: SendBatchesResult = { calls: 0, delivered: 0, refused: 0 };
    const lease = { leaseId, bucket: 'associations' as const };
    const transport = await context.clientOf(portalId);
    try {
      const queue = await currentBatches(context.pool, input.batchIds);
      while (queue.length > 0) {
        const expiry = performance.now() + context.limits.claimMs;
        const mayStart = () => performance.now() < expiry;
        const client = leasedClient(context, transport, portalId, laneNumbers[lane], lease, mayStart);
        queue.push(...(await sendBatch(context, client, portalId, queue.shift()!, result)));
      }
      return result;
    } finally {
      await returnLease(context.pool, leaseId);
    }
  };
}

/** @returns the halves to send instead, when HubSpot refused the batch as a whole */
async function sendBatch(
  context: ActivityContext,
  client: HubSpotClient,
  portalId: string,
  batchId: string,
  result: SendBatchesResult,
): Promise<string[]> {
  const { claimMs, callDeadlineMs } = context.limits;
  const batch = await takeAssociationBatch(context.pool, batchId, claimMs, callDeadlineMs);
  if (batch === 'settled') return [];
  if (batch === 'busy') {
    throw ApplicationFailure.create({
      type: 'busy',
      message: 'another attempt may still be sending a batch',
    });
  }
  await context.failpoint('associate.sending');
  let reading: AssociationReading;
  try {
    result.calls += 1;
    reading = await call(context, client, batch);
  } catch (error) {
    await countCall(context.pool, portalId, runIdOf(batch), pairOf(batch), batch.operation, 0);
    if (error instanceof HubSpotFailure) await afterFailure(context, portalId, batch, error);
    throw error;
  }
  await context.failpoint('associate.sent');
  if (reading.wholeBatch) {
    await countCall(context.pool, portalId, runIdOf(batch), pairOf(batch), batch.operation, 0);
    const halves = await inTransaction(context.pool, (tx) => splitBatch(tx, batch.batchId, batch.fence));
    await context.failpoint('associate.split');
    return halves ?? [];
  }
  const open = await settle(context, portalId, batch, reading, result);
  await context.failpoint('associate.settled');
  if (open)
    throw ApplicationFailure.create({ type: 'unproved', message: 'HubSpot left associations unproved' });
  return [];
}

/** How the calls of a pair of objects are counted. */
function pairOf({ fromObject, toObject }: TakenAssociations): string {
  return `${fromObject}>${toObject}`;
}

function call(
  { hubspotType }: ActivityContext,
  client: HubSpotClient,
  batch: TakenAssociations,
): Promise<AssociationReading> {
  const inputs = batch.intents.map(({ fromId, toId, types }) => ({
    fromId,
    toId,
    types: types.map(parseType),
  }));
  const pair = {
    fromType: hubspotType(batch.fromObject),
    toType: hubspotType(batch.toObject),
    inputs,
  };
  return batch.operation === 'associate'
    ? createAssociations(client, pair)
    : archiveAssociationLabels(client, pair);
}

/** @returns whether some pairs are neither proved nor refused */
async function settle(
  context: ActivityContext,
  portalId: string,
  batch: TakenAssociations,
  reading: AssociationReading,
  result: SendBatchesResult,
): Promise<boolean> {
  const outcomeOf = (intent: { fromId: string; toId: string }) =>
    reading.outcomes.get(associationKey(intent.fromId, intent.toId));
  const written = batch.intents.filter((intent) => outcomeOf(intent)?.kind === 'written');
  const refused = batch.intents.flatMap((intent) => {
    const outcome = outcomeOf(intent);
    return outcome?.kind === 'rejected' ? [{ intent, message: outcome.message }] : [];
  });
  const open = batch.intents.length > written.length + refused.length;
  await inTransaction(context.pool, async (tx) => {
    if (!(await lockBatch(tx, batch.batchId, batch.fence))) return;
    await countCall(tx, portalId, runIdOf(batch), pairOf(batch), batch.operation, written.length);
    await settleAssociations(tx, portalId, batch, written);
    await closeAssociationProblems(tx, portalId, batch.fromObject, batch.toObject, written);
    const runId = batch.intents[0]?.runId ?? null;
    await openProblems(
      tx,
      portalId,
      runId,
      refused.map(({ intent, message }) => ({
        stage: 'associate' as const,
        kind: 'rejected' as const,
        objectType: batch.fromObject,
        goldenId: intent.fromGolden,
        toGolden: intent.toGolden,
        source: intent.leadSource,
        field: batch.toObject,
        reason: `HubSpot refuses the association: ${message}`,
        where: `to ${intent.toId}`,
      })),
    );
    await endAssociations(tx, portalId, batch, written, false);
    await endAssociations(
      tx,
      portalId,
      batch,
      refused.map(({ intent }) => intent),
      true,
    );
    const status: CountStatus = batch.operation === 'associate' ? 'associated' : 'dissociated';
    for (const run of new Set(written.map((intent) => intent.runId))) {
      const mine = written.filter((intent) => intent.runId === run);
      const counts = mine.map(({ leadSource }) => ({
        source: leadSource,
        objectType: batch.fromObject,
        status: status,
        count: 1,
      }));
      await addCounts(tx, portalId, run, counts);
    }
    if (open) await releaseBatch(tx, batch.batchId, batch.fence, 0);
    await context.failpoint('associate.settling');
  });
  result.delivered += written.length;
  result.refused += refused.length;
  return open;
}

async function afterFailure(
  { pool }: ActivityContext,
  portalId: string,
  { batchId, fence }: TakenAssociations,
  failure: HubSpotFailure,
): Promise<void> {
  const { verdict } = failure;
  if (verdict.action !== 'pausePortal' && verdict.action !== 'defect') {
    return releaseBatch(pool, batchId, fence, verdict.afterMs ?? 0);
  }
  const untilMs = verdict.until === 'dailyReset' ? await msUntilDailyReset(pool, portalId) : verdict.afterMs;
  await pausePortal(pool, portalId, untilMs, failure.message);
  await dissolveBatch(pool, batchId, fence);
}
