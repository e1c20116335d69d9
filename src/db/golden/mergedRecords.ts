import { hubspotSource } from '../../domain/record';
import { lockInTransaction, type Queryable } from '../pool';
import { compareIds, moveAnchors, type RecordMerge } from './recordAnchors';

export interface FollowedMerges {
  /** Golden records whose link moved to the winner. */
  moved: string[];
  /** Golden records whose record became part of one that belongs to another golden record: a review asks about them. */
  contested: string[];
}

/** Of these merges, those whose loser is known and that were not followed yet. */
export async function unfollowedMerges(
  db: Queryable,
  portalId: string,
  objectType: string,
  merges: readonly RecordMerge[],
): Promise<RecordMerge[]> {
  if (merges.length === 0) return [];
  const { rows } = await db.query<RecordMerge>(
    `select distinct "fromId", "toId" from json_to_recordset($3) as input ("fromId" text, "toId" text)
     join known_states k on k.portal_id = $1 and k.target = 'hubspot' and k.object_type = $2
       and k.record_id = input."fromId" and k.merged_into is distinct from input."toId"
     where input."fromId" <> input."toId"`,
    [portalId, objectType, JSON.stringify(merges)],
  );
  return rows;
}

/**
 * Follows merges in HubSpot: the golden record of a record that was merged away is linked to the winner. Where the
 * winner belongs to another golden record already, the link stays for a person to decide (one to one, DESIGN §4). The
 * records concerned are due afterwards: ring consolidation and delivery when this is committed.
 *
 * Takes the lock of consolidation: call it before anything else in its transaction, and save what was read of the
 * winners before it (`saveReadStates`, `stagePage`), or soon after: until then nothing is written to them.
 * Repeated it changes nothing.
 * @param merges in any order, chains too; both ids of one object type
 */
export async function followMerges(
  db: Queryable,
  portalId: string,
  objectType: string,
  merges: readonly RecordMerge[],
): Promise<FollowedMerges> {
  const told = finalMerges(merges);
  if (told.length === 0) return { moved: [], contested: [] };
  await lockConsolidation(db, portalId, objectType);
  const pairs = await throughStored(db, portalId, objectType, told);
  const settled = await decide(db, portalId, objectType, pairs);
  await moveLinks(db, portalId, objectType, pairs, settled);
  const contestedIds = new Set(
    settled.filter(({ fate }) => fate === 'contested').map(({ fromId }) => fromId),
  );
  const ended = pairs.filter(({ fromId }) => !contestedIds.has(fromId));
  await moveAnchors(db, portalId, objectType, ended);
  await moveAssociations(db, portalId, objectType, pairs);
  const goldens = (fate: Settled['fate']) =>
    settled.flatMap((merge) => (merge.fate === fate ? [merge.goldenId] : []));
  const [moved, contested] = [goldens('moved'), goldens('contested')];
  await makeDue(db, portalId, objectType, pairs, moved, contested);
  return { moved, contested };
}

/** Holds consolidation of an object type until the end of the transaction. Take it before any other lock. */
export function lockConsolidation(db: Queryable, portalId: string, objectType: string): Promise<void> {
  return lockInTransaction(db, `consolidate:${portalId}:${objectType}`);
}

/** Every loser with the winner at the end of its chain; a circle proves nothing and is left out. */
function finalMerges(merges: readonly RecordMerge[]): RecordMerge[] {
  const next = new Map(merges.map(({ fromId, toId }) => [fromId, toId]));
  return [...next.keys()].flatMap((fromId) => {
    const seen = new Set([fromId]);
    let toId = next.get(fromId)!;
    while (next.has(toId) && !seen.has(toId)) {
      seen.add(toId);
      toId = next.get(toId)!;
    }
    return seen.has(toId) ? [] : [{ fromId, toId }];
  });
}

/** A merge may be told late: its winner has lost in its turn, and who that became is known. */
async function throughStored(
  db: Queryable,
  portalId: string,
  objectType: string,
  told: RecordMerge[],
): Promise<RecordMerge[]> {
  const { rows } = await db.query<RecordMerge>(
    `select record_id as "fromId", merged_into as "toId" from known_states
     where portal_id = $1 and target = 'hubspot' and object_type = $2 and record_id = any ($3::text[])
       and archived and merged_into is not null and merged_into <> all ($4::text[])`,
    [portalId, objectType, told.map(({ toId }) => toId), told.map(({ fromId }) => fromId)],
  );
  const stored = new Map(rows.map(({ fromId, toId }) => [fromId, toId]));
  return told.map(({ fromId, toId }) => ({ fromId, toId: stored.get(toId) ?? toId }));
}

interface Settled extends RecordMerge {
  goldenId: string;
  /** `done`: followed before. */
  fate: 'moved' | 'contested' | 'done';
}

/** Of several golden records that one free winner absorbed, the one with HubSpot's oldest record gets it. */
async function decide(
  db: Queryable,
  portalId: string,
  objectType: string,
  pairs: RecordMerge[],
): Promise<Settled[]> {
  await db.query(
    `insert into known_states (portal_id, object_type, record_id, kept, read_at)
     select distinct $1::bigint, $2, "toId", '{}'::jsonb, '-infinity'::timestamptz from json_to_recordset($3) as input ("toId" text)
     on conflict do nothing`,
    [portalId, objectType, JSON.stringify(pairs)],
  );
  const { rows } = await db.query<{ recordId: string; goldenId: string | null; mergedInto: string | null }>(
    `select record_id as "recordId", golden_id as "goldenId", merged_into as "mergedInto" from known_states
     where portal_id = $1 and target = 'hubspot' and object_type = $2 and record_id = any ($3::text[])
     order by record_id for update`,
    [portalId, objectType, pairs.flatMap(({ fromId, toId }) => [fromId, toId])],
  );
  const states = new Map(rows.map((row) => [row.recordId, row]));
  const taken = new Set(rows.flatMap(({ recordId, goldenId }) => (goldenId === null ? [] : [recordId])));
  const byAge = [...pairs].sort((a, b) => compareIds(a.fromId, b.fromId));
  return byAge.flatMap(({ fromId, toId }): Settled[] => {
    const loser = states.get(fromId);
    if (!loser?.goldenId) return [];
    const merge = { fromId, toId, goldenId: loser.goldenId };
    if (!taken.has(toId)) {
      taken.add(toId);
      return [{ ...merge, fate: 'moved' }];
    }
    return [{ ...merge, fate: loser.mergedInto === toId ? 'done' : 'contested' }];
  });
}

async function moveLinks(
  db: Queryable,
  portalId: string,
  objectType: string,
  pairs: RecordMerge[],
  settled: Settled[],
): Promise<void> {
  const fates = new Map(settled.map((merge) => [merge.fromId, merge]));
  const merges = pairs.map((pair) => ({ ...pair, ...fates.get(pair.fromId) }));
  const scope = [portalId, objectType, JSON.stringify(merges)];
  const input = `json_to_recordset($3) as input ("fromId" text, "toId" text, "goldenId" uuid, fate text)`;
  await db.query(
    `update known_states set archived = true, merged_into = input."toId",
       read_at = greatest(read_at, clock_timestamp()),
       golden_id = case when input.fate = 'moved' then null else golden_id end
     from ${input}
     where portal_id = $1 and target = 'hubspot' and object_type = $2 and record_id = input."fromId"`,
    scope,
  );
  await db.query(
    `update known_states set merged_into = input."toId" from ${input}
     where portal_id = $1 and target = 'hubspot' and object_type = $2 and merged_into = input."fromId"`,
    scope,
  );
  // What we wrote is still ours where the winner holds it.
  await db.query(
    `update known_states winner set golden_id = input."goldenId", sent = (
         select coalesce(jsonb_object_agg(ours.key, ours.value), '{}') from jsonb_each(loser.sent) as ours
         where winner.kept -> ours.key = loser.kept -> ours.key) || winner.sent
     from ${input} join known_states loser on loser.portal_id = $1 and loser.target = 'hubspot'
       and loser.object_type = $2 and loser.record_id = input."fromId"
     where winner.portal_id = $1 and winner.target = 'hubspot' and winner.object_type = $2
       and winner.record_id = input."toId" and input.fate = 'moved'`,
    scope,
  );
}

/** HubSpot moves associations along with a merge; what we wrote of them stays ours. */
async function moveAssociations(db: Queryable, portalId: string, objectType: string, pairs: RecordMerge[]) {
  const input = JSON.stringify(pairs);
  for (const [object, id] of [
    ['from_object', 'from_id'],
    ['to_object', 'to_id'],
  ] as const) {
    const others = id === 'from_id' ? 'to_object, to_id' : 'from_object, from_id';
    await db.query(
      `with input as (select * from json_to_recordset($3) as input ("fromId" text, "toId" text)),
       moved as (delete from known_associations using input
         where portal_id = $1 and ${object} = $2 and ${id} = input."fromId"
         returning known_associations.*, input."toId"),
       joined as (
         select "toId", ${others}, array_agg(distinct type) as types,
           coalesce(array_agg(distinct type) filter (where type = any (ours)), '{}') as ours
         from moved, unnest(types) as type group by "toId", ${others})
       insert into known_associations (portal_id, ${object}, ${id}, ${others}, types, ours)
       select $1, $2, "toId", ${others}, types, ours from joined
       on conflict (portal_id, from_object, from_id, to_object, to_id) do update set
         types = array(select unnest(known_associations.types) union select unnest(excluded.types)),
         ours = array(select unnest(known_associations.ours) union select unnest(excluded.ours))`,
      [portalId, objectType, input],
    );
  }
}

/** Who is who is asked again, and what moved is compared with its new record. */
async function makeDue(
  db: Queryable,
  portalId: string,
  objectType: string,
  pairs: RecordMerge[],
  moved: string[],
  contested: string[],
): Promise<void> {
  const goldenIds = [...moved, ...contested];
  await db.query(
    `update staged_records staged set due_at = now(), lane = least(staged.lane, 1)
     where portal_id = $1 and object_type = $2 and ((source = $3 and record_key = any ($4::text[]))
       or (source, stream, record_key) in (select source, stream, record_key from mapped_records
         where portal_id = $1 and golden_id = any ($5::uuid[])))`,
    [portalId, objectType, hubspotSource, pairs.map(({ toId }) => toId), goldenIds],
  );
  await markAgain(db, portalId, objectType, goldenIds);
  await db.query(
    `update golden_associations set due = true, parked = false where portal_id = $1 and (
       (from_object = $2 and from_golden = any ($3::uuid[])) or (to_object = $2 and to_golden = any ($3::uuid[])))`,
    [portalId, objectType, moved],
  );
}

/** Golden records that are to be compared with HubSpot anew, ahead of bulk. */
export async function markAgain(db: Queryable, portalId: string, objectType: string, goldenIds: string[]) {
  await db.query(
    `insert into outbox (portal_id, object_type, golden_id, lane, lead_source)
     select portal_id, object_type, golden_id, 1, lead_source from golden_records
     where portal_id = $1 and object_type = $2 and golden_id = any ($3::uuid[]) order by golden_id
     on conflict (portal_id, target, object_type, golden_id) do update set
       lane = least(outbox.lane, 1), due_at = now(), parked = false, not_before = null`,
    [portalId, objectType, goldenIds],
  );
}
