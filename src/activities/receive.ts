import { ApplicationFailure, sleep } from '@temporalio/activity';
import { claimInboxSlice, hasNewer, settleInbox } from '../db/inbox';
import { associationPairs, markAssociationsDue, replaceKnownAssociations } from '../db/knownAssociations';
import { saveReadArchived } from '../db/knownStates';
import { databaseTime } from '../db/clock';
import { followMerges, unfollowedMerges } from '../db/mergedRecords';
import { inTransaction, type Queryable } from '../db/pool';
import { findPortal } from '../db/portals';
import { definedObjects } from '../db/referenceData';
import { markKeysGone } from '../db/stagedRecords';
import { hubspotSource } from '../domain/record';
import { fewestCalls, receiveParts, type ReceivePart } from '../domain/receiveParts';
import {
  readEvents,
  type ChangedObject,
  type EventPlan,
  type PushedRecord,
  type ReceivedEvent,
} from '../domain/readEvents';
import type { HubSpotClient } from '../hubspot/client';
import type { ActivityContext } from './context';
import { eraseMentionsOf, erasePeople } from './erase';
import { leasedClient } from './leasedClient';
import { laneNumbers } from './mergeSlice';
import { readChangedAssociations, readChangedRecords, type AssociationsOfType } from './readChanged';
import { readHistories, type HubSpotRead } from './readHistories';
import type { ErasureSecret } from './screenErased';
import { readProperties, stageHubSpotRecords } from './stageHubSpot';
import { stagePage } from './stagePage';

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
interface Receiving {
  context: ActivityContext;
  portalId: string;
  fence: string;
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
  for (const part of receiveParts(plan.objects)) {
    // What a person changes meanwhile does not wait for the echoes of a bulk load: they are claimed again.
    const isOver = performance.now() > receiving.began + windowMsMin;
    if (isOver && !part.isUrgent && (await hasNewer(context.pool, portalId, receiving.newest, 0))) break;
    await receivePart(receiving, client, part);
    done.push(...part.objects);
  }
  receiving.sum.callsMin += fewestCalls(done);
}

/**
 * Does `work` and settles the events that it returns, in one transaction under the claim's fence.
 * @throws retryable when a newer claim exists: then nothing was done
 */
async function settling(
  { context, portalId, fence }: Receiving,
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
        const { staged } = await stagePage(tx, ref, objectType, ofLane, { runId: null, lane, secret });
        if (staged > 0) due.add(objectType);
      }
    }
    return pushed.flatMap(({ eventIds }) => eventIds);
  });
  for (const objectType of due) await context.doorbell.consolidate(portalId, objectType);
}

/** Reads the objects of one type, stages what they are now, settles their events: one transaction. */
async function receivePart(
  receiving: Receiving,
  client: HubSpotClient,
  { objectType, objects, lane }: ReceivePart,
): Promise<void> {
  const { context, portalId, sum } = receiving;
  const object = await context.objectContext(portalId, objectType);
  const properties = readProperties(object);
  const readBegan = await databaseTime(context.pool);
  const ids = objects.filter(({ isRead }) => isRead).map(({ id }) => id);
  const erasedIds = objects.filter(({ isErased }) => isErased).map(({ id }) => id);
  const changed = await readChangedRecords(client, object.settings.hubspotType, properties, ids);
  const found = { records: changed.records, properties, readBegan };
  const read = await readHistories(context, client, portalId, objectType, found);
  const wanted = objects.flatMap(({ associations }) => associations);
  const associations = await readChangedAssociations(client, context.hubspotType, wanted);
  sum.calls += changed.calls;
  sum.associationCalls += associations.calls;
  sum.historyCalls += read.historyCalls;
  if (erasedIds.length > 0) await eraseMentionsOf(context, portalId, objectType, erasedIds);
  await context.failpoint('receive.read');
  let bells = { consolidate: false, deliver: false };
  await settling(receiving, async (tx) => {
    const told = [...mergesOf(objects), ...changed.merges];
    const merges = await unfollowedMerges(tx, portalId, objectType, told);
    const followed = await followMerges(tx, portalId, objectType, merges);
    await erasePeople(context, tx, portalId, objectType, erasedIds);
    const staged = await stageChanged(tx, context.erasureSecret, {
      ...{ portalId, objectType, lane, read },
      missing: changed.missing,
    });
    const lost = await saveAssociations(tx, portalId, associations.read, readBegan);
    bells = {
      consolidate: staged.due > 0 || merges.length > 0,
      deliver: lost > 0 || followed.moved.length > 0,
    };
    const into = new Map(changed.merges.map(({ fromId, toId }) => [fromId, toId]));
    const isCurrent = ({ id }: ChangedObject) => !staged.stale.has(into.get(id) ?? id);
    // What was written meanwhile is read again: its events stay for the next window.
    return objects.filter(isCurrent).flatMap(({ eventIds }) => eventIds);
  });
  if (bells.consolidate) await context.doorbell.consolidate(portalId, objectType);
  if (bells.deliver) await context.doorbell.deliver(portalId, 'bulk');
}

function mergesOf(objects: ChangedObject[]): { fromId: string; toId: string }[] {
  return objects.flatMap(({ id, merged }) => merged.map((fromId) => ({ fromId, toId: id })));
}

interface ChangedStage {
  portalId: string;
  objectType: string;
  lane: number;
  read: HubSpotRead;
  missing: string[];
}

/** What HubSpot holds now, and what it holds no more: that record stays known, archived, and is no anchor any longer. */
async function stageChanged(
  tx: Queryable,
  secret: ErasureSecret,
  { portalId, objectType, lane, read, missing }: ChangedStage,
): Promise<{ due: number; stale: Set<string> }> {
  const ref = { portalId, source: hubspotSource, stream: objectType };
  const { staged, stale } = await stageHubSpotRecords(tx, ref, read, { runId: null, lane, secret });
  const held = await saveReadArchived(tx, portalId, objectType, missing, read.readBegan);
  const goneIds = missing.filter((id) => !held.has(id));
  const gone = await markKeysGone(tx, ref, goneIds, 'withdraw', lane);
  return { due: staged + gone, stale: new Set([...stale, ...held]) };
}

/** @returns how many wanted associations somebody took away */
async function saveAssociations(
  tx: Queryable,
  portalId: string,
  read: AssociationsOfType[],
  readBegan: Date,
): Promise<number> {
  let due = 0;
  for (const { objectType, toObject, fromIds, associations } of read) {
    const pairs = associationPairs(associations);
    const lost = await replaceKnownAssociations(
      tx,
      ...([portalId, objectType, toObject, fromIds, pairs, readBegan] as const),
    );
    due += await markAssociationsDue(tx, portalId, objectType, toObject, lost);
  }
  return due;
}
