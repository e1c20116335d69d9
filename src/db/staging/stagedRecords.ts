import { clockSkewMs } from '../../domain/values/instants';
import type { JsonObject, RecordRef } from '../../domain/record';
import type { StreamRef } from './cursors';
import type { Queryable } from '../pool';

export interface StagedInput {
  key: string;
  payload: JsonObject;
  payloadHash: string;
  changedAt: string | null;
  /** When its system told it, where that was not by the read of a page. */
  toldAt?: string | undefined;
}

export interface StagingOptions {
  runId: string | null;
  lane: number;
  alwaysDue?: boolean;
  /** When the read of the page began; now, where nobody says. */
  readBegan?: Date;
  /**
   * They may come late: what is older than the record that is staged, by their source's own time, is left out (unless
   * that lies ahead of ours).
   */
  mayBeLate?: boolean;
}

/**
 * Stages a page: a record whose payload hash differs from its latest row (or that had gone) becomes due; an equal one
 * changes nothing, and so does one that was read before the latest row was, unless its source's own time says that it is
 * newer: a record is pushed while its page is read. A due record that a run waits for stays that run's when no run stages
 * it again; another run takes it over. @returns how many rows became due
 */
export async function stageRecords(
  db: Queryable,
  { portalId, source, stream }: StreamRef,
  objectType: string,
  records: StagedInput[],
  { runId, lane, alwaysDue, readBegan, mayBeLate }: StagingOptions,
): Promise<number> {
  if (records.length === 0) return 0;
  const { rowCount } = await db.query(
    `insert into staged_records
       (portal_id, source, stream, record_key, object_type, payload, payload_hash, changed_at, run_id, lane, due_at,
        read_at)
     select $1, $2, $3, key, $4, payload, "payloadHash", "changedAt", $6, $7, now(), coalesce("toldAt", $9, now())
     from json_to_recordset($5) as page (key text, payload jsonb, "payloadHash" text, "changedAt" timestamptz,
       "toldAt" timestamptz)
     on conflict (portal_id, source, stream, record_key) do update set
       payload = excluded.payload, payload_hash = excluded.payload_hash, changed_at = excluded.changed_at,
       staged_at = now(), read_at = excluded.read_at, gone_at = null, gone_action = null,
       run_id = case when staged_records.due_at is null then excluded.run_id
         else coalesce(excluded.run_id, staged_records.run_id) end,
       due_at = now(), lane = least(excluded.lane, staged_records.lane)
     where (staged_records.payload_hash <> excluded.payload_hash or staged_records.gone_at is not null or $8)
       and not ($10 and coalesce(staged_records.changed_at > excluded.changed_at
         and staged_records.changed_at < now() + interval '${clockSkewMs} milliseconds', false))
       and not (($10 or $9::timestamptz is not null) and staged_records.read_at > excluded.read_at
         and not coalesce(excluded.changed_at > staged_records.changed_at, false))`,
    [
      ...[portalId, source, stream, objectType, JSON.stringify(records), runId, lane, alwaysDue ?? false],
      readBegan ?? null,
      mayBeLate ?? false,
    ],
  );
  return rowCount ?? 0;
}

/** Notes which keys a full read has seen, page by page. */
export async function noteSeenKeys(
  db: Queryable,
  { portalId, source, stream }: StreamRef,
  readNumber: string,
  keys: string[],
): Promise<void> {
  await db.query(
    `insert into seen_keys (portal_id, source, stream, read_number, record_key)
     select $1, $2, $3, $4, unnest($5::text[]) on conflict do nothing`,
    [portalId, source, stream, readNumber, keys],
  );
}

/**
 * After a complete full read: what the stream no longer holds becomes gone and due, unless that is more than
 * `maxGonePercent` of it, which only a person may confirm.
 */
export async function markGone(
  db: Queryable,
  { portalId, source, stream }: StreamRef,
  readNumber: string,
  action: 'withdraw' | 'archive',
  maxGonePercent: number,
  runId: string,
): Promise<{ gone: number; refused: boolean }> {
  const scope = [portalId, source, stream];
  // What was told while the read went on may stand on a page that it had passed.
  const isOld = `staged.read_at < coalesce((select started_at from runs where portal_id = $1 and run_id = $5), now())`;
  const { rows } = await db.query<{ total: string; missing: string }>(
    `select count(*) as total, count(*) filter (where seen.record_key is null and ${isOld}) as missing
     from staged_records staged left join seen_keys seen
       on seen.portal_id = staged.portal_id and seen.source = staged.source and seen.stream = staged.stream
       and seen.read_number = $4 and seen.record_key = staged.record_key
     where staged.portal_id = $1 and staged.source = $2 and staged.stream = $3 and staged.gone_at is null`,
    [...scope, readNumber, runId],
  );
  const total = Number(rows[0]!.total);
  const missing = Number(rows[0]!.missing);
  const refused = missing > 0 && missing * 100 > total * maxGonePercent;
  if (missing > 0 && !refused) {
    await db.query(
      `update staged_records staged set gone_at = now(), gone_action = $6, due_at = now(), run_id = $5
       where portal_id = $1 and source = $2 and stream = $3 and gone_at is null and ${isOld} and not exists (
         select from seen_keys seen where seen.portal_id = $1 and seen.source = $2 and seen.stream = $3
           and seen.read_number = $4 and seen.record_key = staged.record_key)`,
      [...scope, readNumber, runId, action],
    );
  }
  await db.query('delete from seen_keys where portal_id = $1 and source = $2 and stream = $3', scope);
  return { gone: refused ? 0 : missing, refused };
}

/** What is known to be gone, record by record. @returns how many rows became due */
export async function markKeysGone(
  db: Queryable,
  { portalId, source, stream }: StreamRef,
  keys: string[],
  action: 'withdraw' | 'archive',
  lane: number,
): Promise<number> {
  if (keys.length === 0) return 0;
  const { rowCount } = await db.query(
    `update staged_records set gone_at = now(), gone_action = $5, due_at = now(), lane = least(lane, $6)
     where portal_id = $1 and source = $2 and stream = $3 and record_key = any ($4::text[]) and gone_at is null`,
    [portalId, source, stream, keys, action, lane],
  );
  return rowCount ?? 0;
}

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

export interface FedObject {
  source: string;
  stream: string;
  objectType: string;
}

/** Those of these streams whose records were staged as another object: they would stay that. Looks at one record each. */
export async function movedStreams(
  db: Queryable,
  portalId: string,
  streams: FedObject[],
): Promise<(FedObject & { before: string })[]> {
  const { rows } = await db.query<FedObject & { before: string }>(
    `select source, stream, "objectType", before
     from json_to_recordset($2) as input (source text, stream text, "objectType" text)
     cross join lateral (select object_type as before from staged_records staged
       where staged.portal_id = $1 and staged.source = input.source and staged.stream = input.stream limit 1) as staged
     where before <> "objectType" order by source, stream`,
    [portalId, JSON.stringify(streams)],
  );
  return rows;
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
