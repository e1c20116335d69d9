import type { Queryable } from './pool';

export interface KnownAssociationInput {
  fromId: string;
  toId: string;
  /** 'CATEGORY:typeId' */
  types: string[];
}

/** Takes over a complete read of the associations of some records with one object type; what we wrote stays marked. */
export async function replaceKnownAssociations(
  db: Queryable,
  portalId: string,
  fromObject: string,
  toObject: string,
  fromIds: string[],
  associations: KnownAssociationInput[],
): Promise<void> {
  const input = JSON.stringify(associations);
  await db.query(
    `delete from known_associations known
     where portal_id = $1 and from_object = $2 and to_object = $3 and from_id = any ($4::text[])
       and not exists (select from json_to_recordset($5) as input ("fromId" text, "toId" text)
         where input."fromId" = known.from_id and input."toId" = known.to_id)`,
    [portalId, fromObject, toObject, fromIds, input],
  );
  if (associations.length === 0) return;
  await db.query(
    `insert into known_associations (portal_id, from_object, from_id, to_object, to_id, types)
     select $1, $2, "fromId", $3, "toId", array(select json_array_elements_text(types))
     from json_to_recordset($4) as input ("fromId" text, "toId" text, types json)
     on conflict (portal_id, from_object, from_id, to_object, to_id) do update set
       types = excluded.types,
       ours = array(select unnest(known_associations.ours) intersect select unnest(excluded.types))`,
    [portalId, fromObject, toObject, input],
  );
}
