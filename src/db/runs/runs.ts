import type { Queryable } from '../pool';

/** What happened to records in a run, as counted per source and object. */
export const countStatuses = [
  'read',
  'staged',
  'unreadable',
  'gone',
  'mapped',
  'adopted',
  'created',
  'updated',
  'archived',
  'writtenBack',
  'unchanged',
  'associated',
  'dissociated',
  'rejected',
  'problems',
] as const;
export type CountStatus = (typeof countStatuses)[number];

/**
 * Calls to HubSpot and the inputs that they carried to proof, counted under source `hubspot`. For associations the
 * object type is the pair, `deals>companies`.
 */
export type CallStatus = `calls:${CallOperation}` | `inputs:${CallOperation}`;
export type CallOperation = 'create' | 'update' | 'archive' | 'associate' | 'dissociate' | 'read';

export interface RunCount {
  source: string;
  objectType: string;
  status: CountStatus | CallStatus;
  count: number;
}

/** Adds to a run's counts, in the transaction of the effect that is counted. */
export async function addCounts(
  db: Queryable,
  portalId: string,
  runId: string | null,
  counts: RunCount[],
): Promise<void> {
  const nonZero = counts.filter(({ count }) => count > 0);
  if (!runId || nonZero.length === 0) return;
  await db.query(
    `insert into run_count_entries (portal_id, run_id, source, object_type, status, count)
     select $1, $2, source, "objectType", status, sum(count)
     from json_to_recordset($3) as input (source text, "objectType" text, status text, count bigint)
     group by source, "objectType", status`,
    [portalId, runId, JSON.stringify(nonZero)],
  );
}

/** Folds a run's entries into one per counter: called when it has ended, so that the table stays small. */
export async function foldCounts(db: Queryable, portalId: string, runId: string): Promise<void> {
  await db.query(
    `with folded as (
       delete from run_count_entries where portal_id = $1 and run_id = $2 returning *)
     insert into run_count_entries (portal_id, run_id, source, object_type, status, count)
     select portal_id, run_id, source, object_type, status, sum(count) from folded
     group by portal_id, run_id, source, object_type, status`,
    [portalId, runId],
  );
}

/** Counts one write call and how many of its inputs HubSpot acknowledged. */
export function countCall(
  db: Queryable,
  portalId: string,
  runId: string | null,
  objectType: string,
  operation: CallOperation,
  written: number,
): Promise<void> {
  return addCounts(db, portalId, runId, [
    { source: 'hubspot', objectType, status: `calls:${operation}`, count: 1 },
    { source: 'hubspot', objectType, status: `inputs:${operation}`, count: written },
  ]);
}

/** Opens a run and its sources; repeatable while it runs. @returns false when a run of this id has ended already */
export async function insertRun(
  db: Queryable,
  portalId: string,
  run: { runId: string; trigger: string; full: boolean; sources: string[] },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into runs (portal_id, run_id, trigger, full_read, sources) values ($1, $2, $3, $4, $5)
     on conflict (portal_id, run_id) do update set run_id = excluded.run_id where runs.state = 'running'`,
    [portalId, run.runId, run.trigger, run.full, run.sources],
  );
  if (rowCount === 0) return false;
  await db.query(
    `insert into run_sources (portal_id, run_id, source) select $1, $2, unnest($3::text[]) on conflict do nothing`,
    [portalId, run.runId, run.sources],
  );
  return true;
}

export async function setSourceState(
  db: Queryable,
  portalId: string,
  runId: string,
  source: string,
  state: 'running' | 'succeeded' | 'failed' | 'skipped' | 'cancelled',
  reason: string | null,
): Promise<void> {
  await db.query(
    `update run_sources set state = $4, reason = $5,
       started_at = case when $4 = 'running' then now() else started_at end,
       ended_at = case when $4 = 'running' then null else now() end
     where portal_id = $1 and run_id = $2 and source = $3`,
    [portalId, runId, source, state, reason],
  );
}

export async function endRun(
  db: Queryable,
  portalId: string,
  runId: string,
  state: 'succeeded' | 'failed' | 'waiting' | 'cancelled',
  reason: string | null,
): Promise<void> {
  await db.query(
    `update runs set state = $3, reason = $4, ended_at = now() where portal_id = $1 and run_id = $2`,
    [portalId, runId, state, reason],
  );
}

/** How long ago a source last succeeded, in milliseconds; null when never. */
export async function lastSuccessAgeMs(
  db: Queryable,
  portalId: string,
  source: string,
): Promise<number | null> {
  const { rows } = await db.query<{ age: string | null }>(
    `select extract(epoch from now() - max(ended_at)) * 1000 as age from run_sources
     where portal_id = $1 and source = $2 and state = 'succeeded'`,
    [portalId, source],
  );
  const age = rows[0]?.age;
  return age === null || age === undefined ? null : Number(age);
}
