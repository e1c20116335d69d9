import type { Queryable } from '../pool';

/** One run as people see it. */
export interface RunRow {
  portalId: string;
  portal: string;
  runId: string;
  trigger: string;
  full: boolean;
  sources: string[];
  state: 'running' | 'succeeded' | 'failed' | 'waiting' | 'cancelled';
  reason: string | null;
  startedAt: Date;
  endedAt: Date | null;
}

export interface RunSourceRow {
  source: string;
  state: 'pending' | 'running' | 'succeeded' | 'failed' | 'skipped' | 'cancelled';
  reason: string | null;
  startedAt: Date | null;
  endedAt: Date | null;
}

/** A counter of a run; calls to HubSpot have source `hubspot` and a status like `calls:update`. */
export interface RunCountRow {
  source: string;
  objectType: string;
  status: string;
  count: number;
}

/** What a run still has to do. Counted up to `pendingMax`: exact numbers of much more cost more than they tell. */
export interface RunPending {
  staged: number;
  records: number;
  associations: number;
}

export const pendingMax = 20_000;
/** Sources × objects × statuses of one run; far above any configuration. */
const countsMax = 5_000;

/** Where a page of runs ended. */
export interface RunPlace {
  /** The start to the microsecond, which a `Date` cannot hold. */
  place: string;
  portalId: string;
  runId: string;
}

const runColumns = `runs.portal_id as "portalId", portals.name as portal, runs.run_id as "runId", runs.trigger,
  runs.full_read as "full", runs.sources, runs.state, runs.reason, runs.started_at as "startedAt",
  runs.ended_at as "endedAt"`;

/** The newest runs of a portal. */
export async function listRuns(db: Queryable, portalId: string, limit: number): Promise<RunRow[]> {
  const { rows } = await db.query<RunRow>(
    `select ${runColumns} from runs join portals using (portal_id) where runs.portal_id = $1
     order by runs.started_at desc, runs.run_id desc limit $2`,
    [portalId, limit],
  );
  return rows;
}

/** The newest runs of all portals, at most `limit`, those before `before` only; each with its place. */
export async function pageOfRuns(
  db: Queryable,
  limit: number,
  before: RunPlace | null,
): Promise<(RunRow & RunPlace)[]> {
  const { rows } = await db.query<RunRow & RunPlace>(
    `with page as (
       select newest.* from portals cross join lateral (
         select * from runs where runs.portal_id = portals.portal_id
           and started_at <= coalesce($2::timestamptz, 'infinity')
           and (started_at, portal_id, run_id) < (coalesce($2::timestamptz, 'infinity'), $3::bigint, $4::text)
         order by started_at desc, run_id desc limit $1) as newest)
     select ${runColumns}, to_char(runs.started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as place
     from page as runs join portals using (portal_id)
     order by runs.started_at desc, runs.portal_id desc, runs.run_id desc limit $1`,
    [limit, before?.place ?? null, before?.portalId ?? '0', before?.runId ?? ''],
  );
  return rows;
}

/** A run by its id alone: it is unique, and whoever started the run may not know the portal's id yet. */
export async function findRun(db: Queryable, runId: string): Promise<RunRow | null> {
  const { rows } = await db.query<RunRow>(
    `select ${runColumns} from portals join runs using (portal_id) where runs.run_id = $1 limit 1`,
    [runId],
  );
  return rows[0] ?? null;
}

/** The sources of a run in the order in which it reads them. */
export async function runSources(db: Queryable, portalId: string, runId: string): Promise<RunSourceRow[]> {
  const { rows } = await db.query<RunSourceRow>(
    `select s.source, s.state, s.reason, s.started_at as "startedAt", s.ended_at as "endedAt"
     from run_sources s join runs r using (portal_id, run_id)
     where s.portal_id = $1 and s.run_id = $2 order by array_position(r.sources, s.source), s.source limit 1000`,
    [portalId, runId],
  );
  return rows;
}

/** All counters of a run. */
export async function runCounts(db: Queryable, portalId: string, runId: string): Promise<RunCountRow[]> {
  const { rows } = await db.query<RunCountRow>(
    `select source, object_type as "objectType", status, count::float8 as count from run_counts
     where portal_id = $1 and run_id = $2 order by source, object_type, status limit $3`,
    [portalId, runId, countsMax],
  );
  return rows;
}

/** How many of the problems that a run opened are still open. */
export async function runProblemsOpen(db: Queryable, portalId: string, runId: string): Promise<number> {
  const { rows } = await db.query<{ open: number }>(
    `select count(*)::int as open from problems where portal_id = $1 and run_id = $2 and closed_at is null`,
    [portalId, runId],
  );
  return rows[0]?.open ?? 0;
}

/** What a run still has under way, each number at most `pendingMax`. */
export async function runPending(db: Queryable, portalId: string, runId: string): Promise<RunPending> {
  const { rows } = await db.query<{ staged: string; records: string; associations: string }>(
    `select
       (select count(*) from (select from staged_records
         where portal_id = $1 and run_id = $2 and due_at is not null limit $3) as due) as staged,
       (select count(*) from (select from outbox
         where portal_id = $1 and run_id = $2 and not parked limit $3) as due) as records,
       (select count(*) from (select from golden_associations
         where portal_id = $1 and run_id = $2 and due and not parked limit $3) as due) as associations`,
    [portalId, runId, pendingMax],
  );
  const row = rows[0]!;
  return { staged: Number(row.staged), records: Number(row.records), associations: Number(row.associations) };
}

/** When the first run of all began: what HubSpot held then was adopted. Null before it. */
export async function firstRunStart(db: Queryable): Promise<Date | null> {
  const { rows } = await db.query<{ began: Date | null }>('select min(started_at) as began from runs');
  return rows[0]?.began ?? null;
}
