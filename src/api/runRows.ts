import type { Queryable } from '../db/pool';

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
  /** The start to the microsecond, which a `Date` cannot hold: a page's place. */
  place: string;
}

export interface RunSourceRow {
  source: string;
  state: string;
  reason: string | null;
  startedAt: Date | null;
  endedAt: Date | null;
}

export interface RunCountRow {
  source: string;
  objectType: string;
  status: string;
  count: number;
}

/** Where a page of runs ended. */
export interface RunPlace {
  place: string;
  portalId: string;
  runId: string;
}

const columns = `runs.portal_id as "portalId", portals.name as portal, runs.run_id as "runId", runs.trigger,
  runs.full_read as "full", runs.sources, runs.state, runs.reason, runs.started_at as "startedAt",
  runs.ended_at as "endedAt", to_char(runs.started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as place`;

/** More sources and counts than a configuration can have. */
const rowsMax = 5_000;

/** The newest runs of all portals, at most `limit`, those before `before` only. */
export async function selectRuns(db: Queryable, limit: number, before: RunPlace | null): Promise<RunRow[]> {
  const { rows } = await db.query<RunRow>(
    `with page as (
       select newest.* from portals cross join lateral (
         select * from runs where runs.portal_id = portals.portal_id
           and started_at <= coalesce($2::timestamptz, 'infinity')
           and (started_at, portal_id, run_id) < (coalesce($2::timestamptz, 'infinity'), $3::bigint, $4::text)
         order by started_at desc, run_id desc limit $1) as newest)
     select ${columns} from page as runs join portals using (portal_id)
     order by runs.started_at desc, runs.portal_id desc, runs.run_id desc limit $1`,
    [limit, before?.place ?? null, before?.portalId ?? '0', before?.runId ?? ''],
  );
  return rows;
}

/** A run by its id, in whichever portal; null when there is none. */
export async function findRun(db: Queryable, runId: string): Promise<RunRow | null> {
  const { rows } = await db.query<RunRow>(
    `select ${columns} from portals join runs using (portal_id) where runs.run_id = $1 limit 1`,
    [runId],
  );
  return rows[0] ?? null;
}

/** The sources of a run, what was counted, and how many of the problems it opened are still open. */
export async function selectRunDetail(
  db: Queryable,
  portalId: string,
  runId: string,
): Promise<{ sources: RunSourceRow[]; counts: RunCountRow[]; problemsOpen: number }> {
  const run = [portalId, runId];
  const [sources, counts, problems] = await Promise.all([
    db.query<RunSourceRow>(
      `select source, state, reason, started_at as "startedAt", ended_at as "endedAt" from run_sources
       where portal_id = $1 and run_id = $2 order by started_at nulls last, source limit $3`,
      [...run, rowsMax],
    ),
    db.query<RunCountRow>(
      `select source, object_type as "objectType", status, count::float8 as count from run_counts
       where portal_id = $1 and run_id = $2 order by source, object_type, status limit $3`,
      [...run, rowsMax],
    ),
    db.query<{ open: number }>(
      `select count(*)::int as open from problems where portal_id = $1 and run_id = $2 and closed_at is null`,
      run,
    ),
  ]);
  return { sources: sources.rows, counts: counts.rows, problemsOpen: problems.rows[0]?.open ?? 0 };
}
