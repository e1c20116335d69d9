import type { DueGolden } from '../../domain/delivery/decideDelivery';
import { servedLabels } from '../golden/primaryAssociations';
import type { Queryable } from '../pool';

/** A due golden record beside what HubSpot is known to hold of it, for looking only. */
export interface PlanCandidate extends DueGolden {
  goldenId: string;
  leadSource: string;
  /** HubSpot had it before we ever wrote to it. */
  adopted: boolean;
}

/** What lies before every record and can be taken as the first `after`. */
export const firstGolden = '00000000-0000-0000-0000-000000000000';

/**
 * One page of what delivery would look at next: due marks that are neither in flight nor parked, by golden id.
 * In: the last golden id of the page before. Takes no claim and changes nothing.
 */
export async function planPage(
  db: Queryable,
  portalId: string,
  objectType: string,
  after: string,
  limit: number,
): Promise<PlanCandidate[]> {
  const { rows } = await db.query<PlanCandidate>(
    `select o.golden_id as "goldenId", o.lead_source as "leadSource", g.state, g.values,
       k.record_id as "recordId", k.kept, k.sent, k.archived, k.merged_into as "mergedInto",
       k.record_id is not null and not exists (select from deliveries d where d.portal_id = o.portal_id
         and d.target = 'hubspot' and d.object_type = o.object_type and d.golden_id = o.golden_id) as adopted
     from outbox o
     join golden_records g on g.portal_id = o.portal_id and g.object_type = o.object_type
       and g.golden_id = o.golden_id
     left join known_states k on k.portal_id = o.portal_id and k.target = o.target
       and k.object_type = o.object_type and k.golden_id = o.golden_id
     where o.portal_id = $1 and o.target = 'hubspot' and o.object_type = $2 and o.golden_id > $3::uuid
       and o.batch_id is null and not o.parked
     order by o.golden_id limit $4`,
    [portalId, objectType, after, limit],
  );
  return rows;
}

/**
 * How many HubSpot records are linked to records of the sources and were never written by us: adopted.
 * Records that only HubSpot has are none.
 */
export async function countAdopted(db: Queryable, portalId: string, objectType: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::float8 as count from known_states k
     join golden_records g on g.portal_id = k.portal_id and g.object_type = k.object_type
       and g.golden_id = k.golden_id and g.lead_source <> 'hubspot'
     where k.portal_id = $1 and k.target = 'hubspot' and k.object_type = $2 and not k.archived
       and not exists (select from deliveries d where d.portal_id = k.portal_id
         and d.target = 'hubspot' and d.object_type = k.object_type and d.golden_id = k.golden_id)`,
    [portalId, objectType],
  );
  return rows[0]!.count;
}

/** A due association of which both ends are in HubSpot or on their way there. */
export interface PlanAssociation {
  fromGolden: string;
  toGolden: string;
  labels: string[];
  wanted: boolean;
  types: string[];
  ours: string[];
}

/** The pairs of objects that have due associations. */
export async function planPairs(
  db: Queryable,
  portalId: string,
): Promise<{ fromObject: string; toObject: string }[]> {
  const { rows } = await db.query<{ fromObject: string; toObject: string }>(
    `select distinct from_object as "fromObject", to_object as "toObject" from golden_associations
     where portal_id = $1 and due and batch_id is null and not parked order by 1, 2 limit 1000`,
    [portalId],
  );
  return rows;
}

/** One page of due associations between two objects, by their golden ids. Changes nothing. */
export async function planAssociationsPage(
  db: Queryable,
  portalId: string,
  { fromObject, toObject }: { fromObject: string; toObject: string },
  after: { fromGolden: string; toGolden: string },
  limit: number,
): Promise<PlanAssociation[]> {
  const { rows } = await db.query<PlanAssociation>(
    `select a.from_golden as "fromGolden", a.to_golden as "toGolden", ${servedLabels('a')} as labels, a.wanted,
       coalesce(k.types, '{}') as types, coalesce(k.ours, '{}') as ours
     from golden_associations a
     left join known_states f on f.portal_id = a.portal_id and f.target = 'hubspot' and f.object_type = a.from_object
       and f.golden_id = a.from_golden and not f.archived
     left join known_states t on t.portal_id = a.portal_id and t.target = 'hubspot' and t.object_type = a.to_object
       and t.golden_id = a.to_golden and not t.archived
     left join outbox fo on fo.portal_id = a.portal_id and fo.target = 'hubspot' and fo.object_type = a.from_object
       and fo.golden_id = a.from_golden and not fo.parked
     left join outbox tg on tg.portal_id = a.portal_id and tg.target = 'hubspot' and tg.object_type = a.to_object
       and tg.golden_id = a.to_golden and not tg.parked
     left join known_associations k on k.portal_id = a.portal_id and k.from_object = a.from_object
       and k.from_id = f.record_id and k.to_object = a.to_object and k.to_id = t.record_id
     where a.portal_id = $1 and a.from_object = $2 and a.to_object = $3 and a.due and a.batch_id is null
       and not a.parked and (a.from_golden, a.to_golden) > ($4::uuid, $5::uuid)
       and (f.record_id is not null or fo.golden_id is not null)
       and (t.record_id is not null or tg.golden_id is not null)
     order by a.from_golden, a.to_golden limit $6`,
    [portalId, fromObject, toObject, after.fromGolden, after.toGolden, limit],
  );
  return rows;
}

/** What HubSpot grants, by bucket: calls per window. */
export async function quotaLimits(
  db: Queryable,
  portalId: string,
): Promise<{ bucket: string; callsMax: number; windowMs: number }[]> {
  const { rows } = await db.query<{ bucket: string; callsMax: number; windowMs: number }>(
    `select bucket, calls_max as "callsMax", window_ms as "windowMs" from quota_buckets
     where portal_id = $1 order by bucket`,
    [portalId],
  );
  return rows;
}
