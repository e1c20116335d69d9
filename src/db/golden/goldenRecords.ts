import type { FieldOrigin } from '../../domain/record';
import type { Queryable } from '../pool';

export interface StoredGolden {
  goldenId: string;
  version: string;
  values: Record<string, string>;
  origins: Record<string, FieldOrigin>;
  leadSource: string;
  state: 'live' | 'archived' | 'empty';
}

export type GoldenInput = Omit<StoredGolden, 'version'>;

/** Loads golden records by id. */
export async function loadGolden(
  db: Queryable,
  portalId: string,
  objectType: string,
  goldenIds: string[],
): Promise<StoredGolden[]> {
  if (goldenIds.length === 0) return [];
  const { rows } = await db.query<StoredGolden>(
    `select golden_id as "goldenId", version, values, origins, lead_source as "leadSource", state
     from golden_records where portal_id = $1 and object_type = $2 and golden_id = any ($3::uuid[])`,
    [portalId, objectType, goldenIds],
  );
  return rows;
}

/** Writes golden records; the version grows with every write. */
export async function saveGolden(
  db: Queryable,
  portalId: string,
  objectType: string,
  records: GoldenInput[],
): Promise<void> {
  if (records.length === 0) return;
  await db.query(
    `insert into golden_records (portal_id, object_type, golden_id, values, origins, lead_source, state)
     select $1, $2, "goldenId", values, origins, "leadSource", state
     from json_to_recordset($3) as input
       ("goldenId" uuid, values jsonb, origins jsonb, "leadSource" text, state text)
     on conflict (portal_id, object_type, golden_id) do update set
       values = excluded.values, origins = excluded.origins, lead_source = excluded.lead_source,
       state = excluded.state, version = golden_records.version + 1, updated_at = now()`,
    [portalId, objectType, JSON.stringify(records)],
  );
}

/** Forgets golden records that lost all members and that no target has; their problems are over. */
export async function deleteGolden(
  db: Queryable,
  portalId: string,
  objectType: string,
  goldenIds: string[],
): Promise<void> {
  if (goldenIds.length === 0) return;
  const scope = [portalId, objectType, goldenIds];
  await db.query(
    `delete from outbox where portal_id = $1 and object_type = $2 and golden_id = any ($3::uuid[])
       and batch_id is null`,
    scope,
  );
  await db.query(
    `delete from golden_associations where portal_id = $1 and batch_id is null
       and ((from_object = $2 and from_golden = any ($3::uuid[])) or (to_object = $2 and to_golden = any ($3::uuid[])))`,
    scope,
  );
  await db.query(
    `update problems set closed_at = now(), closed_by = 'source'
     where portal_id = $1 and object_type = $2 and golden_id = any ($3::uuid[]) and closed_at is null
       and stage in ('deliver', 'associate') and record_key is null`,
    scope,
  );
  await db.query(
    `delete from golden_records where portal_id = $1 and object_type = $2 and golden_id = any ($3::uuid[])`,
    scope,
  );
}
