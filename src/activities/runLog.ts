import type { ActivityContext } from './context';

interface Counted {
  source: string;
  objectType: string;
  status: string;
  count: number;
}

/** Counts of a run, of one source or of all. */
async function readCounts(
  { pool }: Pick<ActivityContext, 'pool'>,
  portalId: string,
  runId: string,
  source: string | null,
): Promise<Counted[]> {
  const { rows } = await pool.query<Counted>(
    `select source, object_type as "objectType", status, count::float8 as count from run_counts
     where portal_id = $1 and run_id = $2 and ($3::text is null or source = $3) order by 1, 2, 3`,
    [portalId, runId, source],
  );
  return rows;
}

/** Says how a source of a run ended, with what it brought and how long it took, and measures it. */
export async function logSourceEnd(
  context: ActivityContext,
  end: { portalId: string; runId: string; source: string; state: string; reason: string | null },
): Promise<void> {
  const { portalId, runId, source, state } = end;
  const counts = await readCounts(context, portalId, runId, source);
  const { rows } = await context.pool.query<{ ms: string | null }>(
    `select extract(epoch from ended_at - started_at) * 1000 as ms from run_sources
     where portal_id = $1 and run_id = $2 and source = $3`,
    [portalId, runId, source],
  );
  const durationMs = Math.round(Number(rows[0]?.ms ?? 0));
  const level = state === 'failed' ? 'error' : 'info';
  const line = { event: `source_${state}`, ...end, durationMs, counts: asNumbers(counts) };
  context.log[level](line, `source ${source} ${state}`);
  if (state !== 'succeeded') return;
  for (const objectType of new Set(counts.map((row) => row.objectType))) {
    context.metrics.syncDuration(source, objectType, durationMs / 1_000);
  }
}

/** Says how a run ended, with all its counts. */
export async function logRunEnd(
  context: ActivityContext,
  end: { portalId: string; runId: string; state: string; reason: string | null },
): Promise<void> {
  const { portalId, runId, state } = end;
  const { rows } = await context.pool.query<{ ms: string; sources: string[] }>(
    `select extract(epoch from ended_at - started_at) * 1000 as ms, sources from runs
     where portal_id = $1 and run_id = $2`,
    [portalId, runId],
  );
  const counts = await readCounts(context, portalId, runId, null);
  const event = state === 'failed' ? 'sync_failed' : 'sync_completed';
  const line = {
    event,
    ...end,
    durationMs: Math.round(Number(rows[0]?.ms ?? 0)),
    sources: rows[0]?.sources ?? [],
    counts: asNumbers(counts),
  };
  context.log[state === 'failed' ? 'error' : 'info'](line, `run ${state}`);
}

/** `{ 'azure.contacts.created': 12 }`: short enough for a log line, and searchable. */
function asNumbers(counts: Counted[]): Record<string, number> {
  return Object.fromEntries(
    counts.map(({ source, objectType, status, count }) => [`${source}.${objectType}.${status}`, count]),
  );
}
