import type { Queryable } from '../pool';

/**
 * How long the word "this object is still being read" holds, in seconds. Not only batches would be less full: a person who
 * was delivered before the source that tells who it is has been read is a second record in HubSpot. So it outlives workers
 * that die and a warehouse whose first page takes minutes; a source that is down for longer holds the others no more.
 */
const gatheringSeconds = 600;

/** Says that a run still reads these objects, so that bulk delivery waits for full batches; lapses by itself.
 * A page that is committed after its run was cancelled holds nobody back. */
export async function extendGathering(db: Queryable, portalId: string, objectTypes: string[], runId: string) {
  await db.query(
    `insert into gatherings (portal_id, object_type, run_id, until)
     select $1, object_type, $3, now() + make_interval(secs => $4)
     from unnest($2::text[]) as object_type
     where exists (select from runs where portal_id = $1 and run_id = $3 and state = 'running')
     order by object_type
     on conflict (portal_id, object_type, run_id) do update set until = excluded.until`,
    [portalId, objectTypes, runId, gatheringSeconds],
  );
}

/** The run has read (or given up) everything: bulk delivery may go. */
export async function endGathering(db: Queryable, portalId: string, runId: string): Promise<void> {
  await db.query('delete from gatherings where portal_id = $1 and (run_id = $2 or until < now())', [
    portalId,
    runId,
  ]);
}
