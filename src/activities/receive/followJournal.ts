import { ApplicationFailure } from '@temporalio/activity';
import { eventKeyOf, insertEvents, type InboxEvent } from '../../db/staging/inbox';
import { claimJournal, moveJournal, noteJournalGap, untoldEvents } from '../../db/staging/journals';
import { inTransaction } from '../../db/pool';
import { findPortal } from '../../db/portals';
import { definedTypeIds } from '../../db/staging/referenceData';
import { hubspotSource, laneNumbers } from '../../domain/record';
import {
  journalToken,
  newestJournalOffset,
  nextJournalFiles,
  readJournalFile,
  type JournalEvents,
} from '../../hubspot/journal';
import type { JournalEvent } from '../../hubspot/journalEvents';
import { standardTypeId } from '../../hubspot/objectTypeIds';
import type { ActivityContext } from '../context';
import type { JournalSettings } from '../deps';

export interface ReadJournalInput {
  portalId: string;
}

export interface ReadJournalResult {
  files: number;
  events: number;
  /** Events that no webhook had told. */
  repairs: number;
  more: boolean;
}

/** One attempt reads for so long: well below the activity's timeout. */
const readsForMs = 20_000;

/**
 * Reads the Webhooks Journal from where the last read ended, and puts into the inbox what no webhook told. Offset and
 * events are stored together, file by file. Where HubSpot does not have the offset any more, the outage was longer than
 * what it keeps: the read goes on with the earliest file, and the log asks for an audit.
 */
export function createFollowJournal(context: ActivityContext) {
  return async function readJournal({ portalId }: ReadJournalInput): Promise<ReadJournalResult> {
    const result: ReadJournalResult = { files: 0, events: 0, repairs: 0, more: false };
    const journal = await journalOf(context, portalId);
    if (!journal) return result;
    const place = await claimJournal(context.pool, portalId);
    const token = await journalToken(journal.app);
    const until = performance.now() + readsForMs;
    let after = place.offset;
    let hasBegunAnew = false;
    try {
      for (;;) {
        const files = await nextJournalFiles(journal.app, token, { portalId, after });
        if (files === 'unknown') {
          if ((await newestJournalOffset(journal.app, token, portalId)) === after) return result;
          // It does not know what it has just given either: asking on would read the same files for ever.
          if (hasBegunAnew) return result;
          hasBegunAnew = true;
          await noteJournalGap(context.pool, portalId, place.fence);
          const event = { event: 'journal_gap', portalId };
          context.log.warn(event, 'the journal does not reach back to the last read; run an audit');
          after = null;
          continue;
        }
        if (files.length === 0) return result;
        for (const file of files) {
          const told = await readJournalFile(journal.app, file);
          if (isTooYoung(told, journal.waitMs, context.now())) return result;
          await takeOver(context, { portalId, fence: place.fence, offset: file.offset, told, result });
          after = file.offset;
        }
        if (performance.now() > until) return { ...result, more: true };
      }
    } finally {
      if (result.repairs > 0) await context.doorbell.receive(portalId);
      if (result.files > 0)
        context.log.info({ event: 'journal_read', portalId, ...result }, 'the journal was read');
    }
  };
}

async function journalOf(
  { pool, settings }: ActivityContext,
  portalId: string,
): Promise<JournalSettings | undefined> {
  const portal = await findPortal(pool, portalId);
  return settings.portals.find(({ name }) => name === portal?.name)?.journal;
}

function isTooYoung({ publishedAt }: JournalEvents, waitMs: number, now: Date): boolean {
  return publishedAt !== null && publishedAt.getTime() > now.getTime() - waitMs;
}

interface FileRead {
  portalId: string;
  fence: string;
  offset: string;
  told: JournalEvents;
  result: ReadJournalResult;
}

async function takeOver(context: ActivityContext, { portalId, fence, offset, told, result }: FileRead) {
  const events = await inboxEvents(context, portalId, told.events);
  if (told.unreadable > 0) {
    const event = { event: 'journal_unreadable', portalId, count: told.unreadable };
    context.log.warn(event, 'events of the journal are in no form that we know');
  }
  const repairs = await inTransaction(context.pool, async (tx) => {
    const untold = await untoldEvents(tx, portalId, events);
    const { newIn } = await insertEvents(tx, untold);
    const added = newIn.reduce((sum, portal) => sum + portal.events, 0);
    const move = { offset, events: events.length, repairs: added };
    if (!(await moveJournal(tx, portalId, fence, move))) throw supersededRead();
    return added;
  });
  result.files += 1;
  result.events += events.length;
  result.repairs += repairs;
}

function supersededRead(): ApplicationFailure {
  return ApplicationFailure.create({ type: 'superseded', message: 'a newer attempt reads this journal' });
}

/**
 * Events of our object types and of this portal; the journal is that of the app. Custom objects are known by what the
 * portal told of itself: it is not asked here, so that the journal is read whatever its token may, or while it is paused.
 */
async function inboxEvents(
  context: ActivityContext,
  portalId: string,
  events: JournalEvent[],
): Promise<InboxEvent[]> {
  const mine = events.filter((event) => event.portalId === portalId);
  if (mine.length === 0) return [];
  const told = await definedTypeIds(context.pool, portalId);
  const streams = new Map<string, string>();
  for (const { objectType, hubspotType } of context.settings.objects) {
    const typeId = told.get(objectType) ?? standardTypeId(hubspotType);
    if (typeId !== null) streams.set(typeId, objectType);
  }
  return mine.flatMap((event) => {
    const stream = streams.get(event.objectTypeId);
    return stream === undefined ? [] : [inboxEvent(event, stream, streams)];
  });
}

function inboxEvent(event: JournalEvent, stream: string, streams: ReadonlyMap<string, string>): InboxEvent {
  const { portalId, kind, objectId, occurredAt, to, merge } = event;
  const toStream = to && (streams.get(to.objectTypeId) ?? to.objectTypeId);
  const also = to ? { toStream: toStream!, toKey: to.objectId, removed: to.removed } : (merge ?? {});
  const at = occurredAt.toISOString();
  return {
    ...{ portalId, source: hubspotSource, stream, key: objectId, kind, also },
    eventKey: eventKeyOf(['journal', kind, stream, objectId, at, JSON.stringify(also)]),
    payload: null,
    lane: laneNumbers.bulk,
    occurredAt: at,
  };
}
