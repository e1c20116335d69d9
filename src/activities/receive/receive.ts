import { sleep } from '@temporalio/activity';
import { claimInboxSlice, hasNewer } from '../../db/staging/inbox';
import { databaseTime } from '../../db/clock';
import { findPortal } from '../../db/portals';
import { definedObjects } from '../../db/staging/referenceData';
import { fewestCalls, receiveParts, type ReceivePart } from '../../domain/receive/receiveParts';
import {
  readEvents,
  type ChangedObject,
  type EventPlan,
  type PushedRecord,
  type ReceivedEvent,
} from '../../domain/receive/readEvents';
import type { HubSpotClient } from '../../hubspot/client';
import type { ActivityContext } from '../context';
import { eraseMentionsOf } from './erase';
import { leasedClient } from '../quota/leasedClient';
import { readChangedAssociations, readChangedRecords } from './readChanged';
import { readHistories } from './readHistories';
import { withPartners } from './readPartners';
import { readProperties } from '../extract/stageHubSpot';
import { stagePage } from '../extract/stagePage';
import { erasedOf, mergesOf, settling, storeChanged, type ClaimedWindow } from './storeChanged';
import { laneNumbers } from '../../domain/record';

/** Events are collected for at least so long, so that what changes together is read together. */
const windowMsMin = 1_000;
/** Records of one window. */
const windowRecordsMax = 5_000;
/** Windows follow each other in one activity for so long: each activity is an action and costs two round trips. */
const windowsForMs = 10_000;

export interface ReceiveInput {
  portalId: string;
}

export interface ReceiveResult {
  events: number;
  /** Calls that read records; associations; the history of values that somebody else may have changed. */
  calls: number;
  associationCalls: number;
  historyCalls: number;
  /** Windows that held something, and the fewest calls that could have read their records. */
  windows: number;
  callsMin: number;
  /** Events about object types that nobody configured, by HubSpot's name of the type. */
  ignored?: Record<string, number>;
  more: boolean;
  /** A pause of the portal ends then. */
  waitMs: number | null;
}

/**
 * Receives what HubSpot and source systems told: window by window, every changed object is read once, whatever was told
 * about it, and staged as a record of source `hubspot`. A newer claim takes over from an older one: reads have no effect
 * to wait for, and only the newest may settle.
 */
export function createReceive(context: ActivityContext) {
  return async function receiveSlice({ portalId }: ReceiveInput): Promise<ReceiveResult> {
    const sum: ReceiveResult = {
      ...{ events: 0, calls: 0, associationCalls: 0, historyCalls: 0, windows: 0, callsMin: 0 },
      ...{ more: false, waitMs: null },
    };
    try {
      return await receiveUntilDry(context, portalId, sum);
    } finally {
      const { more: _more, waitMs: _wait, ignored, ...counts } = sum;
      if (ignored)
        context.log.warn({ event: 'events_ignored', portalId, ignored, hint: ignoredHint }, 'events ignored');
      if (sum.windows > 0) context.log.info({ event: 'received', portalId, ...counts }, 'events received');
    }
  };
}

const ignoredHint =
  'unsubscribe the app from these object types, or configure them; after a custom object was made, run `tributary check`';

async function receiveUntilDry(
  context: ActivityContext,
  portalId: string,
  sum: ReceiveResult,
): Promise<ReceiveResult> {
  const until = performance.now() + windowsForMs;
  for (;;) {
    const portal = await findPortal(context.pool, portalId);
    if (portal?.isPaused) return { ...sum, waitMs: pauseMs(portal.pausedUntil, context.now()) };
    const began = performance.now();
    const slice = await claimInboxSlice(context.pool, portalId, windowRecordsMax);
    if (slice === null) return sum;
    await context.failpoint('receive.claimed');
    const plan = readEvents(slice.events, await trackedObjects(context, portalId));
    const newest = slice.events.at(-1)!.eventId;
    countIgnored(sum, slice.events, plan);
    await receiveWindow({ context, portalId, fence: slice.fence, began, newest, sum }, plan);
    sum.events += slice.events.length;
    sum.windows += 1;
    await sleep(Math.max(1, began + windowMsMin - performance.now()));
    if (performance.now() > until) return { ...sum, more: true };
  }
}

function countIgnored(sum: ReceiveResult, events: ReceivedEvent[], { ignored }: EventPlan): void {
  const ids = new Set(ignored);
  for (const { eventId, stream } of events) {
    if (!ids.has(eventId)) continue;
    sum.ignored ??= {};
    sum.ignored[stream] = (sum.ignored[stream] ?? 0) + 1;
  }
}

/** A pause without an end waits for a person; `tick` rings when it is over. */
function pauseMs(until: Date | null, now: Date): number | null {
  return until === null ? null : Math.max(until.getTime() - now.getTime(), 1_000);
}

/**
 * The object types whose events count, each with those that it is associated with. What this portal's definitions were
 * never read for has no records yet: the complete list that comes first will hold whatever is told now.
 */
async function trackedObjects(context: ActivityContext, portalId: string): Promise<Record<string, string[]>> {
  const known = await definedObjects(context.pool, portalId);
  const tracked = context.settings.objects.filter(({ objectType }) => known.has(objectType));
  return Object.fromEntries(tracked.map((object) => [object.objectType, object.associatedWith]));
}

/** What all parts of a window share. */
interface Receiving extends ClaimedWindow {
  began: number;
  /** The newest of its events. */
  newest: string;
  sum: ReceiveResult;
}

async function receiveWindow(receiving: Receiving, plan: EventPlan): Promise<void> {
  const { context, portalId } = receiving;
  if (plan.ignored.length > 0) await settling(receiving, async () => plan.ignored);
  if (plan.pushed.length > 0) await receivePushed(receiving, plan.pushed);
  if (plan.objects.length === 0) return;
  const transport = await context.clientOf(portalId);
  const client = leasedClient(context, transport, portalId, laneNumbers.realtime, null);
  const done: ChangedObject[] = [];
  let othersMs = 0;
  for (const part of receiveParts(plan.objects)) {
    const began = performance.now();
    // What a person changes meanwhile does not wait for the echoes of a bulk load: they are claimed again.
    const isOver = began + othersMs > receiving.began + windowMsMin;
    if (isOver && !part.isUrgent && (await hasNewer(context.pool, portalId, receiving.newest, 0))) break;
    await receivePart(receiving, client, part);
    done.push(...part.objects);
    if (!part.isUrgent) othersMs = performance.now() - began;
  }
  receiving.sum.callsMin += fewestCalls(done);
}

/** Records that sources sent by themselves; those of streams that are configured no more are only settled. */
async function receivePushed(receiving: Receiving, pushed: PushedRecord[]): Promise<void> {
  const { context, portalId } = receiving;
  const secret = context.erasureSecret;
  const streams = context.settings.sources.flatMap((source) =>
    source.streams.map((stream) => ({
      source: source.name,
      stream: stream.name,
      objectType: stream.objectType,
    })),
  );
  const due = new Set<string>();
  await settling(receiving, async (tx) => {
    for (const { source, stream, objectType } of streams) {
      const records = pushed.filter((record) => record.source === source && record.stream === stream);
      for (const lane of new Set(records.map((record) => record.lane))) {
        const ofLane = records.filter((record) => record.lane === lane);
        const ref = { portalId, source, stream };
        const by = { runId: null, lane, secret, mayBeLate: true };
        const { staged } = await stagePage(tx, ref, objectType, ofLane, by);
        if (staged > 0) due.add(objectType);
      }
    }
    return pushed.flatMap(({ eventIds }) => eventIds);
  });
  for (const objectType of due) await context.doorbell.consolidate(portalId, objectType);
}

/** Reads the objects of one type and stores what they are now. */
async function receivePart(
  receiving: Receiving,
  client: HubSpotClient,
  { objectType, objects: told }: ReceivePart,
): Promise<void> {
  const { context, portalId, sum } = receiving;
  const object = await context.objectContext(portalId, objectType);
  const properties = readProperties(object);
  const readBegan = await databaseTime(context.pool);
  const ids = told.filter(({ isRead }) => isRead).map(({ id }) => id);
  const erasedIds = erasedOf(told);
  const changed = await readChangedRecords(client, object.settings.hubspotType, properties, ids);
  const found = { records: changed.records, properties, readBegan };
  const read = await readHistories(context, client, portalId, objectType, found);
  const partners = await withPartners(context, client, portalId, objectType, told);
  const { objects } = partners;
  const wanted = objects.flatMap(({ associations }) => associations);
  const associations = await readChangedAssociations(client, context.hubspotType, wanted);
  sum.calls += changed.calls;
  sum.associationCalls += partners.calls + associations.calls;
  sum.historyCalls += read.historyCalls;
  if (erasedIds.length > 0) await eraseMentionsOf(context, portalId, objectType, erasedIds);
  await context.failpoint('receive.read');
  await storeChanged(receiving, {
    ...{ objectType, objects, read, missing: changed.missing, associations: associations.read },
    merges: [...mergesOf(objects), ...changed.merges],
  });
  if (erasedIds.length > 0) {
    const line = { event: 'erased', portalId, objectType, people: erasedIds.length };
    context.log.info(line, 'people were erased');
  }
}
