import { randomUUID } from 'node:crypto';
import type { Change, Envelope } from '../changes';

/** The Webhooks Journal (facts 8.2): what happened, in files that follow each other. In memory: a restart empties it. */
export interface EventJournal {
  /** Notes the changes of one request. */
  record(envelope: Envelope): void;
  /** The files after an offset, or from the earliest; undefined when the offset is unknown or too old. */
  after(offset: string | undefined, count: number, now: number): JournalEntry[] | undefined;
  /** The newest files. */
  latest(count: number, now: number): JournalEntry[];
  find(offset: string): JournalEntry | undefined;
}

export interface JournalEntry {
  offset: string;
  publishedAt: number;
  events: Record<string, unknown>[];
}

/** A file that nobody has read yet takes more events up to this many. */
const fileEventsMax = 1_000;
/** More files than this are never kept. */
const filesMax = 10_000;

/** @param keptMs how long files are kept: three days (facts 8.2) */
export function createEventJournal(portalId: number, keptMs: () => number): EventJournal {
  let entries: JournalEntry[] = [];
  // A file that was read takes nothing more.
  let isOpen = false;
  const read = (now: number): JournalEntry[] => {
    isOpen = false;
    return (entries = entries.filter(({ publishedAt }) => publishedAt > now - keptMs()));
  };
  return {
    record({ stamp, changes }) {
      const events = changes.flatMap((change) => eventsOf(change));
      if (events.length === 0) return;
      const last = entries.at(-1);
      const about = { portalId, occurredAt: new Date(stamp.at).toISOString() };
      const told = events.map((event) => ({ ...about, ...event }));
      if (isOpen && last && last.events.length + told.length <= fileEventsMax) {
        last.events.push(...told);
        last.publishedAt = stamp.at;
        return;
      }
      entries.push({ offset: randomUUID(), publishedAt: stamp.at, events: told });
      isOpen = true;
      if (entries.length > filesMax) entries = entries.slice(-filesMax);
    },
    after(offset, count, now) {
      const kept = read(now);
      if (offset === undefined) return kept.slice(0, count);
      const at = kept.findIndex((entry) => entry.offset === offset);
      return at < 0 ? undefined : kept.slice(at + 1, at + 1 + count);
    },
    latest: (count, now) => read(now).slice(-count),
    find: (offset) => entries.find((entry) => entry.offset === offset),
  };
}

function eventsOf(change: Change): Record<string, unknown>[] {
  const object = (action: string, objectTypeId: string, objectId: string, more = {}) => [
    { type: 'crmObject', action, objectTypeId, objectId: Number(objectId), ...more },
  ];
  switch (change.do) {
    case 'create':
      return object('CREATE', change.type, change.id, { propertyChanges: change.properties });
    case 'write':
      return object('UPDATE', change.type, change.id, { propertyChanges: change.properties });
    case 'archive':
      return object('DELETE', change.type, change.id);
    case 'restore':
      return object('RESTORE', change.type, change.id);
    case 'forget':
      return object('GDPR_DELETE', change.type, change.id);
    case 'merge':
      return object('MERGE', change.type, change.into, {
        primaryObjectId: Number(change.primary),
        mergedObjectIds: [Number(change.loser)],
        newObjectId: Number(change.into),
      });
    case 'link':
      return [
        {
          type: 'association',
          action: change.keys.length === 0 ? 'ASSOCIATION_REMOVED' : 'ASSOCIATION_ADDED',
          fromObjectTypeId: change.from,
          fromObjectId: Number(change.fromId),
          toObjectTypeId: change.to,
          toObjectId: Number(change.toId),
        },
      ];
    default:
      return [];
  }
}
