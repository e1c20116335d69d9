import { eventKeyOf, type InboxAlso, type InboxEvent, type InboxKind } from '../../db/staging/inbox';
import { hubspotSource, laneNumbers, type JsonValue } from '../../domain/record';
import { readHubSpotEvent, type HubSpotEvent } from './hubspotEvent';

/** HubSpot's words for what happened, and ours (facts §8). Events of other kinds concern nothing that we keep. */
const kinds = new Map<string, InboxKind>([
  ['creation', 'created'],
  ['propertyChange', 'changed'],
  ['deletion', 'deleted'],
  ['restore', 'restored'],
  ['merge', 'merged'],
  ['associationChange', 'associationChanged'],
  ['privacyDeletion', 'privacyDeleted'],
]);

/** Object types as HubSpot names them in events: by a word, or by id in the generic `object.*` format. */
const standardTypes = [
  { word: 'contact', id: '0-1', name: 'contacts' },
  { word: 'company', id: '0-2', name: 'companies' },
  { word: 'deal', id: '0-3', name: 'deals' },
  { word: 'ticket', id: '0-5', name: 'tickets' },
  { word: 'product', id: '0-7', name: 'products' },
  { word: 'line_item', id: '0-8', name: 'line_items' },
] as const;

/** Changes made by machines: many at a time (our own echoes among them), so they never stand before a person's. */
const machineSources = new Set([
  'API',
  'BATCH_UPDATE',
  'BCC_TO_CRM',
  'DATASET',
  'IMPORT',
  'INTEGRATION',
  'MIGRATION',
  'SALESFORCE',
]);

export interface ReadEvents {
  events: InboxEvent[];
  /** Of kinds or objects that we keep nothing of. */
  ignored: number;
  /** Not in any form that HubSpot documents. */
  unreadable: number;
}

/** Our object type for HubSpot's names of it: word, plural name or type id. */
export type TypeNames = ReadonlyMap<string, string>;

/** @param hubspotTypes by our object types, how HubSpot names them in paths */
export function typeNamesOf(hubspotTypes: Record<string, string>): TypeNames {
  const names = new Map<string, string>();
  for (const [objectType, hubspotType] of Object.entries(hubspotTypes)) {
    const standard = standardTypes.find(({ id: own, name }) => hubspotType === own || hubspotType === name);
    const all = standard ? [standard.word, standard.id, standard.name] : [hubspotType];
    for (const name of all) names.set(name, objectType);
  }
  return names;
}

/**
 * The events of a delivery, as hints: what happened to which record, never a value of it.
 * @param names an object type that is not among them is told by HubSpot's own name
 * @param now when it arrived: the time of an event without one of its own
 * @returns null when the body is no list of events
 */
export function readHubSpotEvents(body: JsonValue, names: TypeNames, now: Date): ReadEvents | null {
  if (!Array.isArray(body)) return null;
  const read: ReadEvents = { events: [], ignored: 0, unreadable: 0 };
  for (const item of body) {
    const told = readHubSpotEvent(item);
    const event = told && asInboxEvent(told, names, now);
    if (event) read.events.push(event);
    else if (told) read.ignored += 1;
    else read.unreadable += 1;
  }
  return read;
}

function asInboxEvent(event: HubSpotEvent, names: TypeNames, now: Date): InboxEvent | null {
  const { type } = event;
  const dot = type.indexOf('.');
  const kind = kinds.get(type.slice(dot + 1));
  const word = type.slice(0, dot);
  const told = word === 'object' ? event.objectTypeId : nameOf(word);
  if (dot < 0 || kind === undefined || told === null) return null;
  const ends = kind === 'associationChanged' ? endsOf(event, told) : null;
  const stream = ours(ends?.from ?? told, names);
  const key = (ends ? event.fromObjectId : null) ?? event.objectId ?? event.fromObjectId;
  if (key === null) return null;
  // Spread objects would cost as much as all the rest of the reading.
  return {
    portalId: event.portalId,
    source: hubspotSource,
    stream,
    key,
    kind,
    eventKey: identityOf(event, key),
    also: alsoOf(event, kind, ends, names),
    payload: null,
    lane: machineSources.has(String(event.changeSource ?? '')) ? laneNumbers.bulk : laneNumbers.realtime,
    occurredAt: (event.occurredAt === null ? now : new Date(event.occurredAt)).toISOString(),
  };
}

/** The plural name of a standard type's word; null for conversations and whatever else has events. */
function nameOf(word: string): string | null {
  return standardTypes.find((type) => type.word === word)?.name ?? null;
}

function ours(told: string, names: TypeNames): string {
  const standard = standardTypes.find(({ id: own, name }) => told === own || told === name);
  return names.get(told) ?? standard?.name ?? told;
}

/** Both ends of an association: by type ids, or by the words of `CONTACT_TO_COMPANY`. */
function endsOf(event: HubSpotEvent, told: string): { from: string; to: string | null } {
  const [, fromWord, toWord] =
    /^(\w+?)_to_(\w+)$/.exec(String(event.associationType ?? '').toLowerCase()) ?? [];
  const known = (word: string | undefined) => (word === undefined ? null : nameOf(word));
  return {
    from: event.fromObjectTypeId ?? known(fromWord) ?? told,
    to: event.toObjectTypeId ?? known(toWord) ?? null,
  };
}

function alsoOf(
  event: HubSpotEvent,
  kind: InboxKind,
  ends: { to: string | null } | null,
  names: TypeNames,
): InboxAlso {
  if (ends) return associationOf(event, ends.to === null ? null : ours(ends.to, names));
  return kind === 'merged' ? mergeOf(event) : {};
}

function mergeOf({ primaryObjectId, mergedObjectIds, newObjectId }: HubSpotEvent): InboxAlso {
  return {
    ...(primaryObjectId ? { primaryId: primaryObjectId } : {}),
    ...(mergedObjectIds ? { mergedIds: mergedObjectIds } : {}),
    ...(newObjectId ? { newId: newObjectId } : {}),
  };
}

function associationOf({ toObjectId, associationRemoved }: HubSpotEvent, toStream: string | null): InboxAlso {
  return {
    ...(toStream === null ? {} : { toStream }),
    ...(toObjectId ? { toKey: toObjectId } : {}),
    removed: associationRemoved === true,
  };
}

/** What makes two deliveries the same event; `eventId` alone is not unique, and `attemptNumber` counts repetitions. */
function identityOf(event: HubSpotEvent, key: string): string {
  return eventKeyOf([
    event.type,
    event.objectTypeId,
    key,
    event.occurredAt,
    event.eventId,
    event.propertyName,
    event.primaryObjectId,
    event.mergedObjectIds?.join() ?? '',
    event.newObjectId,
    event.associationType,
    event.fromObjectTypeId,
    event.toObjectTypeId,
    event.toObjectId,
    event.associationRemoved,
  ]);
}
