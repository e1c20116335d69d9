import { ApplicationFailure } from '@temporalio/activity';
import {
  endAssociations,
  settleAssociations,
  takeAssociationBatch,
  type TakenAssociations,
} from '../../db/delivery/associationSettle';
import type { AssociationIntent } from '../../db/delivery/associationClaims';
import { installationOf } from '../../db/oauth/oauthInstall';
import { inTransaction, type Queryable } from '../../db/pool';
import { closeAssociationProblems, openProblems, type ProblemInput } from '../../db/problems/problems';
import { returnLease } from '../../db/quota/quota';
import { addCounts, countCall, type CountStatus } from '../../db/runs/runCounts';
import { currentBatches, leaveBatches, lockBatch, releaseBatch, splitBatch } from '../../db/delivery/batches';
import { parseType } from '../../domain/delivery/associationTypes';
import { associationKey, type AssociationReading } from '../../hubspot/associationReply';
import { archiveAssociationLabels, createAssociations } from '../../hubspot/associations';
import type { HubSpotClient } from '../../hubspot/client';
import { HubSpotFailure } from '../../hubspot/hubspotFailure';
import { settleFailure } from './batchFailure';
import { claimedBatch } from './claimedBatch';
import type { ActivityContext } from '../context';
import { logWave } from './waveLog';
import { leasedClient } from '../quota/leasedClient';
import { unprovedAttemptsMax } from '../quota/limits';
import { runIdOf } from './batchRecords';
import { isClaimExpired, isPaused, type SendBatchesInput } from './sendBatches';
import type { SendBatchesResult } from './sending';
import { laneNumbers } from '../../domain/record';

/** Sends a wave of claimed association batches, one after the other, and settles every reply. */
export function createSendAssociations(context: ActivityContext) {
  return async function sendAssociations(input: SendBatchesInput): Promise<SendBatchesResult> {
    const { portalId, leaseId, lane } = input;
    const result: SendBatchesResult = { calls: 0, delivered: 0, refused: 0 };
    const lease = { leaseId, bucket: 'associations' as const };
    const transport = await context.clientOf(portalId);
    try {
      const queue = await currentBatches(context.pool, input.batchIds);
      if (await isPaused(context, portalId)) {
        await leaveBatches(context.pool, queue);
        return result;
      }
      while (queue.length > 0) {
        const expiry = performance.now() + context.limits.claimMs;
        const mayStart = () => performance.now() < expiry;
        const client = leasedClient(context, transport, portalId, laneNumbers[lane], lease, mayStart);
        queue.push(...(await sendBatch(context, client, portalId, queue.shift()!, result)));
      }
      return result;
    } finally {
      logWave(context, 'associated', { portalId, lane }, result);
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
  const batch = claimedBatch(await takeAssociationBatch(context.pool, batchId, claimMs, callDeadlineMs));
  if (batch === null) return [];
  const installation = await installationOf(context.pool, portalId);
  await context.failpoint('associate.sending');
  let reading: AssociationReading;
  try {
    result.calls += 1;
    reading = await call(context, client, batch);
  } catch (error) {
    await countCall(context.pool, portalId, runIdOf(batch), pairOf(batch), batch.operation, 0);
    if (error instanceof HubSpotFailure)
      await afterFailure(context, portalId, { ...batch, installation }, error);
    else if (isClaimExpired(error)) await releaseBatch(context.pool, batchId, batch.fence, notStarted);
    throw error;
  }
  await context.failpoint('associate.sent');
  if (reading.wholeBatch) {
    await countCall(context.pool, portalId, runIdOf(batch), pairOf(batch), batch.operation, 0);
    return halve(context, batch, false);
  }
  const rest = await settle(context, portalId, batch, reading, result);
  await context.failpoint('associate.settled');
  if (rest === 'again')
    throw ApplicationFailure.create({ type: 'unproved', message: 'HubSpot left associations unproved' });
  return rest === 'split' ? halve(context, batch, true) : [];
}

async function halve(
  context: ActivityContext,
  { batchId, fence }: TakenAssociations,
  maybeWritten: boolean,
): Promise<string[]> {
  const halves = await inTransaction(context.pool, (tx) => splitBatch(tx, batchId, fence, maybeWritten));
  await context.failpoint('associate.split');
  return halves ?? [];
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

/** @returns what is to be done with the pairs that are neither proved nor refused */
async function settle(
  context: ActivityContext,
  portalId: string,
  batch: TakenAssociations,
  reading: AssociationReading,
  result: SendBatchesResult,
): Promise<'done' | 'again' | 'split'> {
  const outcomeOf = (intent: { fromId: string; toId: string }) =>
    reading.outcomes.get(associationKey(intent.fromId, intent.toId));
  const written = batch.intents.filter((intent) => outcomeOf(intent)?.kind === 'written');
  const refused = batch.intents.flatMap((intent) => {
    const outcome = outcomeOf(intent);
    return outcome?.kind === 'rejected' ? [{ intent, message: outcome.message }] : [];
  });
  const settled = new Set([...written, ...refused.map(({ intent }) => intent)]);
  const open = batch.intents.filter((intent) => !settled.has(intent));
  const isLastTry = batch.unproved + 1 >= unprovedAttemptsMax;
  const isSplit = isLastTry && open.length > 1;
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
      refused.map(({ intent, message }) =>
        asProblem(batch, intent, `HubSpot refuses the association: ${message}`),
      ),
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
    if (open.length > 0 && !isSplit) {
      if (isLastTry) await giveUp(tx, portalId, batch, open, unprovedText);
      else await releaseBatch(tx, batch.batchId, batch.fence, unprovedOnce);
    }
    await context.failpoint('associate.settling');
  });
  result.delivered += written.length;
  result.refused += refused.length;
  if (isSplit) return 'split';
  return open.length > 0 && !isLastTry ? 'again' : 'done';
}

const notStarted = { afterMs: 0, cause: 'passing', maybeWritten: false } as const;
const unprovedOnce = { afterMs: 0, cause: 'unproved', maybeWritten: true } as const;
const unprovedText = 'HubSpot neither confirms nor refuses the association';

function asProblem(
  { fromObject, toObject }: TakenAssociations,
  { fromGolden, toGolden, leadSource, toId }: AssociationIntent,
  reason: string,
): ProblemInput {
  return {
    stage: 'associate',
    kind: 'rejected',
    objectType: fromObject,
    goldenId: fromGolden,
    toGolden,
    source: leadSource,
    field: toObject,
    reason,
    where: `to ${toId}`,
  };
}

async function afterFailure(
  context: ActivityContext,
  portalId: string,
  batch: TakenAssociations & { installation: string | null },
  failure: HubSpotFailure,
): Promise<void> {
  const { batchId, fence, hardFailures, maybeWritten, installation } = batch;
  await settleFailure(
    context,
    portalId,
    {
      ...{ batchId, fence, hardFailures, maybeWritten, size: batch.intents.length, installation },
      giveUp: (tx, reason) => giveUp(tx, portalId, batch, batch.intents, reason),
    },
    failure,
  );
}

/** Makes pairs problems that HubSpot neither takes nor refuses. */
async function giveUp(
  tx: Queryable,
  portalId: string,
  batch: TakenAssociations,
  intents: AssociationIntent[],
  reason: string,
): Promise<void> {
  const problems = intents.map((intent) => asProblem(batch, intent, reason));
  await openProblems(tx, portalId, batch.intents[0]?.runId ?? null, problems);
  await endAssociations(tx, portalId, batch, intents, true);
}
