import type { Queryable } from '../pool';

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
