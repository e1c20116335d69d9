import { countByRun } from './claimBatches';
import { saveReadStates, loadKnownStates } from '../db/knownStates';
import { inTransaction, type Queryable } from '../db/pool';
import { closeGoldenProblems, openProblems, type ProblemInput } from '../db/problems';
import {
  endIntents,
  lockBatch,
  releaseBatch,
  settleArchived,
  settleWritten,
  type TakenBatch,
  type TakenIntent,
} from '../db/settle';
import { countCall } from '../db/runs';
import { foldOutcomes, type FoldedOutcomes } from '../domain/foldOutcome';
import { hubspotSource } from '../domain/record';
import { readBatch } from '../hubspot/readBatch';
import type { BatchReading } from '../hubspot/batchReply';
import type { ArchiveReading } from '../hubspot/writeBatch';
import { conflictsMax, unprovedAttemptsMax } from './limits';
import { laneNumbers } from './mergeSlice';
import type { Sending } from './sendBatches';
import type { ErasureSecret } from './screenErased';
import { stagePage } from './stagePage';

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
  const settled = await inTransaction(context.pool, async (tx) => {
    if (!(await lockBatch(tx, batch.batchId, batch.fence))) return false;
    await countCall(tx, portalId, runIdOf(batch), batch.objectType, batch.operation, folded.written.length);
    await settleWritten(tx, portalId, batch, folded.written);
    const written = folded.written.map(({ goldenId }) => goldenId);
    await closeGoldenProblems(tx, portalId, batch.objectType, written);
    await countIntents(tx, portalId, batch, batch.operation === 'create' ? 'created' : 'updated', written);
    await endIntents(tx, portalId, batch, written, 'delivered');
    await settleRefused(tx, portalId, batch, folded);
    await settleConflicts(tx, context.erasureSecret, portalId, batch, folded, owners);
    if (folded.open.length > 0 && !isSplit(folded, batch)) {
      if (isLastTry(batch)) await giveUp(tx, portalId, batch, folded.open, unprovedText);
      else await releaseBatch(tx, batch.batchId, batch.fence, unprovedOnce);
    }
    await context.failpoint('deliver.settling');
    return true;
  });
  if (!settled) return 'done';
  if (owners.length > 0) await context.doorbell.consolidate(portalId, batch.objectType);
  result.delivered += folded.written.length;
  result.refused += folded.refused.length;
  if (isSplit(folded, batch)) return 'split';
  return folded.open.length > 0 && !isLastTry(batch) ? 'again' : 'done';
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

async function settleRefused(tx: Queryable, portalId: string, batch: TakenBatch, folded: FoldedOutcomes) {
  const refused = [...new Set(folded.refused.map(({ goldenId }) => goldenId))];
  const goneIds = folded.gone.map(({ goldenId }) => goldenId);
  const problems = [
    ...folded.refused.map(({ goldenId, field, reason }) =>
      problemOf(batch, goldenId, 'rejected', field, reason),
    ),
    ...goneIds.map((goldenId) => problemOf(batch, goldenId, 'rejected', null, goneText)),
  ];
  await settleArchived(
    tx,
    portalId,
    batch.objectType,
    folded.gone.flatMap(({ recordId }) => recordId ?? []),
  );
  await openProblems(tx, portalId, runIdOf(batch), problems);
  await countIntents(tx, portalId, batch, 'rejected', [...refused, ...goneIds]);
  await countIntents(tx, portalId, batch, 'problems', [...refused, ...goneIds]);
  await endIntents(tx, portalId, batch, [...refused, ...goneIds], 'parked');
}
const goneText = 'the record is not in HubSpot any more (archived, deleted or merged) and is left as it is';

/** Reads the records that HubSpot names as owners of a key, so that they can be adopted. */
async function readOwners(sending: Sending, batch: TakenBatch, { conflicts }: FoldedOutcomes) {
  const ids = conflicts.flatMap(({ ownerId }) => ownerId ?? []);
  const byEmail = conflicts.filter(({ ownerId }) => ownerId === null).map(({ goldenId }) => goldenId);
  const emails = batch.intents.flatMap(({ goldenId, properties }) =>
    byEmail.includes(goldenId) && properties['email'] ? [properties['email']] : [],
  );
  if (ids.length + emails.length === 0) return [];
  const { settings, portal } = await sending.context.objectContext(sending.portalId, batch.objectType);
  const existing = new Set(portal.properties.map(({ name }) => name));
  const properties = settings.properties.filter((name) => existing.has(name));
  const request = { objectType: settings.hubspotType, properties };
  const records = ids.length > 0 ? (await readBatch(sending.readBack, { ...request, ids })).records : [];
  if (emails.length === 0) return records;
  const found = await readBatch(sending.readBack, { ...request, ids: emails, idProperty: 'email' });
  return [...records, ...found.records];
}

/**
 * A key that another HubSpot record owns: that record is staged, so that identity adopts it, unless it belongs to
 * another golden record: then a person must look.
 */
async function settleConflicts(
  tx: Queryable,
  secret: ErasureSecret,
  portalId: string,
  batch: TakenBatch,
  { conflicts }: FoldedOutcomes,
  owners: Awaited<ReturnType<typeof readOwners>>,
): Promise<void> {
  if (conflicts.length === 0) return;
  const { objectType } = batch;
  const states = await loadKnownStates(tx, portalId, objectType, { recordIds: owners.map(({ id }) => id) });
  const owned = new Map(states.map((state) => [state.recordId, state.goldenId]));
  const tries = await conflictCounts(
    tx,
    portalId,
    batch,
    conflicts.map(({ goldenId }) => goldenId),
  );
  const lost = conflicts.filter(({ goldenId, ownerId }) => {
    const owner = ownerId === null ? null : (owned.get(ownerId) ?? null);
    return (owner !== null && owner !== goldenId) || (tries.get(goldenId) ?? 0) >= conflictsMax;
  });
  const lostIds = lost.map(({ goldenId }) => goldenId);
  const runId = runIdOf(batch);
  await openProblems(
    tx,
    portalId,
    runId,
    lost.map(({ goldenId, reason }) =>
      problemOf(batch, goldenId, 'conflict', null, `HubSpot says: ${reason}`),
    ),
  );
  await countIntents(tx, portalId, batch, 'problems', lostIds);
  await endIntents(tx, portalId, batch, lostIds, 'parked');
  const adoptable = conflicts.map(({ goldenId }) => goldenId).filter((id) => !lostIds.includes(id));
  await saveReadStates(
    tx,
    portalId,
    objectType,
    owners.map(({ id, properties, updatedAt }) => ({
      recordId: id,
      kept: properties,
      updatedAt: updatedAt ?? null,
    })),
    new Date(),
  );
  await stagePage(
    tx,
    { portalId, source: hubspotSource, stream: objectType },
    objectType,
    owners.map(({ id, properties, updatedAt }) => ({
      key: id,
      payload: { properties: properties },
      changedAt: updatedAt ?? null,
    })),
    { runId: runId ?? '', lane: laneNumbers.partner, secret },
  );
  await endIntents(tx, portalId, batch, adoptable, 'retryLater');
}

async function conflictCounts(tx: Queryable, portalId: string, batch: TakenBatch, goldenIds: string[]) {
  const { rows } = await tx.query<{ golden_id: string; conflicts: number }>(
    `select golden_id, conflicts from outbox where portal_id = $1 and target = 'hubspot' and object_type = $2
       and golden_id = any ($3::uuid[])`,
    [portalId, batch.objectType, goldenIds],
  );
  return new Map(rows.map((row) => [row.golden_id, row.conflicts]));
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

/** A batch's records may come from several runs; its calls are counted for the first. */
export function runIdOf({ intents }: { intents: { runId: string | null }[] }): string | null {
  return intents.find(({ runId }) => runId !== null)?.runId ?? null;
}

function pickIntents(batch: TakenBatch, records: { goldenId: string }[]): TakenIntent[] {
  const ids = new Set(records.map(({ goldenId }) => goldenId));
  return batch.intents.filter(({ goldenId }) => ids.has(goldenId));
}

function countIntents(
  tx: Queryable,
  portalId: string,
  batch: TakenBatch,
  status: 'created' | 'updated' | 'archived' | 'rejected' | 'problems',
  goldenIds: string[],
): Promise<void> {
  const intents = pickIntents(
    batch,
    goldenIds.map((goldenId) => ({ goldenId })),
  );
  return countByRun(tx, portalId, batch.objectType, status, intents);
}

function problemOf(
  batch: TakenBatch,
  goldenId: string,
  kind: 'rejected' | 'conflict',
  field: string | null,
  reason: string,
): ProblemInput {
  const intent = batch.intents.find((candidate) => candidate.goldenId === goldenId);
  const source = intent?.leadSource ?? null;
  const sent = intent?.properties ?? null;
  return { stage: 'deliver', kind, objectType: batch.objectType, goldenId, source, field, reason, sent };
}
