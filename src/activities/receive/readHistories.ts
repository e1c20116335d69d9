import { loadKnownWithIntents } from '../../db/delivery/knownStates';
import { unexplained } from '../../domain/receive/judgeRead';
import { ownWriters, type PropertyVersion } from '../../domain/merge/propertyWriter';
import { tributaryIdProperty } from '../../domain/record';
import type { FieldRule } from '../../domain/rules';
import type { HubSpotClient } from '../../hubspot/client';
import { readBatch } from '../../hubspot/readBatch';
import type { HubSpotRecord } from '../../hubspot/schemas';
import type { ActivityContext } from '../context';

/** HubSpot gives property history for at most 50 records per call (facts §4.2). */
const historyBatchMax = 50;

/** Records as HubSpot holds them. */
export interface RecordsRead {
  records: HubSpotRecord[];
  properties: string[];
  /** When the read's first call was sent. */
  readBegan: Date;
}

/** A read that can tell edits of others from our own writes. */
export interface HubSpotRead extends RecordsRead {
  /** By record id: the history of values that nobody of us explains. */
  histories: ReadonlyMap<string, Record<string, PropertyVersion[]>>;
  /** How HubSpot names our own calls, as far as these histories tell. */
  own: string[];
  rules: readonly FieldRule[];
  /** The properties that a record is recognised by. */
  identity: readonly string[];
  /** Calls made for histories. */
  historyCalls: number;
}

/**
 * Completes a read of HubSpot with the history of values that differ from what HubSpot was known to hold, where the
 * field's rule depends on who changed it or when, and no write of ours explains it. Such records are read anew with it,
 * so that value and history are of one moment. No call where nothing of this is so.
 * @throws HubSpotFailure
 */
export async function readHistories(
  context: ActivityContext,
  client: HubSpotClient,
  portalId: string,
  objectType: string,
  read: RecordsRead,
): Promise<HubSpotRead> {
  const { rules, settings } = await context.objectContext(portalId, objectType);
  const records = new Map(read.records.map((record) => [record.id, record]));
  const known = await loadKnownWithIntents(context.pool, portalId, objectType, read.records.map(ownIdOf));
  const wanted = new Map<string, string[]>();
  for (const [id, record] of records) {
    const before = known.get(id);
    const names = before ? unexplained(keptOf(record, read.properties), before, rules.fields) : [];
    if (names.length > 0) wanted.set(id, names);
  }
  const result = { histories: new Map<string, Record<string, PropertyVersion[]>>(), historyCalls: 0 };
  const own = new Set<string>();
  const ids = [...wanted.keys()];
  for (let at = 0; at < ids.length; at += historyBatchMax) {
    const part = ids.slice(at, at + historyBatchMax);
    const names = new Set(part.flatMap((id) => wanted.get(id)!));
    if (read.properties.includes(tributaryIdProperty)) names.add(tributaryIdProperty);
    const { records: found } = await readBatch(client, {
      objectType: settings.hubspotType,
      ids: part,
      properties: read.properties,
      propertiesWithHistory: [...names],
    });
    result.historyCalls += 1;
    for (const record of found.filter(({ id }) => records.has(id))) {
      const versions = versionsOf(record);
      for (const writer of ownWriters(versions[tributaryIdProperty] ?? [])) own.add(writer);
      records.set(record.id, record);
      result.histories.set(record.id, versions);
    }
  }
  const identity = rules.identity.rules.flatMap(({ fields, similar }) => [
    ...fields,
    ...(similar?.fields ?? []),
  ]);
  const complete = { records: [...records.values()], own: [...own], rules: rules.fields, identity };
  return { ...read, ...result, ...complete };
}

/** A record's id, and our own id that it bears. */
export function ownIdOf({ id, properties }: HubSpotRecord): { recordId: string; goldenId: string | null } {
  return { recordId: id, goldenId: properties[tributaryIdProperty] ?? null };
}

/** What a record holds: null says "read and empty"; a property that is missing here was never read (DESIGN §5.3). */
export function keptOf(
  { properties: held }: HubSpotRecord,
  properties: readonly string[],
): Record<string, string | null> {
  return Object.fromEntries(properties.map((name) => [name, held[name] || null]));
}

/** Newest first, as HubSpot gives them; one without a readable time tells nothing. */
function versionsOf({ propertiesWithHistory = {} }: HubSpotRecord): Record<string, PropertyVersion[]> {
  return Object.fromEntries(
    Object.entries(propertiesWithHistory).map(([name, versions]) => [
      name,
      versions
        .filter(({ timestamp }) => !Number.isNaN(Date.parse(timestamp)))
        .map(({ value, timestamp, sourceType, sourceId, updatedByUserId }) => ({
          value: value ?? '',
          at: new Date(timestamp).toISOString(),
          sourceType: sourceType ?? null,
          sourceId: sourceId ?? null,
          userId: updatedByUserId ?? null,
        }))
        .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0)),
    ]),
  );
}
