import { hubspotSource, type JsonObject, type RecordRef } from '../record';

/** An event of the inbox: a hint that something happened to a record, never what it is now. */
export interface ReceivedEvent extends RecordRef {
  /** Order of arrival. */
  eventId: string;
  kind:
    | 'created'
    | 'changed'
    | 'deleted'
    | 'restored'
    | 'merged'
    | 'associationChanged'
    | 'privacyDeleted'
    | 'pushed';
  also: {
    primaryId?: string;
    mergedIds?: string[];
    newId?: string;
    toStream?: string;
    toKey?: string;
  };
  /** Only `pushed`: the record itself. */
  payload: JsonObject | null;
  lane: number;
  occurredAt: string;
  receivedAt: string;
}

/** Associations of one record with one object type that are to be read anew. */
export interface AssociationsToRead {
  objectType: string;
  id: string;
  toObject: string;
}

/** One HubSpot record about which something was told: all that has to be done once, for all its events. */
export interface ChangedObject {
  objectType: string;
  id: string;
  /** Its properties are read; false where only associations changed, or nothing is left to read. */
  isRead: boolean;
  associations: AssociationsToRead[];
  /** Object types whose associations with it are tracked from their side: those of all its partners are read anew. */
  partners: string[];
  /** Records that went into it, the oldest merge first. */
  merged: string[];
  isErased: boolean;
  /** The most urgent of its events. */
  lane: number;
  eventIds: string[];
}

/** A record that a source sent by itself; the newest of its events. */
export interface PushedRecord extends RecordRef {
  payload: JsonObject;
  changedAt: string;
  /** When it arrived. */
  toldAt: string;
  lane: number;
  eventIds: string[];
}

export interface EventPlan {
  objects: ChangedObject[];
  pushed: PushedRecord[];
  /** Events about what nobody configured: settled without a deed. */
  ignored: string[];
}

/**
 * What a slice of the inbox asks for: every changed object once, whatever number and order of events it has.
 * @param events of one portal, in the order of their arrival
 * @param tracked object types of the configuration, each with those whose associations are read along with it
 */
export function readEvents(events: ReceivedEvent[], tracked: Record<string, string[]>): EventPlan {
  const told = events.filter(({ source, stream }) => source === hubspotSource && stream in tracked);
  const winners = winnersOf(told);
  const objects = new Map<string, ChangedObject>();
  for (const event of told) {
    const id = winners.get(objectKey(event.stream, event.key)) ?? event.key;
    const key = objectKey(event.stream, id);
    const object = objects.get(key) ?? untouched(event.stream, id);
    objects.set(key, object);
    note(object, event, tracked);
  }
  for (const [loser, winner] of winners) {
    const [objectType, fromId] = partsOf(loser);
    objects.get(objectKey(objectType, winner))?.merged.push(fromId);
  }
  const ignored = events.filter((event) => event.source === hubspotSource && !(event.stream in tracked));
  return {
    // What a person's right demands is done without another look.
    objects: [...objects.values()].map((object) =>
      object.isErased ? { ...object, isRead: false, associations: [], partners: [] } : object,
    ),
    pushed: newestPushed(events),
    ignored: ignored.map(({ eventId }) => eventId),
  };
}

function untouched(objectType: string, id: string): ChangedObject {
  return {
    objectType,
    id,
    isRead: false,
    associations: [],
    partners: [],
    merged: [],
    isErased: false,
    lane: leastUrgent,
    eventIds: [],
  };
}

const leastUrgent = 2;

function note(object: ChangedObject, event: ReceivedEvent, tracked: Record<string, string[]>): void {
  object.eventIds.push(event.eventId);
  object.lane = Math.min(object.lane, event.lane);
  if (event.kind === 'associationChanged') {
    for (const wanted of changedAssociations(event, object.id, tracked)) addAssociations(object, wanted);
    return;
  }
  object.isRead = true;
  if (event.kind === 'privacyDeleted') object.isErased = true;
  // No event tells of associations that came back with a record, or moved to it.
  if (event.kind !== 'restored' && event.kind !== 'merged') return;
  for (const toObject of tracked[event.stream] ?? []) {
    addAssociations(object, { objectType: event.stream, id: object.id, toObject });
  }
  object.partners = Object.keys(tracked).filter((partner) => tracked[partner]!.includes(event.stream));
}

/** Told once per side, perhaps of one side only (facts §8): read from whichever side is tracked. */
function changedAssociations(
  { stream, also: { toStream, toKey } }: ReceivedEvent,
  id: string,
  tracked: Record<string, string[]>,
): AssociationsToRead[] {
  const wanted: AssociationsToRead[] = [];
  if (toStream === undefined) return wanted;
  if (tracked[stream]?.includes(toStream)) wanted.push({ objectType: stream, id, toObject: toStream });
  if (toKey !== undefined && toStream !== stream && tracked[toStream]?.includes(stream)) {
    wanted.push({ objectType: toStream, id: toKey, toObject: stream });
  }
  return wanted;
}

function addAssociations({ associations }: ChangedObject, wanted: AssociationsToRead): void {
  const isThere = associations.some(
    ({ objectType, id, toObject }) =>
      objectType === wanted.objectType && id === wanted.id && toObject === wanted.toObject,
  );
  if (!isThere) associations.push(wanted);
}

/**
 * The record that each merged one is now, by object key: the new id, where HubSpot minted one, else the primary
 * (facts §4.3). Winners that lost in turn are followed, in whatever order the merges were told.
 */
function winnersOf(events: ReceivedEvent[]): Map<string, string> {
  const next = new Map<string, string>();
  for (const { kind, stream, key, also } of events) {
    if (kind !== 'merged') continue;
    const winner = also.newId ?? also.primaryId ?? key;
    for (const id of [key, also.primaryId, ...(also.mergedIds ?? [])]) {
      if (id !== undefined && id !== winner) next.set(objectKey(stream, id), winner);
    }
  }
  const winners = new Map<string, string>();
  for (const loser of next.keys()) {
    const [objectType] = partsOf(loser);
    const seen = new Set([loser]);
    let winner = next.get(loser)!;
    for (let key = objectKey(objectType, winner); next.has(key) && !seen.has(key);) {
      seen.add(key);
      winner = next.get(key)!;
      key = objectKey(objectType, winner);
    }
    winners.set(loser, winner);
  }
  return winners;
}

/** A source may send out of order: the latest by its own time counts, of equal ones the one that came last. */
function newestPushed(events: ReceivedEvent[]): PushedRecord[] {
  const newest = new Map<string, PushedRecord>();
  for (const { source, stream, key, kind, payload, occurredAt, receivedAt, lane, eventId } of events) {
    if (kind !== 'pushed' || payload === null) continue;
    const name = JSON.stringify([source, stream, key]);
    const before = newest.get(name);
    const eventIds = [...(before?.eventIds ?? []), eventId];
    const isNewer = before === undefined || Date.parse(occurredAt) >= Date.parse(before.changedAt);
    const record = { source, stream, key, payload, changedAt: occurredAt, toldAt: receivedAt, lane };
    newest.set(name, isNewer ? { ...record, eventIds } : { ...before, eventIds });
  }
  return [...newest.values()];
}

const objectKey = (objectType: string, id: string): string => `${objectType}\u0000${id}`;

function partsOf(key: string): [objectType: string, id: string] {
  const at = key.indexOf('\u0000');
  return [key.slice(0, at), key.slice(at + 1)];
}
