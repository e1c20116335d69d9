import type { Queryable } from '../pool';

export interface ErasureFact {
  objectType: string;
  /** Source records that were deleted. */
  records: number;
  keyId: string;
  /** The first is that of the HubSpot record: the same person told again is known by it. */
  hashes: string[];
}

/** Records that somebody was erased. Told again of the same person, it adds only what is new. */
export async function recordErasure(db: Queryable, portalId: string, fact: ErasureFact): Promise<void> {
  const { rows: known } = await db.query<{ erasure_id: string }>(
    'select erasure_id from erased_keys where portal_id = $1 and key_hash = $2',
    [portalId, fact.hashes[0]],
  );
  const { rows } = await db.query<{ erasure_id: string }>(
    known.length > 0
      ? `update erasures set records = records + $3 where portal_id = $1 and erasure_id = $4 and object_type = $2
         returning erasure_id`
      : `insert into erasures (portal_id, object_type, records) select $1, $2, $3 where $4::bigint is null
         returning erasure_id`,
    [portalId, fact.objectType, fact.records, known[0]?.erasure_id ?? null],
  );
  await db.query(
    `insert into erased_keys (portal_id, key_hash, key_id, erasure_id)
     select $1, unnest($2::text[]), $3, $4 on conflict do nothing`,
    [portalId, fact.hashes, fact.keyId, rows[0]?.erasure_id ?? known[0]?.erasure_id],
  );
}

/** Remembers more of what erased people are known by. */
export async function addErasedKeys(
  db: Queryable,
  portalId: string,
  keyId: string,
  keys: { erasureId: string; hash: string }[],
): Promise<void> {
  await db.query(
    `insert into erased_keys (portal_id, key_hash, key_id, erasure_id)
     select $1, hash, $2, "erasureId" from json_to_recordset($3) as input (hash text, "erasureId" bigint)
     on conflict do nothing`,
    [portalId, keyId, JSON.stringify(keys)],
  );
}

/** Counts records of erased people that were kept out, by erasure. */
export async function countDropped(db: Queryable, portalId: string, erasureIds: string[]): Promise<void> {
  if (erasureIds.length === 0) return;
  await db.query(
    `update erasures set dropped = dropped + told.count, last_dropped_at = now()
     from (select erasure_id, count(*) from unnest($2::bigint[]) as one (erasure_id) group by 1 order by 1) as told
     where portal_id = $1 and erasures.erasure_id = told.erasure_id`,
    [portalId, erasureIds],
  );
}

export interface Erasure {
  erasureId: string;
  objectType: string;
  toldBy: string;
  erasedAt: Date;
  records: number;
  /** Source records kept out since, and when last. */
  dropped: number;
  lastDroppedAt: Date | null;
  liftedAt: Date | null;
  liftedBy: string | null;
  note: string | null;
}

/** Erasures, newest first; none says whose. @param ids only these */
export async function listErasures(
  db: Queryable,
  portalId: string,
  limit: number,
  ids?: string[],
): Promise<Erasure[]> {
  const { rows } = await db.query<Erasure>(
    `select erasure_id as "erasureId", object_type as "objectType", told_by as "toldBy", erased_at as "erasedAt", records,
       dropped::int, last_dropped_at as "lastDroppedAt", lifted_at as "liftedAt", lifted_by as "liftedBy", note
     from erasures where portal_id = $1 and ($3::bigint[] is null or erasure_id = any ($3::bigint[]))
     order by erasure_id desc limit $2`,
    [portalId, limit, ids ?? null],
  );
  return rows;
}

/**
 * Lifts an erasure: its hashes are forgotten, so that sources may bring the person back; who did it and why is kept.
 * @returns false when there is no such erasure, or it was lifted before
 */
export async function liftErasure(
  db: Queryable,
  portalId: string,
  erasureId: string,
  { who, note }: { who: string; note: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `with lifted as (
       update erasures set lifted_at = now(), lifted_by = $3, note = $4
       where portal_id = $1 and erasure_id = $2 and lifted_at is null returning erasure_id),
     forgotten as (
       delete from erased_keys where portal_id = $1 and erasure_id in (select erasure_id from lifted))
     select from lifted`,
    [portalId, erasureId, who, note],
  );
  return rowCount === 1;
}
