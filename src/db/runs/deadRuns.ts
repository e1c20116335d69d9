import type { Queryable } from '../pool';

/** Ids of the runs that this database believes to be running, but for one; the oldest first. */
export async function otherRunningRuns(db: Queryable, portalId: string, runId: string): Promise<string[]> {
  const { rows } = await db.query<{ run_id: string }>(
    `select run_id from runs where portal_id = $1 and state = 'running' and run_id <> $2
     order by started_at limit 1000`,
    [portalId, runId],
  );
  return rows.map((row) => row.run_id);
}

/**
 * Lets a run wait for staged records that are due for no living run: a changed configuration or definition made them
 * due, or a run that ended left them.
 */
export async function adoptDueRecords(db: Queryable, portalId: string, runId: string): Promise<void> {
  await db.query(
    `update staged_records set run_id = $2
     where portal_id = $1 and due_at is not null and (run_id is null or not exists (
       select from runs where runs.portal_id = $1 and runs.run_id = staged_records.run_id
         and runs.state = 'running'))`,
    [portalId, runId],
  );
}

/**
 * Ends runs whose workflow is gone, and lets a living run wait for what they left: staged records, due records and
 * associations. Their batches stay as they are frozen: the lanes take them over when their claims have ended.
 */
export async function takeOverRuns(
  db: Queryable,
  portalId: string,
  deadIds: string[],
  runId: string,
): Promise<void> {
  if (deadIds.length === 0) return;
  const reason = `its workflow is gone; run ${runId} went on with what it left`;
  await db.query(
    `update run_sources set state = 'failed', reason = $3, ended_at = now()
     where portal_id = $1 and run_id = any ($2::text[]) and state in ('pending', 'running')`,
    [portalId, deadIds, reason],
  );
  await db.query(
    `update runs set state = 'failed', reason = $3, ended_at = now()
     where portal_id = $1 and run_id = any ($2::text[]) and state = 'running'`,
    [portalId, deadIds, reason],
  );
  await db.query('delete from gatherings where portal_id = $1 and run_id = any ($2::text[])', [
    portalId,
    deadIds,
  ]);
  for (const work of [
    'staged_records set run_id = $3 where due_at is not null and',
    'outbox set run_id = $3 where',
    'golden_associations set run_id = $3 where due and',
  ]) {
    await db.query(`update ${work} portal_id = $1 and run_id = any ($2::text[])`, [portalId, deadIds, runId]);
  }
}
