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

export interface ReplacedAssociations {
  /** The pairs that lost a type, or all of them. */
  lost: { fromId: string; toId: string }[];
  /** Records of which a write of ours settled otherwise since the read began: they have to be read again. */
  stale: string[];
}

/**
 * Takes over a complete read of the associations of some records with one object type; what we wrote stays marked. What
 * a write of ours settled after the read began is newer than the read, and stays; and of a record whose associations
 * were read by a read that began later, nothing is taken over: lists are read beside what people change.
 * @param readBegan when the read's call was sent
 */
export async function replaceKnownAssociations(
  db: Queryable,
  portalId: string,
  fromObject: string,
  toObject: string,
  fromIds: string[],
  associations: KnownAssociationInput[],
  readBegan: Date,
): Promise<ReplacedAssociations> {
  const current = await noteReads(db, portalId, fromObject, toObject, fromIds, readBegan);
  const input = JSON.stringify(associations.filter(({ fromId }) => current.has(fromId)));
  const scope = [portalId, fromObject, toObject, [...current], input, readBegan];
  const ofRecords = `known.portal_id = $1 and known.from_object = $2 and known.to_object = $3
    and known.from_id = any ($4::text[])`;
  const isOlder = '(known.settled_at is null or known.settled_at < $6)';
  const { rows } = await db.query<{ fromId: string; toId: string; isStale: boolean }>(
    `select known.from_id as "fromId", known.to_id as "toId", coalesce(known.settled_at >= $6, false) as "isStale"
     from known_associations known
     left join json_to_recordset($5) as input ("fromId" text, "toId" text, types json)
       on input."fromId" = known.from_id and input."toId" = known.to_id
     cross join lateral (select array(select json_array_elements_text(coalesce(input.types, '[]'))) as types) as read
     where ${ofRecords} and not (known.types <@ read.types and (known.types @> read.types or ${isOlder}))`,
    scope,
  );
  await db.query(
    `delete from known_associations known
     where ${ofRecords} and ${isOlder} and not exists (select from json_to_recordset($5) as input ("fromId" text, "toId" text)
         where input."fromId" = known.from_id and input."toId" = known.to_id)`,
    scope,
  );
  await db.query(
    `insert into known_associations (portal_id, from_object, from_id, to_object, to_id, types)
     select $1, $2, "fromId", $3, "toId", array(select json_array_elements_text(types))
     from json_to_recordset($4) as input ("fromId" text, "toId" text, types json)
     on conflict (portal_id, from_object, from_id, to_object, to_id) do update set
       types = excluded.types,
       ours = array(select unnest(known_associations.ours) intersect select unnest(excluded.types))
     where known_associations.settled_at is null or known_associations.settled_at < $5`,
    [portalId, fromObject, toObject, input, readBegan],
  );
  return {
    lost: rows.filter(({ isStale }) => !isStale).map(({ fromId, toId }) => ({ fromId, toId })),
    stale: [...new Set(rows.flatMap(({ fromId, isStale }) => (isStale ? fromId : [])))],
  };
}

/** @returns the records of which no read that began later is stored; whoever stores one at this moment is waited for */
async function noteReads(
  db: Queryable,
  portalId: string,
  fromObject: string,
  toObject: string,
  fromIds: string[],
  readBegan: Date,
): Promise<Set<string>> {
  const { rows } = await db.query<{ from_id: string }>(
    `insert into association_reads (portal_id, from_object, from_id, to_object, read_at)
     select distinct $1::bigint, $2, from_id, $3, $5::timestamptz from unnest($4::text[]) as read (from_id) order by 3
     on conflict (portal_id, from_object, from_id, to_object) do update set read_at = excluded.read_at
       where association_reads.read_at <= excluded.read_at
     returning from_id`,
    [portalId, fromObject, toObject, fromIds, readBegan],
  );
  return new Set(rows.map((row) => row.from_id));
}

/** Which records of one type are known to be associated with these of another. */
export async function knownPartners(
  db: Queryable,
  portalId: string,
  fromObject: string,
  toObject: string,
  toIds: string[],
): Promise<{ fromId: string; toId: string }[]> {
  const { rows } = await db.query<{ fromId: string; toId: string }>(
    `select from_id as "fromId", to_id as "toId" from known_associations
     where portal_id = $1 and from_object = $2 and to_object = $3 and to_id = any ($4::text[])`,
    [portalId, fromObject, toObject, toIds],
  );
  return rows;
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
