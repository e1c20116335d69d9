import type { Queryable } from './pool';

/** One run as people see it. */
export interface RunRow {
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

const runColumns = `run_id as "runId", trigger, full_read as "full", sources, state, reason,
  started_at as "startedAt", ended_at as "endedAt"`;

/** The newest runs of a portal. */
export async function listRuns(db: Queryable, portalId: string, limit: number): Promise<RunRow[]> {
  const { rows } = await db.query<RunRow>(
    `select ${runColumns} from runs where portal_id = $1 order by started_at desc, run_id desc limit $2`,
    [portalId, limit],
  );
  return rows;
}

export async function findRun(db: Queryable, portalId: string, runId: string): Promise<RunRow | null> {
  const { rows } = await db.query<RunRow>(
    `select ${runColumns} from runs where portal_id = $1 and run_id = $2`,
    [portalId, runId],
  );
  return rows[0] ?? null;
}

/** A run by its id alone: a run id is unique, and whoever started it may not know the portal's id yet. */
export async function findRunAnywhere(
  db: Queryable,
  runId: string,
): Promise<(RunRow & { portalId: string }) | null> {
  const { rows } = await db.query<RunRow & { portalId: string }>(
    `select portal_id as "portalId", ${runColumns} from runs where run_id = $1 limit 1`,
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
