import type { ReferenceData } from '../../domain/rules';
import type { Queryable } from '../pool';

/** A property as the portal defines it: what checks and mapping need of it. */
export interface PortalProperty {
  name: string;
  type: string;
  fieldType: string;
  options: { label: string; value: string }[];
}

/** An association type of the portal, in one direction. */
export interface PortalLabel {
  toObject: string;
  category: string;
  typeId: number;
  label: string | null;
}

export interface PortalReference {
  properties: PortalProperty[];
  owners: Record<string, string>;
  pipelines: ReferenceData['pipelines'];
  labels: PortalLabel[];
  /** The id by which webhooks name the object type (`2-123`); absent where the portal does not tell. */
  typeId?: string;
}

/**
 * Replaces what is cached of a portal's own definitions for one object type. Where they changed, records whose owner,
 * option, stage or label could not be found are due again. @returns how many
 */
export async function saveReferenceData(
  db: Queryable,
  portalId: string,
  objectType: string,
  reference: PortalReference,
): Promise<number> {
  const { rows } = await db.query<{ kind: string }>(
    `insert into reference_data (portal_id, object_type, kind, body)
     select $1, $2, kind, body from json_to_recordset($3) as input (kind text, body jsonb)
     on conflict (portal_id, object_type, kind) do update set body = excluded.body, read_at = now()
     where reference_data.body <> excluded.body
     returning kind`,
    [
      portalId,
      objectType,
      JSON.stringify(Object.entries(reference).map(([kind, body]) => ({ kind, body: body as unknown }))),
    ],
  );
  if (rows.length === 0) return 0;
  const { rowCount } = await db.query(
    `update staged_records staged set due_at = now()
     where portal_id = $1 and object_type = $2 and due_at is null and (source, stream, record_key) in (
       select source, stream, record_key from problems
       where portal_id = $1 and object_type = $2 and stage = 'consolidate' and kind = 'unresolvedReference'
         and closed_at is null)`,
    [portalId, objectType],
  );
  return rowCount ?? 0;
}

/** What is cached of a portal for one object type; null when it was never read. */
export async function loadPortalReference(
  db: Queryable,
  portalId: string,
  objectType: string,
): Promise<PortalReference | null> {
  const { rows } = await db.query<{ kind: keyof PortalReference; body: never }>(
    'select kind, body from reference_data where portal_id = $1 and object_type = $2',
    [portalId, objectType],
  );
  if (rows.length === 0) return null;
  const reference: PortalReference = { properties: [], owners: {}, pipelines: [], labels: [] };
  for (const { kind, body } of rows) reference[kind] = body;
  return reference;
}

/** The object types whose definitions were read from this portal. */
export async function definedObjects(db: Queryable, portalId: string): Promise<Set<string>> {
  const { rows } = await db.query<{ object_type: string }>(
    'select distinct object_type from reference_data where portal_id = $1',
    [portalId],
  );
  return new Set(rows.map((row) => row.object_type));
}

/** The ids by which HubSpot names object types of ours, as far as this portal told them: by object type. */
export async function definedTypeIds(db: Queryable, portalId: string): Promise<Map<string, string>> {
  const { rows } = await db.query<{ objectType: string; typeId: string }>(
    `select object_type as "objectType", body #>> '{}' as "typeId" from reference_data
     where portal_id = $1 and kind = 'typeId'`,
    [portalId],
  );
  return new Map(rows.map(({ objectType, typeId }) => [objectType, typeId]));
}

/** The reference data as the pure core's transforms want it. */
export function asReferenceData(reference: PortalReference): ReferenceData {
  return {
    options: Object.fromEntries(
      reference.properties
        .filter(({ options }) => options.length > 0)
        .map(({ name, options }) => [name, options]),
    ),
    ownersByEmail: reference.owners,
    pipelines: reference.pipelines,
  };
}
