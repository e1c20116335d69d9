import type { JsonObject, JsonValue } from '../../domain/record';
import { instantMsMax } from '../../domain/values/instants';

/** One event of a delivery as HubSpot words it (facts §8); null where it does not say. */
export interface HubSpotEvent {
  portalId: string;
  /** Such as `contact.propertyChange`. */
  type: string;
  objectTypeId: string | null;
  objectId: string | null;
  /** Milliseconds since 1970. */
  occurredAt: number | null;
  eventId: string | number | null;
  propertyName: string | number | null;
  changeSource: string | number | null;
  primaryObjectId: string | null;
  mergedObjectIds: string[] | null;
  newObjectId: string | null;
  associationType: string | number | null;
  fromObjectId: string | null;
  toObjectId: string | null;
  fromObjectTypeId: string | null;
  toObjectTypeId: string | null;
  associationRemoved: boolean | null;
}

const typeLengthMax = 100;
const markLengthMax = 500;
const mergedMax = 1_000;
/** Fits a bigint of Postgres. */
const idShape = /^\d{1,18}$/;
const typeIdShape = /^\d{1,5}-\d{1,19}$/;

/**
 * Reads one event of a delivery. Written by hand: thousands come in a second, and a schema made as much garbage for each
 * as all the rest of its way into the inbox.
 * @returns null where it is none: no kind, no portal, nothing that it is about, or an id that cannot be one
 */
export function readHubSpotEvent(item: JsonValue): HubSpotEvent | null {
  if (item === null || typeof item !== 'object' || Array.isArray(item)) return null;
  // The guide's old example has the second name for it (facts §8).
  const type = item['subscriptionType'] ?? item['eventType'];
  const [portalId, objectId] = [idOf(item['portalId']), idOf(item['objectId'])];
  const [fromObjectId, toObjectId] = [idOf(item['fromObjectId']), idOf(item['toObjectId'])];
  const [primaryObjectId, newObjectId] = [idOf(item['primaryObjectId']), idOf(item['newObjectId'])];
  const objectTypeId = typeIdOf(item['objectTypeId']);
  const mergedObjectIds = idsOf(item['mergedObjectIds']);
  const isReadable =
    typeof type === 'string' &&
    type.length <= typeLengthMax &&
    typeof portalId === 'string' &&
    objectId !== undefined &&
    fromObjectId !== undefined &&
    toObjectId !== undefined &&
    primaryObjectId !== undefined &&
    newObjectId !== undefined &&
    mergedObjectIds !== undefined &&
    objectTypeId !== undefined;
  if (!isReadable || (objectId === null && fromObjectId === null)) return null;
  return {
    portalId,
    type,
    objectTypeId,
    objectId,
    occurredAt: timeOf(item),
    eventId: markOf(item['eventId']),
    propertyName: markOf(item['propertyName']),
    changeSource: markOf(item['changeSource']),
    primaryObjectId,
    mergedObjectIds,
    newObjectId,
    associationType: markOf(item['associationType']),
    fromObjectId,
    toObjectId,
    fromObjectTypeId: typeIdOf(item['fromObjectTypeId']) ?? null,
    toObjectTypeId: typeIdOf(item['toObjectTypeId']) ?? null,
    associationRemoved: typeof item['associationRemoved'] === 'boolean' ? item['associationRemoved'] : null,
  };
}

/** Undefined where it cannot be an id. */
function idOf(value: JsonValue | undefined): string | null | undefined {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? String(value) : undefined;
  return typeof value === 'string' && idShape.test(value) ? value : undefined;
}

function idsOf(value: JsonValue | undefined): string[] | null | undefined {
  if (value === undefined || value === null) return null;
  if (!Array.isArray(value) || value.length > mergedMax) return undefined;
  const ids = value.map(idOf);
  return ids.every((id) => typeof id === 'string') ? ids : undefined;
}

function typeIdOf(value: JsonValue | undefined): string | null | undefined {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' && typeIdShape.test(value) ? value : undefined;
}

/** Of no consequence beyond the event's identity: whatever is there counts. */
function markOf(value: JsonValue | undefined): string | number | null {
  const isMark = typeof value === 'number' || (typeof value === 'string' && value.length <= markLengthMax);
  return isMark ? value : null;
}

function timeOf({ occurredAt }: JsonObject): number | null {
  const isTime =
    Number.isSafeInteger(occurredAt) && Number(occurredAt) > 0 && Number(occurredAt) <= instantMsMax;
  return isTime ? Number(occurredAt) : null;
}
