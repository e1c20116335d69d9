import { followMerges, lockConsolidation } from '../../db/golden/mergedRecords';
import { inTransaction, type Queryable } from '../../db/pool';
import { closeGoldenProblems, openProblems } from '../../db/problems/problems';
import { endIntents } from '../../db/delivery/settle';
import { lockBatch, releaseBatch, type TakenBatch } from '../../db/delivery/batches';
import { settleArchived, settleWritten } from '../../db/delivery/settleWritten';
import { countCall } from '../../db/runs/runCounts';
import { foldOutcomes, type FoldedOutcomes } from '../../domain/delivery/foldOutcome';
import type { BatchReading } from '../../hubspot/batchReply';
import type { ArchiveReading } from '../../hubspot/writeBatch';
import { countIntents, problemOf, runIdOf } from './batchRecords';
import { mergedText } from './decideBatches';
import { readGone, settleGone } from './followGone';
import { unprovedAttemptsMax } from '../quota/limits';
import type { Sending } from './sending';
import { readOwners, settleConflicts } from './settleConflicts';

/**
 * Settles a reply in one transaction: known states, ledger, marks, problems. A reply that comes after the claim was
 * taken over changes nothing.
 * @returns what is to be done with the rest of the batch: nothing, sending it again, or halving it
 */
export async function settleReading(
  sending: Sending,
  batch: TakenBatch,
  reading: BatchReading,
): Promise<'done' | 'again' | 'split'> {
  const { context, portalId, result } = sending;
  const { rules } = await context.objectContext(portalId, batch.objectType);
  const mapped = rules.fields.map(({ property }) => property);
  const folded = foldOutcomes(batch.intents, reading.outcomes, mapped);
  const owners = await readOwners(sending, batch, folded);
  const gone = await readGone(sending, batch, folded);
  const moves = movesOf(batch, folded);
  const isIdentityTouched = owners !== null || gone !== null || moves.length > 0;
  const settled = await inTransaction(context.pool, async (tx) => {
    if (isIdentityTouched) await lockConsolidation(tx, portalId, batch.objectType);
    if (!(await lockBatch(tx, batch.batchId, batch.fence))) return false;
    await countCall(tx, portalId, runIdOf(batch), batch.objectType, batch.operation, folded.written.length);
    await followMerges(tx, portalId, batch.objectType, moves);
    const taken = await settleWritten(tx, portalId, batch, folded.written);
    const written = folded.written.flatMap(({ goldenId }) => (taken.includes(goldenId) ? [] : [goldenId]));
    await settleTaken(tx, portalId, batch, folded, taken);
    await closeGoldenProblems(tx, portalId, batch.objectType, written);
    await countIntents(tx, portalId, batch, batch.operation === 'create' ? 'created' : 'updated', written);
    await endIntents(tx, portalId, batch, written, 'delivered');
    await settleRefused(tx, portalId, batch, folded);
    await settleConflicts(tx, context.erasureSecret, portalId, batch, folded, owners);
    await settleGone(tx, context.erasureSecret, portalId, batch, folded, gone, rules);
    if (folded.open.length > 0 && !isSplit(folded, batch)) {
      if (isLastTry(batch)) await giveUp(tx, portalId, batch, folded.open, unprovedText);
      else await releaseBatch(tx, batch.batchId, batch.fence, unprovedOnce);
    }
    await context.failpoint('deliver.settling');
    return true;
  });
  if (!settled) return 'done';
  if (isIdentityTouched) await context.doorbell.consolidate(portalId, batch.objectType);
  result.delivered += folded.written.length;
  result.refused += folded.refused.length;
  if (isSplit(folded, batch)) return 'split';
  return folded.open.length > 0 && !isLastTry(batch) ? 'again' : 'done';
}

/** Updates that HubSpot answered with another id than the one that was asked for: ours was merged into that one. */
function movesOf({ intents }: TakenBatch, { written }: FoldedOutcomes) {
  const asked = new Map(intents.map(({ goldenId, recordId }) => [goldenId, recordId]));
  return written.flatMap(({ goldenId, recordId: toId }) => {
    const fromId = asked.get(goldenId) ?? null;
    return fromId === null || fromId === toId ? [] : [{ fromId, toId }];
  });
}

/** What HubSpot wrote to a record of another golden record: nothing of it is ours, and a person must look. */
async function settleTaken(
  tx: Queryable,
  portalId: string,
  batch: TakenBatch,
  { written }: FoldedOutcomes,
  goldenIds: string[],
): Promise<void> {
  const problems = goldenIds.map((goldenId) => {
    const recordId = written.find((record) => record.goldenId === goldenId)!.recordId;
    return problemOf(batch, goldenId, 'conflict', null, mergedText(recordId));
  });
  await openProblems(tx, portalId, runIdOf(batch), problems);
  await countIntents(tx, portalId, batch, 'problems', goldenIds);
  await endIntents(tx, portalId, batch, goldenIds, 'parked');
}

function isSplit(folded: FoldedOutcomes, batch: TakenBatch): boolean {
  if (folded.open.length < 2) return false;
  return folded.splitOpen || isLastTry(batch);
}

/** Only replies that left records unproved count: what failed in passing says nothing about them. */
function isLastTry({ unproved }: TakenBatch): boolean {
  return unproved + 1 >= unprovedAttemptsMax;
}
const unprovedOnce = { afterMs: 0, cause: 'unproved', maybeWritten: true } as const;

/** Makes records problems that HubSpot neither takes nor refuses. */
export async function giveUp(
  tx: Queryable,
  portalId: string,
  batch: TakenBatch,
  goldenIds: string[],
  reason: string,
): Promise<void> {
  const problems = goldenIds.map((goldenId) => problemOf(batch, goldenId, 'rejected', null, reason));
  await openProblems(tx, portalId, runIdOf(batch), problems);
  await endIntents(tx, portalId, batch, goldenIds, 'parked');
}
const unprovedText = 'HubSpot neither confirms nor refuses this record';

async function settleRefused(
  tx: Queryable,
  portalId: string,
  batch: TakenBatch,
  { refused }: FoldedOutcomes,
) {
  const goldenIds = [...new Set(refused.map(({ goldenId }) => goldenId))];
  const problems = refused.map(({ goldenId, field, reason }) =>
    problemOf(batch, goldenId, 'rejected', field, reason),
  );
  await openProblems(tx, portalId, runIdOf(batch), problems);
  await countIntents(tx, portalId, batch, 'rejected', goldenIds);
  await countIntents(tx, portalId, batch, 'problems', goldenIds);
  await endIntents(tx, portalId, batch, goldenIds, 'parked');
}

/** Settles an archive: HubSpot answers 204 without results, so the absence of errors is the proof. */
export async function settleArchive(
  sending: Sending,
  batch: TakenBatch,
  reading: ArchiveReading,
): Promise<'done' | 'again'> {
  const { context, portalId } = sending;
  const archived = new Set(reading.archived);
  const byRecord = (ids: Iterable<string>) => {
    const wanted = new Set(ids);
    return batch.intents.filter(({ recordId }) => wanted.has(recordId!)).map(({ goldenId }) => goldenId);
  };
  const open = byRecord(reading.unproved);
  await inTransaction(context.pool, async (tx) => {
    if (!(await lockBatch(tx, batch.batchId, batch.fence))) return;
    await countCall(tx, portalId, runIdOf(batch), batch.objectType, 'archive', archived.size);
    await settleArchived(tx, portalId, batch.objectType, reading.archived);
    await countIntents(tx, portalId, batch, 'archived', byRecord(archived));
    await endIntents(tx, portalId, batch, byRecord(archived), 'delivered');
    const rejected = byRecord(reading.rejected.map(({ id }) => id));
    await openProblems(
      tx,
      portalId,
      runIdOf(batch),
      rejected.map((goldenId) =>
        problemOf(batch, goldenId, 'rejected', null, 'HubSpot refuses to archive it'),
      ),
    );
    await endIntents(tx, portalId, batch, rejected, 'parked');
    if (open.length > 0 && isLastTry(batch)) await giveUp(tx, portalId, batch, open, unprovedText);
    else if (open.length > 0) await releaseBatch(tx, batch.batchId, batch.fence, unprovedOnce);
    await context.failpoint('deliver.settling');
  });
  sending.result.delivered += archived.size;
  return open.length > 0 && !isLastTry(batch) ? 'again' : 'done';
}
