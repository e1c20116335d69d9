import { servedLabels } from '../golden/primaryAssociations';
import type { Queryable } from '../pool';

export interface AssociationCandidate {
  fromGolden: string;
  toGolden: string;
  fromId: string;
  toId: string;
  labels: string[];
  wanted: boolean;
  /** What HubSpot has on the pair, and which of it we wrote. */
  types: string[];
  ours: string[];
  runId: string | null;
  leadSource: string;
}

/** A change to be made: `types` is what is sent, `ours` what of the pair is ours when it is done. */
export type AssociationIntent = Omit<AssociationCandidate, 'labels' | 'wanted'>;

/** Pairs of these objects that have due associations and no records of either object still on their way to HubSpot. */
export async function settledPairs(
  db: Queryable,
  portalId: string,
  objectTypes: string[],
): Promise<{ fromObject: string; toObject: string }[]> {
  const { rows } = await db.query<{ fromObject: string; toObject: string }>(
    `select from_object as "fromObject", to_object as "toObject" from (
       select distinct from_object, to_object from golden_associations
       where portal_id = $1 and due and batch_id is null and not parked) as pair
     where from_object = any ($2::text[]) and to_object = any ($2::text[]) and not exists (select from outbox where portal_id = $1 and target = 'hubspot'
       and object_type in (from_object, to_object) and not parked
       and (not_before is null or not_before <= now()))
     order by 1, 2`,
    [portalId, objectTypes],
  );
  return rows;
}

/** What HubSpot has of both ends of an association. Lateral, because a join would be hashed over all of them. */
const hasEnds = `cross join lateral (select record_id from known_states
    where portal_id = a.portal_id and target = 'hubspot' and object_type = a.from_object
      and golden_id = a.from_golden and not archived limit 1) f
  cross join lateral (select record_id from known_states
    where portal_id = a.portal_id and target = 'hubspot' and object_type = a.to_object
      and golden_id = a.to_golden and not archived limit 1) t`;

/**
 * Due associations of two objects whose both ends HubSpot has, at most `limit`: whichever are found first, so that a
 * claim costs the same however many wait. They are held until the claim is committed, by a statement of their own, as
 * marks are (`holdMarks`).
 */
export async function selectAssociationCandidates(
  db: Queryable,
  portalId: string,
  fromObject: string,
  toObject: string,
  limit: number,
): Promise<AssociationCandidate[]> {
  const scope = [portalId, fromObject, toObject];
  const { rows: held } = await db.query(
    `select a.from_golden as "fromGolden", a.to_golden as "toGolden" from golden_associations a ${hasEnds}
     where a.portal_id = $1 and a.from_object = $2 and a.to_object = $3 and a.due and a.batch_id is null
       and not a.parked
     limit $4 for update of a skip locked`,
    [...scope, limit],
  );
  if (held.length === 0) return [];
  const { rows } = await db.query<AssociationCandidate>(
    `select a.from_golden as "fromGolden", a.to_golden as "toGolden", f.record_id as "fromId",
       t.record_id as "toId", ${servedLabels('a')} as labels, a.wanted, coalesce(k.types, '{}') as types, coalesce(k.ours, '{}') as ours,
       a.run_id as "runId", a.lead_source as "leadSource"
     from json_to_recordset($4) as held ("fromGolden" uuid, "toGolden" uuid)
     join golden_associations a on a.portal_id = $1 and a.from_object = $2 and a.from_golden = held."fromGolden"
       and a.to_object = $3 and a.to_golden = held."toGolden"
     ${hasEnds}
     left join lateral (select types, ours from known_associations
       where portal_id = a.portal_id and from_object = a.from_object and from_id = f.record_id
         and to_object = a.to_object and to_id = t.record_id limit 1) k on true
     order by a.from_golden, a.to_golden`,
    [...scope, JSON.stringify(held)],
  );
  return rows;
}

interface Pair {
  portalId: string;
  fromObject: string;
  toObject: string;
}

/** Freezes one batch of association changes and marks its pairs as in flight. @returns the batch id */
export async function insertAssociationBatch(
  db: Queryable,
  { portalId, fromObject, toObject }: Pair,
  operation: 'associate' | 'dissociate',
  intents: AssociationCandidate[],
): Promise<string> {
  const { rows } = await db.query<{ batch_id: string }>(
    `with batch as (
       insert into delivery_batches (portal_id, kind, object_type, to_object, operation, lane)
       values ($1, 'associations', $2, $3, $4, 2) returning batch_id),
     frozen as (
       insert into association_intents (batch_id, portal_id, from_object, from_golden, to_object, to_golden,
         from_id, to_id, types, ours, wanted, labels, run_id, lead_source)
       select batch_id, $1, $2, "fromGolden", $3, "toGolden", "fromId", "toId",
         array(select json_array_elements_text(types)), array(select json_array_elements_text(ours)), wanted,
         array(select json_array_elements_text(labels)), "runId", "leadSource"
       from batch, json_to_recordset($5) as input ("fromGolden" uuid, "toGolden" uuid, "fromId" text, "toId" text,
         types json, ours json, wanted boolean, labels json, "runId" text, "leadSource" text)
       returning batch_id, from_golden, to_golden)
     update golden_associations held set batch_id = frozen.batch_id from frozen
     where held.portal_id = $1 and held.from_object = $2 and held.to_object = $3
       and held.from_golden = frozen.from_golden and held.to_golden = frozen.to_golden
     returning held.batch_id`,
    [portalId, fromObject, toObject, operation, JSON.stringify(intents)],
  );
  return rows[0]!.batch_id;
}

/** Clears the marks of pairs that already are as they should be; pairs no longer wanted are forgotten. */
export async function clearAssociationMarks(
  db: Queryable,
  portalId: string,
  fromObject: string,
  toObject: string,
  pairs: { fromGolden: string; toGolden: string }[],
): Promise<void> {
  if (pairs.length === 0) return;
  const scope = [portalId, fromObject, toObject, JSON.stringify(pairs.map(slim))];
  const mine = `held.portal_id = $1 and held.from_object = $2 and held.to_object = $3
    and held.from_golden = pair."fromGolden" and held.to_golden = pair."toGolden"`;
  const pair = `json_to_recordset($4) as pair ("fromGolden" uuid, "toGolden" uuid)`;
  await db.query(
    `delete from golden_associations held using ${pair} where ${mine} and not held.wanted`,
    scope,
  );
  await db.query(`update golden_associations held set due = false from ${pair} where ${mine}`, scope);
}

/** Parks pairs behind a problem until they change. */
export async function parkAssociations(
  db: Queryable,
  portalId: string,
  fromObject: string,
  toObject: string,
  pairs: { fromGolden: string; toGolden: string }[],
): Promise<void> {
  if (pairs.length === 0) return;
  await db.query(
    `update golden_associations held set parked = true, batch_id = null
     from json_to_recordset($4) as pair ("fromGolden" uuid, "toGolden" uuid)
     where held.portal_id = $1 and held.from_object = $2 and held.to_object = $3
       and held.from_golden = pair."fromGolden" and held.to_golden = pair."toGolden"`,
    [portalId, fromObject, toObject, JSON.stringify(pairs.map(slim))],
  );
}

function slim({ fromGolden, toGolden }: { fromGolden: string; toGolden: string }) {
  return { fromGolden, toGolden };
}
