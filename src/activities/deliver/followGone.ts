import { databaseTime } from '../../db/clock';
import { loadKnownStates } from '../../db/delivery/knownStates';
import { releaseRecords, type RecordMerge } from '../../db/golden/recordAnchors';
import type { Queryable } from '../../db/pool';
import { openProblems } from '../../db/problems/problems';
import { conflictCounts, endIntents } from '../../db/delivery/settle';
import type { TakenBatch } from '../../db/delivery/batches';
import { settleArchived } from '../../db/delivery/settleWritten';
import type { FoldedOutcomes } from '../../domain/delivery/foldOutcome';
import { mergedIdsOf } from '../../domain/receive/mergedIds';
import { hubspotSource, laneNumbers } from '../../domain/record';
import type { ObjectRules } from '../../domain/rules';
import { getRecord, readBatch } from '../../hubspot/readBatch';
import type { HubSpotRecord } from '../../hubspot/schemas';
import { countIntents, problemOf, runIdOf } from './batchRecords';
import { leftArchivedText, mergedText } from './decideBatches';
import { conflictsMax } from '../quota/limits';
import type { ErasureSecret } from '../consolidate/screenErased';
import type { Sending } from './sending';
import { readHistories, type HubSpotRead, type RecordsRead } from '../receive/readHistories';
import { readProperties, stageHubSpotRecords } from '../extract/stageHubSpot';

/** What became of records that HubSpot no longer finds under the ids that they had. */
export interface GoneRecords extends HubSpotRead {
  merges: RecordMerge[];
  archived: Set<string>;
  /** Found after all: restored meanwhile. */
  live: Set<string>;
}

/**
 * Asks HubSpot what became of records that an update did not find: two calls for all of them, and one for each that
 * was merged away or deleted for good.
 * @throws HubSpotFailure
 */
export async function readGone(
  { context, portalId, readBack: client }: Sending,
  batch: TakenBatch,
  { gone }: FoldedOutcomes,
): Promise<GoneRecords | null> {
  if (gone.length === 0) return null;
  const object = await context.objectContext(portalId, batch.objectType);
  const properties = readProperties(object);
  const read: RecordsRead = { records: [], properties, readBegan: await databaseTime(context.pool) };
  const found = { merges: [] as RecordMerge[], archived: new Set<string>(), live: new Set<string>() };
  const objectType = object.settings.hubspotType;
  const asked = new Set(gone.flatMap(({ recordId }) => recordId ?? []));
  const take = (fromId: string, record: HubSpotRecord) => {
    asked.delete(fromId);
    if (!read.records.some(({ id }) => id === record.id)) read.records.push(record);
    if (record.id === fromId) found.live.add(fromId);
    else found.merges.push({ fromId, toId: record.id });
  };
  const live = await readBatch(client, { objectType, properties, ids: [...asked] });
  for (const record of live.records)
    for (const id of [record.id, ...mergedIdsOf(record.properties)]) if (asked.has(id)) take(id, record);
  const archived = await readBatch(client, { objectType, properties: [], ids: [...asked], archived: true });
  for (const { id } of archived.records) if (asked.delete(id)) found.archived.add(id);
  for (const id of [...asked]) {
    const record = await getRecord(client, { objectType, id, properties });
    if (record) take(id, record);
  }
  return { ...(await readHistories(context, client, portalId, batch.objectType, read)), ...found };
}

/**
 * Follows what became of records that an update did not find: a merged one to its winner, where that is free; an
 * archived one is left, or forgotten so that it is created anew; one that was deleted for good is left.
 */
export async function settleGone(
  tx: Queryable,
  secret: ErasureSecret,
  portalId: string,
  batch: TakenBatch,
  { gone }: FoldedOutcomes,
  found: GoneRecords | null,
  { whenArchived }: ObjectRules,
): Promise<void> {
  if (found === null) return;
  const { objectType } = batch;
  const runId = runIdOf(batch);
  const ref = { portalId, source: hubspotSource, stream: objectType };
  await stageHubSpotRecords(tx, ref, found, { runId, lane: laneNumbers.partner, secret }, found.merges);
  const goldenIds = gone.map(({ goldenId }) => goldenId);
  const tries = await conflictCounts(tx, portalId, objectType, goldenIds);
  const states = await loadKnownStates(tx, portalId, objectType, { goldenIds });
  const linkedTo = new Map(states.map((state) => [state.goldenId, state.recordId]));
  const winners = new Map(found.merges.map(({ fromId, toId }) => [fromId, toId]));
  const left = new Map<string, Left>();
  const again: string[] = [];
  const released: string[] = [];
  for (const { goldenId, recordId } of gone) {
    const id = recordId ?? '';
    const winner = winners.get(id);
    const mayTryAgain = (tries.get(goldenId) ?? 0) < conflictsMax;
    if (winner !== undefined && linkedTo.get(goldenId) !== winner)
      left.set(goldenId, { kind: 'conflict', reason: mergedText(winner) });
    else if ((winner !== undefined || found.live.has(id)) && mayTryAgain) again.push(goldenId);
    else if (found.archived.has(id) && whenArchived === 'recreate') released.push(id);
    else if (found.archived.has(id)) left.set(goldenId, { kind: 'archived', reason: leftArchivedText });
    else left.set(goldenId, { kind: 'archived', reason: deletedText });
  }
  const ends = gone.flatMap(({ goldenId, recordId }) =>
    left.get(goldenId)?.kind === 'archived' ? (recordId ?? []) : [],
  );
  await settleArchived(tx, portalId, objectType, ends);
  await releaseRecords(tx, portalId, objectType, released);
  const leftIds = [...left.keys()];
  const problems = leftIds.map((goldenId) => {
    const { kind, reason } = left.get(goldenId)!;
    return problemOf(batch, goldenId, kind, null, reason);
  });
  await openProblems(tx, portalId, runId, problems);
  await countIntents(tx, portalId, batch, 'problems', leftIds);
  await endIntents(tx, portalId, batch, leftIds, 'parked');
  const recreated = gone.flatMap(({ goldenId, recordId }) =>
    released.includes(recordId ?? '') ? [goldenId] : [],
  );
  await endIntents(tx, portalId, batch, [...again, ...recreated], 'again');
}

interface Left {
  kind: 'conflict' | 'archived';
  reason: string;
}

const deletedText = 'HubSpot does not have the record any more, not even archived; it is not created anew';
