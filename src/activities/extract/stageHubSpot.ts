import type { StreamRef } from '../../db/staging/cursors';
import { loadKnownWithIntents, saveReadStates, type KnownWithIntents } from '../../db/delivery/knownStates';
import { followMerges, lockConsolidation, unfollowedMerges } from '../../db/golden/mergedRecords';
import { loadOwnWriters, saveOwnWriters } from '../../db/delivery/ownWriters';
import type { Queryable } from '../../db/pool';
import type { RecordMerge } from '../../db/golden/recordAnchors';
import { markRecordsDue } from '../../db/staging/dueRecords';
import { judgeRead } from '../../domain/receive/judgeRead';
import type { ObjectContext } from '../objectContext';
import { keptOf, ownIdOf, type HubSpotRead } from '../receive/readHistories';
import { screenErased, type ErasureSecret } from '../consolidate/screenErased';
import { stagePage } from './stagePage';
import type { HubSpotRecord } from '../../hubspot/schemas';
import { mergedIdsOf, mergedIdsProperty } from '../../domain/receive/mergedIds';
import { tributaryIdProperty } from '../../domain/record';

/**
 * The properties of an object that are read: what the configuration names and the portal has, our own id, and which
 * records one absorbed.
 */
export function readProperties({ settings, portal }: ObjectContext): string[] {
  const existing = new Set(portal.properties.map(({ name }) => name));
  return [...settings.properties, tributaryIdProperty, mergedIdsProperty].filter((name) =>
    existing.has(name),
  );
}

/**
 * Takes over records as HubSpot holds them: their known states, and the anchors of identity as staged records of source
 * `hubspot`. Values that are our own, although no settled write explains them, are noted as sent, and those of others
 * with who and when. What a write settled after the read began is newer than the read: it is left alone and not staged.
 * Golden records follow merges that the records tell of.
 * @param merges told by something else than the records themselves
 * @param ref the stream of source `hubspot`: it is named like its object type
 * @returns how many records became due, and the ids that have to be read again
 */
export async function stageHubSpotRecords(
  tx: Queryable,
  ref: StreamRef,
  { records: found, properties, readBegan, histories, own, rules, identity }: HubSpotRead,
  { runId, lane, secret }: { runId: string | null; lane: number; secret: ErasureSecret },
  merges: readonly RecordMerge[] = [],
): Promise<{ staged: number; stale: string[] }> {
  const { portalId, stream: objectType } = ref;
  const told = found.flatMap(({ id: toId, properties: held }) =>
    mergedIdsOf(held).map((fromId) => ({ fromId, toId })),
  );
  const unfollowed = await unfollowedMerges(tx, portalId, objectType, [...told, ...merges]);
  if (unfollowed.length > 0) await lockConsolidation(tx, portalId, objectType);
  const records = await withoutErased(tx, secret, ref, found, new Set(identity));
  await saveOwnWriters(tx, portalId, own);
  const writers = await loadOwnWriters(tx, portalId);
  // Looked up once more, in this transaction: what was frozen while the histories were read may be what HubSpot holds.
  const known = await loadKnownWithIntents(tx, portalId, objectType, records.map(ownIdOf));
  const states = records.map((record) => {
    const kept = keptOf(record, properties);
    const before = known.get(record.id);
    const judged = before && judgeRead(kept, before, histories.get(record.id) ?? {}, rules, writers);
    return { recordId: record.id, kept, updatedAt: record.updatedAt ?? null, ...judged };
  });
  const saved = await saveReadStates(tx, portalId, objectType, states, readBegan);
  await followMerges(tx, portalId, objectType, unfollowed);
  const current = states.filter(({ recordId }) => saved.has(recordId));
  const by = { runId, lane, secret };
  const { staged } = await stagePage(
    tx,
    ref,
    objectType,
    current.map(({ recordId, kept, updatedAt }) => ({
      key: recordId,
      payload: { properties: withoutEmpty(kept) },
      changedAt: updatedAt,
    })),
    by,
  );
  const changed = current.filter(({ recordId, kept }) => isOther(known.get(recordId), kept));
  const due = await markRecordsDue(
    tx,
    ref,
    changed.map(({ recordId }) => recordId),
    by,
  );
  return { staged: staged + due, stale: records.map(({ id }) => id).filter((id) => !saved.has(id)) };
}

/**
 * An address that HubSpot still mentions somewhere is not known here, nor written over there: not even of people of the
 * same type, but where a record is recognised by it.
 */
async function withoutErased(
  tx: Queryable,
  secret: ErasureSecret,
  { portalId, source, stream }: StreamRef,
  records: HubSpotRecord[],
  identity: ReadonlySet<string>,
): Promise<HubSpotRecord[]> {
  const part = (properties: HubSpotRecord['properties'], isOfIdentity: boolean) =>
    JSON.stringify(
      Object.fromEntries(Object.entries(properties).filter(([name]) => identity.has(name) === isOfIdentity)),
    );
  const seen = records.map(({ id, properties }) => ({
    ref: { source, stream, key: id },
    text: part(properties, true),
    free: part(properties, false),
  }));
  const clean = await screenErased(tx, secret, portalId, stream, seen);
  return records.flatMap((record, index) => {
    const left = clean[index];
    if (!left) return [];
    if (left.text === seen[index]!.text && left.free === seen[index]!.free) return record;
    const properties = { ...parsed(left.text), ...parsed(left.free) };
    return { ...record, properties };
  });
}

const parsed = (text: string) => JSON.parse(text) as HubSpotRecord['properties'];

/**
 * Whether HubSpot holds something else than it was known to, or the record itself again: then it is looked at, whatever
 * was staged of it.
 */
function isOther(before: KnownWithIntents | undefined, now: Record<string, string | null>): boolean {
  if (!before || before.kept === null) return false;
  const { kept, archived } = before;
  return archived || Object.keys(now).some((name) => (kept[name] ?? null) !== (now[name] ?? null));
}

/** The payload holds only what is set, so that its hash changes only with a value. */
function withoutEmpty(kept: Record<string, string | null>): Record<string, string> {
  const set: Record<string, string> = {};
  for (const property in kept) if (kept[property]) set[property] = kept[property];
  return set;
}
