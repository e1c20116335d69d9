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

/** Counts records under the runs that marked them and the sources that lead them. */
export async function countByRun(
  db: Queryable,
  portalId: string,
  objectType: string,
  status: CountStatus,
  records: { runId: string | null; leadSource: string }[],
): Promise<void> {
  for (const runId of new Set(records.map((record) => record.runId))) {
    const counts = records
      .filter((record) => record.runId === runId)
      .map(({ leadSource }) => ({ source: leadSource, objectType, status, count: 1 }));
    await addCounts(db, portalId, runId, counts);
  }
}
