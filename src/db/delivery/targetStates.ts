import type { KnownValues } from '../../domain/delivery/diffState';
import type { Queryable } from '../pool';

/** A record of a source that takes write-backs; `target` is the source's name. */
export interface TargetRecordRef {
  target: string;
  recordId: string;
}

export interface TargetRead extends TargetRecordRef {
  stream: string;
  /** When the read of the record began, as Postgres writes it. */
  readAt: string;
}

/** What was known when a record was read once more. */
export interface LockedState extends KnownValues {
  /** The read is newer than our last write. */
  isNewer: boolean;
  /** What is on its way there: it may have arrived. */
  unsettled: Record<string, string>[];
}

/** One text per record of a target. */
export function targetKey({ target, recordId }: TargetRecordRef): string {
  return `${target}\u0000${recordId}`;
}

/**
 * What targets are known to hold of these records, locked against their settlement until the transaction ends.
 * @returns by `targetKey`
 */
export async function lockTargetStates(
  db: Queryable,
  portalId: string,
  objectType: string,
  reads: TargetRead[],
): Promise<Map<string, LockedState>> {
  if (reads.length === 0) return new Map();
  const { rows } = await db.query<TargetRecordRef & LockedState>(
    // By the record, not by its golden record: it may have become another one's since that was sent.
    `with flying as materialized (
       select target, record_id, jsonb_agg(properties) as unsettled from intents join delivery_batches using (batch_id)
       where intents.portal_id = $1 and intents.object_type = $2 and target <> 'hubspot' group by target, record_id)
     select k.target, k.record_id as "recordId", k.kept, k.sent,
       coalesce(k.settled_at < read."readAt", true) as "isNewer", coalesce(flying.unsettled, '[]') as unsettled
     from json_to_recordset($3) as read (target text, "recordId" text, "readAt" timestamptz)
     join known_states k on k.portal_id = $1 and k.target = read.target and k.object_type = $2
       and k.record_id = read."recordId"
     left join flying on flying.target = k.target and flying.record_id = k.record_id
     order by k.target, k.record_id for update of k`,
    [portalId, objectType, JSON.stringify(reads)],
  );
  return new Map(rows.map(({ target, recordId, ...state }) => [targetKey({ target, recordId }), state]));
}

/** What targets are known to hold of these records, by `targetKey`. */
export async function loadTargetStates(
  db: Queryable,
  portalId: string,
  objectType: string,
  records: TargetRecordRef[],
): Promise<Map<string, KnownValues>> {
  if (records.length === 0) return new Map();
  const { rows } = await db.query<TargetRecordRef & KnownValues>(
    `select k.target, k.record_id as "recordId", k.kept, k.sent
     from json_to_recordset($3) as wanted (target text, "recordId" text)
     join known_states k on k.portal_id = $1 and k.target = wanted.target and k.object_type = $2
       and k.record_id = wanted."recordId"`,
    [portalId, objectType, JSON.stringify(records.map(({ target, recordId }) => ({ target, recordId })))],
  );
  return new Map(rows.map(({ target, recordId, ...state }) => [targetKey({ target, recordId }), state]));
}

/** Stores what reads told. Pass only states that were locked, or are new. */
export async function saveTargetReads(
  db: Queryable,
  portalId: string,
  objectType: string,
  states: (TargetRecordRef & KnownValues)[],
): Promise<void> {
  if (states.length === 0) return;
  await db.query(
    `insert into known_states (portal_id, target, object_type, record_id, kept, sent)
     select $1, target, $2, "recordId", kept, sent
     from json_to_recordset($3) as input (target text, "recordId" text, kept jsonb, sent jsonb)
     order by target, "recordId"
     on conflict (portal_id, target, object_type, record_id) do update set
       kept = excluded.kept, sent = excluded.sent, read_at = excluded.read_at
     where known_states.kept <> excluded.kept or known_states.sent <> excluded.sent`,
    [portalId, objectType, JSON.stringify(states)],
  );
}

/** Forgets what targets held of records that are gone there. */
export async function dropTargetStates(
  db: Queryable,
  portalId: string,
  objectType: string,
  records: TargetRecordRef[],
): Promise<void> {
  if (records.length === 0) return;
  await db.query(
    `delete from known_states k using json_to_recordset($3) as gone (target text, "recordId" text)
     where k.portal_id = $1 and k.target = gone.target and k.object_type = $2 and k.record_id = gone."recordId"`,
    [portalId, objectType, JSON.stringify(records.map(({ target, recordId }) => ({ target, recordId })))],
  );
}
