import type { JsonObject, RecordRef } from '../../domain/record';
import type { StreamRef } from './cursors';
import type { Queryable } from '../pool';

/** A staged record that waits to be consolidated. */
export interface DueRecord extends RecordRef {
  payload: JsonObject;
  payloadHash: string;
  changedAt: string | null;
  stagedAt: string;
  /** When the read began that brought it, as Postgres writes it. */
  readAt: string;
  gone: 'withdraw' | 'archive' | null;
  runId: string | null;
  lane: number;
  /** When it became due, as Postgres writes it: to clear exactly this mark. */
  dueAt: string;
  /** Milliseconds since then. */
  waitedMs: number;
}

/**
 * The most urgent due records of an object type, at most `limit`. What is realtime comes alone: a slice of few records
 * takes milliseconds, and nobody waits for what would fill it. They are of one run at most (and of none): what comes of
 * a slice is marked for its run, which waits for it.
 */
export async function selectDue(
  db: Queryable,
  portalId: string,
  objectType: string,
  limit: number,
): Promise<DueRecord[]> {
  const { rows } = await db.query<DueRecord>(
    `select source, stream, record_key as key, payload, payload_hash as "payloadHash",
       to_char(changed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "changedAt",
       to_char(staged_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "stagedAt",
       read_at::text as "readAt",
       case when gone_at is not null then gone_action end as gone, run_id as "runId", lane, due_at::text as "dueAt",
       (extract(epoch from clock_timestamp() - due_at) * 1000)::float8 as "waitedMs"
     from staged_records
     where portal_id = $1 and object_type = $2 and due_at is not null
       and (lane = 0 or not exists (select from staged_records urgent
         where urgent.portal_id = $1 and urgent.object_type = $2 and urgent.due_at is not null and urgent.lane = 0))
     order by lane, due_at limit $3`,
    [portalId, objectType, limit],
  );
  const first = rows.find(({ runId }) => runId !== null)?.runId;
  return rows.filter(({ runId }) => runId === null || runId === first);
}

/** Those of these records that are still due by the very mark that was read: who stalled meanwhile holds old payloads. */
export async function stillDue(db: Queryable, portalId: string, records: DueRecord[]): Promise<DueRecord[]> {
  const { rows } = await db.query<{ place: number }>(
    `select place::int from rows from (
       json_to_recordset($2) as (source text, stream text, key text, "dueAt" timestamptz)
     ) with ordinality as due (source, stream, key, due_at, place)
     join staged_records staged on staged.portal_id = $1 and staged.source = due.source
       and staged.stream = due.stream and staged.record_key = due.key and staged.due_at = due.due_at
     order by place`,
    [portalId, JSON.stringify(records.map(markOf))],
  );
  return rows.map(({ place }) => records[place - 1]!);
}

/** Whether an object type has any record to consolidate. */
export async function isAnyDue(db: Queryable, portalId: string, objectType: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'select from staged_records where portal_id = $1 and object_type = $2 and due_at is not null limit 1',
    [portalId, objectType],
  );
  return rowCount === 1;
}

/** Clears the due marks that were read; a record staged again meanwhile keeps its newer mark. */
export async function clearDue(db: Queryable, portalId: string, records: DueRecord[]): Promise<void> {
  await db.query(
    `update staged_records staged set due_at = null, lane = 2
     from json_to_recordset($2) as done (source text, stream text, key text, "dueAt" timestamptz)
     where staged.portal_id = $1 and staged.source = done.source and staged.stream = done.stream
       and staged.record_key = done.key and staged.due_at = done."dueAt"`,
    [portalId, JSON.stringify(records.map(markOf))],
  );
}

function markOf({ source, stream, key, dueAt }: DueRecord) {
  return { source, stream, key, dueAt };
}

/**
 * Makes records due whose payload may be the one that was staged before, although their system holds something else
 * since: HubSpot's after a write of ours that somebody took back. @returns how many were not due before
 */
export async function markRecordsDue(
  db: Queryable,
  { portalId, source, stream }: StreamRef,
  keys: string[],
  { runId, lane }: { runId: string | null; lane: number },
): Promise<number> {
  if (keys.length === 0) return 0;
  const { rowCount } = await db.query(
    `update staged_records set due_at = now(), run_id = $5, lane = least(lane, $6)
     where portal_id = $1 and source = $2 and stream = $3 and record_key = any ($4::text[]) and due_at is null`,
    [portalId, source, stream, keys, runId, lane],
  );
  return rowCount ?? 0;
}

/** All of a million records take 20 s, more where disks are slow: the longest that one statement may have. */
const objectDueTimeout = '4min';

/**
 * Makes every record of an object type due again for a run that will wait for it: its configuration changed. Call in a
 * transaction. @returns how many rows became due
 */
export async function markObjectDue(
  db: Queryable,
  portalId: string,
  objectType: string,
  runId: string,
): Promise<number> {
  await db.query(`set local statement_timeout = '${objectDueTimeout}'`);
  const { rowCount } = await db.query(
    `update staged_records set due_at = now(), run_id = $3
     where portal_id = $1 and object_type = $2 and due_at is null`,
    [portalId, objectType, runId],
  );
  return rowCount ?? 0;
}

/** Stores due records without something that nobody may know any more. Their hash stays: read again, they are no news. */
export async function saveCleanPayloads(
  db: Queryable,
  portalId: string,
  records: DueRecord[],
): Promise<void> {
  if (records.length === 0) return;
  await db.query(
    `update staged_records staged set payload = clean.payload
     from json_to_recordset($2) as clean (source text, stream text, key text, "dueAt" timestamptz, payload jsonb)
     where staged.portal_id = $1 and staged.source = clean.source and staged.stream = clean.stream
       and staged.record_key = clean.key and staged.due_at = clean."dueAt"`,
    [portalId, JSON.stringify(records.map((record) => ({ ...markOf(record), payload: record.payload })))],
  );
}
