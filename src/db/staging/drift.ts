import type { Queryable } from '../pool';
import type { StreamRef } from './cursors';

export const driftKinds = ['changed', 'unknown', 'missing', 'returned', 'associations'] as const;
export type DriftKind = (typeof driftKinds)[number];

/** How often a kind of drift was found by a run; `property` as in the table: '' where the kind has none. */
export interface DriftRow {
  objectType: string;
  kind: DriftKind;
  property: string;
  count: number;
}

/**
 * Counts where a page of a list read differs from the known states. Call it before the page is saved, in the same
 * transaction. What a write of ours settled after the read began or a later read stored, or a frozen change of ours explains, is no drift.
 * @param states what the page holds, by record; only properties that were known before can have drifted
 */
export async function countDrift(
  db: Queryable,
  portalId: string,
  runId: string,
  objectType: string,
  states: { recordId: string; kept: Record<string, string | null> }[],
  readBegan: Date,
): Promise<void> {
  if (states.length === 0) return;
  await db.query(
    `with input as materialized (
       select * from json_to_recordset($4) as input ("recordId" text, kept jsonb)),
     frozen as materialized (
       select record_id, golden_id, properties from intents join delivery_batches using (batch_id)
       where intents.portal_id = $1 and intents.object_type = $3 and target = 'hubspot'),
     found as (
       select case when known.record_id is null then 'unknown' when known.archived then 'returned' else 'changed' end
         as kind, coalesce(changed.property, '') as property
       from input
       left join known_states known on known.portal_id = $1 and known.target = 'hubspot'
         and known.object_type = $3 and known.record_id = input."recordId"
       left join lateral (
         select property from jsonb_each_text(input.kept) as read (property, value)
         where not known.archived and known.kept ? property and known.kept ->> property is distinct from value
           and not exists (select from frozen where frozen.record_id = input."recordId"
             and frozen.properties ->> property = coalesce(value, ''))) as changed on true
       where (known.settled_at is null or known.settled_at < $5) and coalesce(known.read_at <= $5, true)
         and case when known.record_id is null
           then not exists (select from frozen where golden_id::text = input.kept ->> 'tributary_id')
           else known.archived or changed.property is not null end)
     insert into drift (portal_id, run_id, object_type, kind, property, count)
     select $1, $2, $3, kind, property, count(*) from found group by kind, property`,
    [portalId, runId, objectType, JSON.stringify(states), readBegan],
  );
}

/** Adds to one count. */
export async function addDrift(db: Queryable, portalId: string, runId: string, row: DriftRow): Promise<void> {
  if (row.count === 0) return;
  await db.query(
    `insert into drift (portal_id, run_id, object_type, kind, property, count) values ($1, $2, $3, $4, $5, $6)`,
    [portalId, runId, row.objectType, row.kind, row.property, row.count],
  );
}

/** More are found by the next audit. */
const missingMax = 50_000;

/**
 * After the last page of a list read: counts the records that it did not have although they were known before the run
 * began, and forgets the keys that it has seen (`noteSeenKeys`).
 * @returns their ids, at most 50,000
 */
export async function takeMissing(
  db: Queryable,
  { portalId, source, stream: objectType }: StreamRef,
  runId: string,
  readNumber: string,
): Promise<string[]> {
  const { rows } = await db.query<{ record_id: string; total: number }>(
    `select known.record_id, (count(*) over ())::int as total from known_states known
     join runs on runs.portal_id = known.portal_id and runs.run_id = $3
     where known.portal_id = $1 and known.target = 'hubspot' and known.object_type = $2 and not known.archived
       and (known.settled_at is null or known.settled_at < runs.started_at) and known.read_at < runs.started_at
       and not exists (select from seen_keys seen where seen.portal_id = $1 and seen.source = $4
         and seen.stream = $2 and seen.read_number = $5 and seen.record_key = known.record_id)
     order by known.record_id limit $6`,
    [portalId, objectType, runId, source, readNumber, missingMax],
  );
  await db.query('delete from seen_keys where portal_id = $1 and source = $2 and stream = $3', [
    portalId,
    source,
    objectType,
  ]);
  await addDrift(db, portalId, runId, {
    ...{ objectType, kind: 'missing', property: '', count: rows[0]?.total ?? 0 },
  });
  return rows.map((row) => row.record_id);
}

/** Objects × properties of a configuration; far above any. */
const rowsMax = 5_000;

/** What a run found to have drifted, most of an object first. */
export async function runDrift(db: Queryable, portalId: string, runId: string): Promise<DriftRow[]> {
  const { rows } = await db.query<DriftRow>(
    `select object_type as "objectType", kind, property, sum(count)::float8 as count from drift
     where portal_id = $1 and run_id = $2 group by 1, 2, 3 order by 1, 4 desc, 2, 3 limit $3`,
    [portalId, runId, rowsMax],
  );
  return rows;
}
