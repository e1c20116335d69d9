import type { DueGolden } from '../../domain/delivery/decideDelivery';
import { hubspotSource } from '../../domain/record';
import type { Queryable } from '../pool';

/** A due golden record beside what HubSpot is known to hold of it. */
export interface Candidate extends Omit<DueGolden, 'state'> {
  goldenId: string;
  lane: number;
  runId: string | null;
  leadSource: string;
  version: string;
  state: DueGolden['state'] | 'gone';
}

/**
 * Due records of an object type that are neither in flight nor parked, most urgent first. The marks are cut to `limit`
 * before anything is joined to them, so that a claim costs the same however many wait. A mark whose golden record is
 * gone comes too, as `gone`: it has nothing left to deliver.
 */
export async function selectCandidates(
  db: Queryable,
  portalId: string,
  objectType: string,
  lanes: number[],
  limit: number,
): Promise<Candidate[]> {
  const scope = { portalId, target: hubspotSource, objectType };
  const goldenIds = await holdMarks(db, scope, Math.min(...lanes), Math.max(...lanes), limit);
  if (goldenIds.length === 0) return [];
  const { rows } = await db.query<Candidate>(
    `select due.golden_id as "goldenId", due.lane, due.run_id as "runId", due.lead_source as "leadSource",
       coalesce(g.version, 0) as version, coalesce(g.state, 'gone') as state, coalesce(g.values, '{}') as values,
       k.record_id as "recordId", k.kept, k.sent, k.archived, k.merged_into as "mergedInto"
     from outbox due
     left join golden_records g on g.portal_id = $1 and g.object_type = $2 and g.golden_id = due.golden_id
     left join known_states k on k.portal_id = $1 and k.target = 'hubspot' and k.object_type = $2
       and k.golden_id = due.golden_id
     where due.portal_id = $1 and due.target = 'hubspot' and due.object_type = $2
       and due.golden_id = any ($3::uuid[])
     order by due.lane, due.due_at, due.golden_id`,
    [portalId, objectType, goldenIds],
  );
  return rows;
}

/**
 * Holds the next due marks until the claim is committed, and names them. A statement of its own, before what they are
 * compared with is read: a slice of consolidation marks what it changes before it commits, so here either its mark is
 * left out (it rings when it is committed), or the values that are read next are its own. Else a mark could be cleared
 * because of the values before.
 */
export async function holdMarks(
  db: Queryable,
  { portalId, target, objectType }: { portalId: string; target: string; objectType: string },
  laneMin: number,
  laneMax: number,
  limit: number,
): Promise<string[]> {
  const { rows } = await db.query<{ golden_id: string }>(
    `select golden_id from outbox
     where portal_id = $1 and target = $2 and object_type = $3 and batch_id is null and not parked
       and lane between $4 and $5 and (not_before is null or not_before <= now())
     order by lane, due_at limit $6 for update skip locked`,
    [portalId, target, objectType, laneMin, laneMax, limit],
  );
  return rows.map((row) => row.golden_id);
}

export interface NewBatch {
  objectType: string;
  operation: 'create' | 'update' | 'archive';
  lane: number;
  intents: NewIntent[];
}

export interface NewIntent {
  goldenId: string;
  recordId: string | null;
  properties: Record<string, string>;
  before: Record<string, string | null>;
  version: string;
  runId: string | null;
  leadSource: string;
}

/** Freezes batches and marks their records as in flight, in the claiming transaction. @returns the batch ids */
export async function insertBatches(
  db: Queryable,
  portalId: string,
  batches: NewBatch[],
  target = hubspotSource,
): Promise<string[]> {
  const ids: string[] = [];
  for (const { objectType, operation, lane, intents } of batches) {
    const { rows } = await db.query<{ batch_id: string }>(
      `with batch as (
         insert into delivery_batches (portal_id, target, kind, object_type, operation, lane)
         values ($1, $6, 'records', $2, $3, $4) returning batch_id),
       frozen as (
         insert into intents (batch_id, golden_id, portal_id, object_type, record_id, properties, before,
           golden_version, run_id, lead_source)
         select batch_id, "goldenId", $1, $2, "recordId", properties, before, version, "runId", "leadSource"
         from batch, json_to_recordset($5) as input ("goldenId" uuid, "recordId" text, properties jsonb,
           before jsonb, version bigint, "runId" text, "leadSource" text)
         returning golden_id, batch_id)
       update outbox set batch_id = frozen.batch_id from frozen
       where outbox.portal_id = $1 and outbox.target = $6 and outbox.object_type = $2
         and outbox.golden_id = frozen.golden_id
       returning outbox.batch_id`,
      [portalId, objectType, operation, lane, JSON.stringify(intents), target],
    );
    ids.push(rows[0]!.batch_id);
  }
  return ids;
}

/** Clears the marks of records that already are as they should be. */
export async function clearMarks(
  db: Queryable,
  portalId: string,
  objectType: string,
  goldenIds: string[],
  target = hubspotSource,
): Promise<void> {
  if (goldenIds.length === 0) return;
  await db.query(
    `delete from outbox where portal_id = $1 and target = $4 and object_type = $2
       and golden_id = any ($3::uuid[]) and batch_id is null`,
    [portalId, objectType, goldenIds, target],
  );
}

/** Parks marks: a problem stands for them until the record changes or a person retries. */
export async function parkMarks(
  db: Queryable,
  portalId: string,
  objectType: string,
  goldenIds: string[],
  target = hubspotSource,
): Promise<void> {
  if (goldenIds.length === 0) return;
  await db.query(
    `update outbox set parked = true where portal_id = $1 and target = $4 and object_type = $2
       and golden_id = any ($3::uuid[])`,
    [portalId, objectType, goldenIds, target],
  );
}

export interface Orphan {
  batchId: string;
  kind: 'records' | 'associations';
  objectType: string;
  /** How often it was claimed for sending. */
  attempts: number;
}

/**
 * Batches that nobody is working on although they were claimed: their workflow or worker is gone. One that was frozen
 * or released and not taken for the time of four claims counts as such too. Those that were tried least come first: one
 * that always fails is not the only one that is tried.
 */
export async function selectOrphans(
  db: Queryable,
  portalId: string,
  lanes: number[],
  limit: number,
  { claimMs, callDeadlineMs }: { claimMs: number; callDeadlineMs: number },
  target = hubspotSource,
): Promise<Orphan[]> {
  const { rows } = await db.query<Orphan>(
    `select batch_id as "batchId", kind, object_type as "objectType", attempts from delivery_batches
     where portal_id = $1 and target = $6 and lane = any ($2::smallint[])
       and ${orphanedAt('$4', '$5')} < now()
       and (not_before is null or not_before < now())
     order by kind desc, attempts, batch_id limit $3`,
    [portalId, lanes, limit, claimMs, callDeadlineMs, target],
  );
  return rows;
}

/** Hands orphans to a wave, so that no other one takes them meanwhile. A call of their last owner may have gone out. */
export async function handOutOrphans(db: Queryable, batchIds: string[]): Promise<void> {
  await db.query(
    `update delivery_batches set maybe_written = maybe_written or expires_at is not null, expires_at = null,
       created_at = clock_timestamp()
     where batch_id = any ($1::bigint[])`,
    [batchIds],
  );
}

/** When a batch belongs to nobody any more, as SQL. */
function orphanedAt(claimMs: string, deadlineMs: string): string {
  return `coalesce(expires_at, created_at + make_interval(secs => 4 * ${claimMs} / 1000.0))
    + make_interval(secs => ${deadlineMs} / 1000.0)`;
}

/** Milliseconds until a mark that waits, or a batch that nobody works on, may be claimed; null when there is none. */
export async function nextClaimMs(
  db: Queryable,
  portalId: string,
  lanes: number[],
  { claimMs, callDeadlineMs }: { claimMs: number; callDeadlineMs: number },
  target = hubspotSource,
): Promise<number | null> {
  const { rows } = await db.query<{ ms: string | null }>(
    `select extract(epoch from least(
       (select min(not_before) from outbox where portal_id = $1 and target = $5 and batch_id is null and not parked
         and lane = any ($2::smallint[]) and not_before > now()),
       (select min(greatest(not_before, ${orphanedAt('$3', '$4')})) from delivery_batches
         where portal_id = $1 and target = $5 and lane = any ($2::smallint[]))) - now()) * 1000 as ms`,
    [portalId, lanes, claimMs, callDeadlineMs, target],
  );
  const ms = rows[0]?.ms ?? null;
  return ms === null ? null : Math.max(1, Math.ceil(Number(ms)));
}

/** Objects that some run still reads, or whose staged records are not consolidated: bulk waits for full batches. */
export async function gatheringObjects(
  db: Queryable,
  portalId: string,
  objectTypes: string[],
): Promise<Set<string>> {
  const { rows } = await db.query<{ object_type: string }>(
    `select object_type from gatherings where portal_id = $1 and until > now()
     union
     select object_type from unnest($2::text[]) as wanted (object_type) where exists (
       select from staged_records staged where staged.portal_id = $1 and staged.object_type = wanted.object_type
         and staged.due_at is not null)`,
    [portalId, objectTypes],
  );
  return new Set(rows.map((row) => row.object_type));
}
