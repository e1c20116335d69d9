import { syncOnce, type RunFigures } from './river';
import { readStats, resetStats } from './simulatorStats';
import type { Stack } from './stack';

export interface CallFigures {
  name: string;
  rows: number;
  writeCalls: number;
  /** Σ ceil(distinct changed records / inputs per call) per object and operation. */
  ideal: number;
  readCalls: number;
  /** Calls refused with 429, of all windows. */
  refused: number;
}

const recordsPerCall = 100;
const pairsPerCall = 2_000;

/** One run and what it cost in calls, beside the fewest that its changes could cost. */
export async function countCalls(
  stack: Stack,
  name: string,
  input: { full?: boolean } = {},
): Promise<{ run: RunFigures; calls: CallFigures }> {
  await resetStats(stack.simulatorUrl);
  const run = await syncOnce(stack, name, input);
  const stats = await readStats(stack.simulatorUrl);
  const calls = {
    name,
    rows: run.counts['read'] ?? 0,
    writeCalls: stats.writeCalls,
    ideal: await idealCalls(stack, run.runId),
    readCalls: stats.calls - stats.writeCalls,
    refused: Object.values(stats.limits.buckets).reduce((sum, { violations }) => sum + violations, 0),
  };
  return { run, calls };
}

/** From the ledger of records, where each counts once however often it was sent, and the counted associations. */
async function idealCalls({ pool, portalId }: Stack, runId: string): Promise<number> {
  const { rows } = await pool.query<{ calls: number }>(
    `with written as (
       select object_type, golden_id, bool_or(operation = 'create') as created from deliveries
       where portal_id = $1 and run_id = $2 group by 1, 2),
     records as (select ceil(count(*) / $3::float8) as calls from written group by object_type, created),
     paired as (
       select ceil(sum(count) / $4::float8) as calls from run_counts
       where portal_id = $1 and run_id = $2 and status in ('associated', 'dissociated') group by object_type, status)
     select sum(calls)::float8 as calls from (select * from records union all select * from paired) as all_calls`,
    [portalId, runId, recordsPerCall, pairsPerCall],
  );
  return rows[0]?.calls ?? 0;
}

/** After a first run: the same again, everything read again, and 1% of the source rows changed. */
export async function callEconomy(stack: Stack): Promise<CallFigures[]> {
  const unchanged = await countCalls(stack, 'unchanged');
  const full = await countCalls(stack, 'read-again', { full: true });
  await stack.change(0.01);
  const changed = await countCalls(stack, 'changed-1%');
  return [unchanged.calls, full.calls, changed.calls];
}
