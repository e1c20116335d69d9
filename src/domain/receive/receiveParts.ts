import type { ChangedObject } from './readEvents';

/** HubSpot's maximum per call that reads records (facts §3.2). */
const perCall = 100;
/** Objects of one transaction: few where a person's change may come meanwhile, fewest where one has just come. */
const urgentMax = 1_000;
const othersMax = 500;
const othersMaxBesideUrgent = 200;

export interface ReceivePart {
  objectType: string;
  objects: ChangedObject[];
  /** Lane of what is staged. */
  lane: number;
  isUrgent: boolean;
}

/**
 * A window's objects in parts, each read and stored by itself: those that a person changed first, of whatever type, and
 * then those that machines changed, our own echoes among them. No part is cut inside of a call, so that parts cost no
 * call more than the whole.
 */
export function receiveParts(objects: readonly ChangedObject[]): ReceivePart[] {
  const parts: ReceivePart[] = [];
  const othersAtOnce = objects.some(({ lane }) => lane === 0) ? othersMaxBesideUrgent : othersMax;
  for (const objectType of new Set(objects.map((object) => object.objectType))) {
    const ofType = objects.filter((object) => object.objectType === objectType);
    const read = ofType.filter(({ isRead }) => isRead).sort((a, b) => a.lane - b.lane);
    const urgent = read.filter(({ lane }) => lane === 0).length;
    const urgentEnd = Math.ceil(urgent / perCall) * perCall;
    const cut = [
      ...chunks(read.slice(0, urgentEnd), urgentMax),
      ...chunks(read.slice(urgentEnd), othersAtOnce),
      ...chunks(
        ofType.filter(({ isRead }) => !isRead),
        othersAtOnce,
      ),
    ];
    for (const part of cut) {
      const lane = Math.min(...part.map((object) => object.lane));
      parts.push({ objectType, objects: part, lane, isUrgent: lane === 0 });
    }
  }
  return parts.sort((a, b) => Number(b.isUrgent) - Number(a.isUrgent));
}

/**
 * A part that was read, in the shares that are stored one after the other: a person's changes were read in one call with
 * echoes that fill it, but what is staged with them is as urgent as they are, and they would wait for it.
 * @param isPlain whether nothing but the object's own values is stored
 */
export function storedShares(
  objects: readonly ChangedObject[],
  isPlain: (object: ChangedObject) => boolean,
): ChangedObject[][] {
  const first = new Set(objects.filter((object) => object.lane === 0 && isPlain(object)));
  const rest = objects.filter((object) => !first.has(object));
  return [[...first], rest].filter(({ length }) => length > 0);
}

/** The fewest calls that can read these objects. */
export function fewestCalls(objects: readonly ChangedObject[]): number {
  const types = new Map<string, number>();
  for (const { objectType, isRead } of objects)
    if (isRead) types.set(objectType, (types.get(objectType) ?? 0) + 1);
  return [...types.values()].reduce((sum, count) => sum + Math.ceil(count / perCall), 0);
}

/** A list in parts of at most `size`. */
export function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  const parts: Item[][] = [];
  for (let at = 0; at < items.length; at += size) parts.push(items.slice(at, at + size));
  return parts;
}
