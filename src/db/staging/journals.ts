import type { InboxEvent } from './inbox';
import type { Queryable } from '../pool';

export interface JournalPlace {
  /** The last file that was taken over; null: none. */
  offset: string | null;
  fence: string;
}

/** Takes a portal's journal for one read: any older read commits nothing from now on. */
export async function claimJournal(db: Queryable, portalId: string): Promise<JournalPlace> {
  const { rows } = await db.query<JournalPlace>(
    `insert into journals (portal_id, fence) values ($1, 1)
     on conflict (portal_id) do update set fence = journals.fence + 1 returning read_offset as "offset", fence`,
    [portalId],
  );
  return rows[0]!;
}

/** Moves behind a file, in the transaction that stores its events. @returns false when a newer read exists */
export async function moveJournal(
  db: Queryable,
  portalId: string,
  fence: string,
  { offset, events, repairs }: { offset: string; events: number; repairs: number },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update journals set read_offset = $3, events = events + $4, repairs = repairs + $5, read_at = now()
     where portal_id = $1 and fence = $2`,
    [portalId, fence, offset, events, repairs],
  );
  return rowCount === 1;
}

/** HubSpot does not have the offset any more: it is forgotten, and when that was is noted. */
export async function noteJournalGap(db: Queryable, portalId: string, fence: string): Promise<void> {
  await db.query(
    'update journals set read_offset = null, gap_at = now() where portal_id = $1 and fence = $2',
    [portalId, fence],
  );
}

/**
 * The events that no webhook told. Both name the record, what happened and when, and the other end of an association; a
 * webhook has one event per property.
 * @param events all of source `hubspot` and of one portal
 */
export async function untoldEvents(
  db: Queryable,
  portalId: string,
  events: InboxEvent[],
): Promise<InboxEvent[]> {
  if (events.length === 0) return [];
  const { rows } = await db.query<{ at: number }>(
    `select at from json_to_recordset($2) as input (at int, kind text, stream text, key text,
       also jsonb, "occurredAt" timestamptz)
     where not exists (
       select from inbox_events told where told.portal_id = $1 and told.source = 'hubspot'
         and told.stream = input.stream and told.record_key = input.key and told.kind = input.kind
         and told.occurred_at = input."occurredAt"
         and (input.kind <> 'associationChanged' or (told.also -> 'toStream', told.also -> 'toKey')
           is not distinct from (input.also -> 'toStream', input.also -> 'toKey')))`,
    [
      portalId,
      JSON.stringify(
        events.map(({ kind, stream, key, also, occurredAt }, at) => ({
          at,
          kind,
          stream,
          key,
          also,
          occurredAt,
        })),
      ),
    ],
  );
  const untold = new Set(rows.map((row) => row.at));
  return events.filter((_, at) => untold.has(at));
}
