import type { Queryable } from '../pool';

export interface KnownAssociationInput {
  fromId: string;
  toId: string;
  /** 'CATEGORY:typeId' */
  types: string[];
}

/** Associations as a read returns them, as pairs. */
export function associationPairs(
  read: {
    fromId: string;
    to: { toId: string; types: { category: string; typeId: number }[] }[];
  }[],
): KnownAssociationInput[] {
  return read.flatMap(({ fromId, to }) =>
    to.map(({ toId, types }) => ({
      fromId,
      toId,
      types: types.map(({ category, typeId }) => `${category}:${typeId}`),
    })),
  );
}

/**
 * Takes over a complete read of the associations of some records with one object type; what we wrote stays marked. What
 * a write of ours settled after the read began is newer than the read, and stays.
 * @param readBegan when the read's call was sent
 * @returns the pairs that lost a type, or all of them
 */
export async function replaceKnownAssociations(
  db: Queryable,
  portalId: string,
  fromObject: string,
  toObject: string,
  fromIds: string[],
  associations: KnownAssociationInput[],
  readBegan: Date,
): Promise<{ fromId: string; toId: string }[]> {
  const scope = [portalId, fromObject, toObject, fromIds, JSON.stringify(associations), readBegan];
  const mine = `known.portal_id = $1 and known.from_object = $2 and known.to_object = $3
    and known.from_id = any ($4::text[]) and (known.settled_at is null or known.settled_at < $6)`;
  const { rows: lost } = await db.query<{ fromId: string; toId: string }>(
    `select known.from_id as "fromId", known.to_id as "toId" from known_associations known
     left join json_to_recordset($5) as input ("fromId" text, "toId" text, types json)
       on input."fromId" = known.from_id and input."toId" = known.to_id
     where ${mine} and not known.types <@ array(select json_array_elements_text(coalesce(input.types, '[]')))`,
    scope,
  );
  await db.query(
    `delete from known_associations known
     where ${mine} and not exists (select from json_to_recordset($5) as input ("fromId" text, "toId" text)
         where input."fromId" = known.from_id and input."toId" = known.to_id)`,
    scope,
  );
  if (associations.length === 0) return lost;
  await db.query(
    `insert into known_associations (portal_id, from_object, from_id, to_object, to_id, types)
     select $1, $2, "fromId", $3, "toId", array(select json_array_elements_text(types))
     from json_to_recordset($4) as input ("fromId" text, "toId" text, types json)
     on conflict (portal_id, from_object, from_id, to_object, to_id) do update set
       types = excluded.types,
       ours = array(select unnest(known_associations.ours) intersect select unnest(excluded.types))
     where known_associations.settled_at is null or known_associations.settled_at < $5`,
    [portalId, fromObject, toObject, JSON.stringify(associations), readBegan],
  );
  return lost;
}

/** Compares wanted associations with HubSpot again: somebody took away what stood between these records. */
export async function markAssociationsDue(
  db: Queryable,
  portalId: string,
  fromObject: string,
  toObject: string,
  pairs: { fromId: string; toId: string }[],
): Promise<number> {
  if (pairs.length === 0) return 0;
  const { rowCount } = await db.query(
    `update golden_associations held set due = true, parked = false
     from json_to_recordset($4) as pair ("fromId" text, "toId" text)
     join known_states f on f.portal_id = $1 and f.target = 'hubspot' and f.object_type = $2
       and f.record_id = pair."fromId"
     join known_states t on t.portal_id = $1 and t.target = 'hubspot' and t.object_type = $3
       and t.record_id = pair."toId"
     where held.portal_id = $1 and held.from_object = $2 and held.from_golden = f.golden_id
       and held.to_object = $3 and held.to_golden = t.golden_id and held.wanted and held.batch_id is null`,
    [portalId, fromObject, toObject, JSON.stringify(pairs)],
  );
  return rowCount ?? 0;
}
