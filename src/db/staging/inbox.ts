import { hash } from 'node:crypto';
import type { JsonObject, RecordRef } from '../../domain/record';
import type { NamedStatement, Queryable } from '../pool';

/** What can have happened to a record; `pushed` is a record that a source system sent itself. */
export const inboxKinds = [
  'created',
  'changed',
  'deleted',
  'restored',
  'merged',
  'associationChanged',
  'privacyDeleted',
  'pushed',
] as const;
export type InboxKind = (typeof inboxKinds)[number];

/** Further ids of an event; only HubSpot's have any. */
export interface InboxAlso {
  /** Of a merge: the record that was kept, those that went into it, and the new id if there is one (facts §4.3). */
  primaryId?: string;
  mergedIds?: string[];
  newId?: string;
  /** Of an association: the other end (object type as in `stream`), and whether it was taken away. */
  toStream?: string;
  toKey?: string;
  removed?: boolean;
}

/** One event, about the record `source`, `stream`, `key` (see the table: for HubSpot, stream = our object type). */
export interface InboxEvent extends RecordRef {
  portalId: string;
  eventKey: string;
  kind: InboxKind;
  also: InboxAlso;
  /** Only `pushed`: the record, in the shape of its stream, cleaned so that Postgres can hold it. */
  payload: JsonObject | null;
  /** 0 realtime, 1 partner, 2 bulk (domain/record `lanes`). */
  lane: number;
  occurredAt: string;
}

/** The identity of an event: the same parts give the same key (the first 128 bits of their SHA-256, as a uuid). */
export function eventKeyOf(parts: readonly (string | number | boolean | null)[]): string {
  return hash('sha256', JSON.stringify(parts), 'hex').slice(0, 32);
}

export interface InsertedEvents {
  /** Portals that have something new: their lane is to be rung. */
  newIn: { portalId: string; events: number }[];
  /** Events of portals that are not in `portals`, or not among the names: dropped. */
  unknownPortals: { portalId: string; events: number }[];
}

/** Planned once per connection: planning it took as long as running it. */
const insertStatement: NamedStatement = {
  name: 'insert_events',
  text: `with types as materialized (
     select portal_id, object_type, body as type_id from reference_data where kind = 'typeId'),
   told as materialized (
     select input.*, portals.portal_id is not null as known,
       coalesce(own.object_type, input.stream) as our_stream,
       case when other.object_type is null then input.also
         else jsonb_set(input.also, '{toStream}', to_jsonb(other.object_type)) end as our_also
     from json_to_recordset($1) as input ("portalId" bigint, source text, "eventKey" uuid, kind text, stream text,
       key text, also jsonb, payload jsonb, lane smallint, "occurredAt" timestamptz)
     left join portals on portals.portal_id = input."portalId"
       and ($2::text[] is null or portals.name = any ($2::text[]))
     left join types own on own.portal_id = input."portalId" and input.source = 'hubspot'
       and own.type_id = to_jsonb(input.stream)
     left join types other on other.portal_id = input."portalId" and input.source = 'hubspot'
       and other.type_id = input.also -> 'toStream'),
   added as (
     insert into inbox_events
       (portal_id, source, event_key, kind, stream, record_key, also, payload, lane, occurred_at)
     select "portalId", source, "eventKey", kind, our_stream, key, our_also, payload, lane, "occurredAt"
     from told where known order by "portalId", source, "eventKey"
     on conflict do nothing returning portal_id)
   select portal_id as "portalId", true as known, count(*)::int as events from added group by portal_id
   union all
   select "portalId", false, count(*)::int from told where not known group by "portalId"`,
};

/**
 * Stores the events of a whole request in one statement. An event that is there already, settled or not, is folded into
 * it. Rows go in in the order of their keys, so that requests with the same events never lock each other out: what must
 * keep an order among themselves (two pushes of one record) must not come in one call. Object types that are told by
 * their type id are stored by our name, where the portal's definitions say whose id it is.
 * @param portalNames whose events these may be; null: any portal's
 */
export async function insertEvents(
  db: Queryable,
  events: InboxEvent[],
  portalNames: string[] | null = null,
): Promise<InsertedEvents> {
  if (events.length === 0) return { newIn: [], unknownPortals: [] };
  const { rows } = await db.query<{ portalId: string; known: boolean; events: number }>(insertStatement, [
    JSON.stringify(events),
    portalNames,
  ]);
  const counts = (isKnown: boolean) =>
    rows
      .filter(({ known }) => known === isKnown)
      .map(({ portalId, events: of }) => ({ portalId, events: of }));
  return { newIn: counts(true), unknownPortals: counts(false) };
}

/** An unsettled event as `receive` gets it. */
export interface ClaimedEvent extends Omit<InboxEvent, 'portalId' | 'eventKey'> {
  /** Order of arrival; names the event when it is settled. */
  eventId: string;
  /** When it arrived. */
  receivedAt: string;
}

export interface InboxSlice {
  fence: string;
  /** In the order of their arrival. */
  events: ClaimedEvent[];
}

/** Events looked at to find the records of a slice: a record that changes often is found with all that it has. */
const eventsPerRecord = 4;

/**
 * Claims the next slice of a portal's inbox: at most `recordsMax` records, most urgent first, each with all its events
 * among the next ones (four times as many as records), so that it is read once for them all.
 *
 * Every claim bumps the portal's fence and thereby takes over from any older one: `settleInbox` of that one fails, and
 * its transaction must be rolled back. So a read that stalled can never stage something older over a newer read, and
 * the slice of a worker that was killed is taken at once, without waiting for an expiry: reads leave nothing behind.
 * @param pool not a transaction: the bump must be committed before the first read begins
 * @returns null when nothing is unsettled
 */
export async function claimInboxSlice(
  pool: Queryable,
  portalId: string,
  recordsMax: number,
): Promise<InboxSlice | null> {
  // A statement of its own: the next one sees what a settlement, that this one waited for, has left.
  const bumped = await pool.query<{ fence: string }>(
    `insert into inbox_fences (portal_id, fence) values ($1, 1)
     on conflict (portal_id) do update set fence = inbox_fences.fence + 1 returning fence`,
    [portalId],
  );
  const { rows: events } = await pool.query<ClaimedEvent>(
    // The table is read once and joined with nothing, for Postgres knows of a backlog late: a join takes seconds then.
    `with due as (
       select event_id, kind, lane, source, stream, record_key, also, payload, occurred_at, received_at from inbox_events
       where portal_id = $1 and settled_at is null order by lane, event_id limit $3),
     grouped as (
       select *, min(lane) over record as first_lane, min(event_id) over record as first_event
       from due window record as (partition by source, stream, record_key)),
     placed as (select *, dense_rank() over (order by first_lane, first_event) as place from grouped)
     select event_id as "eventId", kind, source, stream, record_key as key, also, payload, lane,
       to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "occurredAt",
       to_char(received_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "receivedAt"
     from placed where place <= $2 order by event_id`,
    [portalId, recordsMax, recordsMax * eventsPerRecord],
  );
  return events.length === 0 ? null : { fence: bumped.rows[0]!.fence, events };
}

/**
 * Settles claimed events, in the transaction that stages what they led to. Payloads are emptied: staged records hold
 * them now.
 * @returns false when a newer claim exists: nothing was settled, and the caller must roll its transaction back
 */
export async function settleInbox(
  transaction: Queryable,
  portalId: string,
  fence: string,
  eventIds: string[],
): Promise<boolean> {
  // Locked until the commit: a newer claim waits for it and then no longer sees these events.
  const { rowCount } = await transaction.query(
    'select from inbox_fences where portal_id = $1 and fence = $2 for update',
    [portalId, fence],
  );
  if (rowCount !== 1) return false;
  await transaction.query(
    `update inbox_events set settled_at = clock_timestamp(), payload = null
     where portal_id = $1 and event_id = any ($2::bigint[]) and settled_at is null`,
    [portalId, eventIds],
  );
  return true;
}

/** Whether something at least so urgent came after an event. */
export async function hasNewer(
  db: Queryable,
  portalId: string,
  eventId: string,
  laneMax: number,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `select from inbox_events
     where portal_id = $1 and settled_at is null and lane <= $3 and event_id > $2 limit 1`,
    [portalId, eventId, laneMax],
  );
  return rowCount === 1;
}

/** The portals that have unsettled events: what `tick` rings for. */
export async function waitingInboxes(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ portal_id: string }>(
    `select portal_id from portals where exists (
       select from inbox_events e where e.portal_id = portals.portal_id and e.settled_at is null)`,
  );
  return rows.map((row) => row.portal_id);
}

/** HubSpot repeats a delivery for up to 24 hours (facts §8); the journal reaches back three days. */
const keptDays = 4;
/** Rows that one sweep deletes at most. */
const sweepMax = 100_000;

/** Forgets events that were settled long ago: a repetition that could come has come. */
export async function clearSettledEvents(db: Queryable): Promise<void> {
  await db.query(
    `delete from inbox_events where (portal_id, event_id) in (
       select portal_id, event_id from inbox_events
       where settled_at < now() - make_interval(days => $1) limit $2)`,
    [keptDays, sweepMax],
  );
}
