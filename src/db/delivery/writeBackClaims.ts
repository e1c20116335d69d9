import type { FieldOrigin } from '../../domain/record';
import { holdMarks } from './claims';
import type { Queryable } from '../pool';

/** A golden record that is due for a source, beside one of its records there. */
export interface WriteBackCandidate {
  goldenId: string;
  lane: number;
  runId: string | null;
  version: string;
  state: 'live' | 'archived' | 'empty' | 'gone';
  values: Record<string, string>;
  origins: Record<string, FieldOrigin>;
  /** Null where the golden record has no record there (any more), or none that was read. */
  recordId: string | null;
  kept: Record<string, string | null> | null;
  sent: Record<string, string> | null;
}

/** What a claim of a target looks at. */
export interface TargetScope {
  portalId: string;
  /** The source's name. */
  target: string;
  objectType: string;
  stream: string;
}

/**
 * Golden records due for a target that are neither in flight nor parked, most urgent first, with each of their records
 * there; at most `limit` golden records.
 * @param laneMax the least urgent lane that is looked at
 */
export async function selectWriteBacks(
  db: Queryable,
  { portalId, target, objectType, stream }: TargetScope,
  laneMax: number,
  limit: number,
): Promise<WriteBackCandidate[]> {
  const goldenIds = await holdMarks(db, { portalId, target, objectType }, 0, laneMax, limit);
  if (goldenIds.length === 0) return [];
  const { rows } = await db.query<WriteBackCandidate>(
    `select due.golden_id as "goldenId", due.lane, due.run_id as "runId", coalesce(g.version, 0) as version,
       coalesce(g.state, 'gone') as state, coalesce(g.values, '{}') as values, coalesce(g.origins, '{}') as origins,
       k.record_id as "recordId", k.kept, k.sent
     from outbox due
     left join golden_records g on g.portal_id = $1 and g.object_type = $3 and g.golden_id = due.golden_id
     left join mapped_records m on m.portal_id = $1 and m.golden_id = due.golden_id and m.source = $2
       and m.stream = $4
     left join known_states k on k.portal_id = $1 and k.target = $2 and k.object_type = $3
       and k.record_id = m.record_key
     where due.portal_id = $1 and due.target = $2 and due.object_type = $3 and due.golden_id = any ($5::uuid[])
     order by due.lane, due.due_at, due.golden_id, k.record_id`,
    [portalId, target, objectType, stream, goldenIds],
  );
  return rows;
}

/**
 * Forgets marks and batches of targets, or of their object types, that take no write-backs any more. What somebody is
 * sending just now is left to the next time. When such a target is configured again, all its records are compared anew.
 * @param targets those that do
 */
export async function dropForeignMarks(
  db: Queryable,
  portalId: string,
  targets: { target: string; objectType: string }[],
): Promise<void> {
  const isForeign = `target <> 'hubspot' and (target, object_type) not in (select * from unnest($2::text[], $3::text[]))`;
  await db.query(
    `with ended as (
       delete from delivery_batches where portal_id = $1 and ${isForeign}
         and coalesce(expires_at, '-infinity') < now()
       returning batch_id)
     delete from outbox where portal_id = $1 and ${isForeign}
       and (batch_id is null or batch_id in (select batch_id from ended))`,
    [portalId, targets.map(({ target }) => target), targets.map(({ objectType }) => objectType)],
  );
}
