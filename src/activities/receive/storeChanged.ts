import { ApplicationFailure } from '@temporalio/activity';
import { settleInbox } from '../../db/staging/inbox';
import {
  associationPairs,
  markAssociationsDue,
  replaceKnownAssociations,
} from '../../db/delivery/knownAssociations';
import { saveReadArchived } from '../../db/delivery/knownStates';
import { followMerges, unfollowedMerges } from '../../db/golden/mergedRecords';
import { inTransaction, type Queryable } from '../../db/pool';
import type { RecordMerge } from '../../db/golden/recordAnchors';
import { markKeysGone } from '../../db/staging/stagedRecords';
import type { AssociationsToRead, ChangedObject } from '../../domain/receive/readEvents';
import { storedShares } from '../../domain/receive/receiveParts';
import { hubspotSource } from '../../domain/record';
import type { ActivityContext } from '../context';
import { erasePeople } from './erase';
import type { AssociationsOfType } from './readChanged';
import type { HubSpotRead } from './readHistories';
import type { ErasureSecret } from '../consolidate/screenErased';
import { stageHubSpotRecords } from '../extract/stageHubSpot';

/** A window of the inbox that was claimed. */
export interface ClaimedWindow {
  context: ActivityContext;
  portalId: string;
  fence: string;
}

/**
 * Does `work` and settles the events that it returns, in one transaction under the claim's fence.
 * @throws retryable when a newer claim exists: then nothing was done
 */
export async function settling(
  { context, portalId, fence }: ClaimedWindow,
  work: (tx: Queryable) => Promise<string[]>,
): Promise<void> {
  await inTransaction(context.pool, async (tx) => {
    if (!(await settleInbox(tx, portalId, fence, []))) throw supersededClaim();
    const eventIds = await work(tx);
    await settleInbox(tx, portalId, fence, eventIds);
    await context.failpoint('receive.staged');
  });
  await context.failpoint('receive.committed');
}

function supersededClaim(): ApplicationFailure {
  return ApplicationFailure.create({ type: 'superseded', message: 'a newer attempt reads this inbox' });
}

/** What was read of objects of one type. */
export interface ReadPart {
  objectType: string;
  objects: ChangedObject[];
  read: HubSpotRead;
  missing: string[];
  /** Every merge that was told, by events or by the records themselves. */
  merges: RecordMerge[];
  associations: AssociationsOfType[];
}

/**
 * Stages what was read and settles its events, in one transaction; in two where a person's changes were read in one call
 * with echoes that filled it: theirs first, for what is staged with them is as urgent as they are.
 */
export async function storeChanged(window: ClaimedWindow, part: ReadPart): Promise<void> {
  for (const share of sharesOf(part)) await storeShare(window, share);
}

/** What a person changed, where nothing but values is to be stored of it; then the rest. */
function sharesOf(part: ReadPart): ReadPart[] {
  const { objects, read, merges } = part;
  const records = new Map(read.records.map((record) => [record.id, record]));
  const involved = new Set(merges.flatMap(({ fromId, toId }) => [fromId, toId]));
  const isPlain = ({ id, associations, isErased }: ChangedObject) =>
    associations.length === 0 && !isErased && records.has(id) && !involved.has(id);
  const shares = storedShares(objects, isPlain);
  if (shares.length < 2) return [part];
  const [first, rest] = shares as [ChangedObject[], ChangedObject[]];
  const isFirst = new Set(first.map(({ id }) => id));
  const recordsOf = (wanted: boolean) => read.records.filter(({ id }) => isFirst.has(id) === wanted);
  return [
    {
      ...part,
      objects: first,
      read: { ...read, records: recordsOf(true) },
      missing: [],
      merges: [],
      associations: [],
    },
    { ...part, objects: rest, read: { ...read, records: recordsOf(false) } },
  ];
}

async function storeShare(window: ClaimedWindow, part: ReadPart): Promise<void> {
  const { context, portalId } = window;
  const { objectType, objects, read } = part;
  const lane = Math.min(...objects.map((object) => object.lane));
  const erasedIds = erasedOf(objects);
  let bells = { consolidate: false, deliver: false };
  await settling(window, async (tx) => {
    const merges = await unfollowedMerges(tx, portalId, objectType, part.merges);
    if (erasedIds.length > 0) {
      // Whoever went into an erased record is erased with it. Else what was read of the winners is saved before.
      await followMerges(tx, portalId, objectType, merges);
      await erasePeople(context, tx, portalId, objectType, erasedIds);
    }
    const staged = await stageChanged(tx, context.erasureSecret, part, { portalId, lane });
    const associated = await saveAssociations(tx, portalId, part.associations, read.readBegan);
    const isMerged = merges.length > 0;
    bells = { consolidate: staged.due > 0 || isMerged, deliver: associated.due > 0 || isMerged };
    const into = new Map(part.merges.map(({ fromId, toId }) => [fromId, toId]));
    const isCurrent = ({ id, associations }: ChangedObject) =>
      !staged.stale.has(into.get(id) ?? id) && !associations.some(associated.isStale);
    // What was written meanwhile is read again: its events stay for the next window.
    return objects.filter(isCurrent).flatMap(({ eventIds }) => eventIds);
  });
  if (bells.consolidate) await context.doorbell.consolidate(portalId, objectType);
  if (bells.deliver) await context.doorbell.deliver(portalId, 'bulk');
}

export function erasedOf(objects: ChangedObject[]): string[] {
  return objects.filter(({ isErased }) => isErased).map(({ id }) => id);
}

export function mergesOf(objects: ChangedObject[]): { fromId: string; toId: string }[] {
  return objects.flatMap(({ id, merged }) => merged.map((fromId) => ({ fromId, toId: id })));
}

/** What HubSpot holds now, and what it holds no more: that record stays known, archived, and is no anchor any longer. */
async function stageChanged(
  tx: Queryable,
  secret: ErasureSecret,
  { objectType, read, missing, merges }: ReadPart,
  { portalId, lane }: { portalId: string; lane: number },
): Promise<{ due: number; stale: Set<string> }> {
  const ref = { portalId, source: hubspotSource, stream: objectType };
  const { staged, stale } = await stageHubSpotRecords(tx, ref, read, { runId: null, lane, secret }, merges);
  const held = await saveReadArchived(tx, portalId, objectType, missing, read.readBegan);
  const goneIds = missing.filter((id) => !held.has(id));
  const gone = await markKeysGone(tx, ref, goneIds, 'withdraw', lane);
  return { due: staged + gone, stale: new Set([...stale, ...held]) };
}

/** @returns how many wanted associations somebody took away, and what has to be read again */
async function saveAssociations(
  tx: Queryable,
  portalId: string,
  read: AssociationsOfType[],
  readBegan: Date,
): Promise<{ due: number; isStale: (wanted: AssociationsToRead) => boolean }> {
  let due = 0;
  const staleIds = new Map<string, Set<string>>();
  for (const { objectType, toObject, fromIds, associations } of read) {
    const pairs = associationPairs(associations);
    const { lost, stale } = await replaceKnownAssociations(
      tx,
      ...([portalId, objectType, toObject, fromIds, pairs, readBegan] as const),
    );
    due += await markAssociationsDue(tx, portalId, objectType, toObject, lost);
    staleIds.set(`${objectType}>${toObject}`, new Set(stale));
  }
  const isStale = ({ objectType, id, toObject }: AssociationsToRead) =>
    staleIds.get(`${objectType}>${toObject}`)?.has(id) ?? false;
  return { due, isStale };
}
