import { setMode } from '../src/db/portals';
import { taskQueue, type SyncRunInput, type SyncRunResult } from '../src/workflows/contracts';
import type { Stack } from './stack';

/** More calls per window than anything here sends: the product's own pacing is off. */
const callsUnlimited = 1_000_000;

/** Set-up, check and going live, without pacing: what is measured then is the river, not the quota. */
export async function openPortal({ temporal, pool }: Stack): Promise<void> {
  for (const workflow of ['setupPortal', 'checkPortal']) {
    const result = (await temporal.workflow.execute(workflow, {
      taskQueue,
      workflowId: `bench:${workflow}`,
      args: [{}],
    })) as { portalId: string; faults: unknown[] };
    if (result.faults.length > 0) throw new Error(`${workflow}: ${JSON.stringify(result.faults)}`);
    await setMode(pool, result.portalId, 'live');
  }
  await pool.query('update quota_buckets set calls_max = $1', [callsUnlimited]);
}

export interface RunFigures {
  runId: string;
  seconds: number;
  /** Counts over all sources and objects, by status. */
  counts: Record<string, number>;
}

/** One run from its start until all it read is settled. @throws when it does not succeed */
export async function syncOnce(stack: Stack, name: string, input: SyncRunInput = {}): Promise<RunFigures> {
  const runId = `bench-${name}`;
  const began = performance.now();
  const result = (await stack.temporal.workflow.execute('syncRun', {
    taskQueue,
    workflowId: `run:${runId}`,
    args: [{ trigger: 'bench', ...input }],
  })) as SyncRunResult;
  const seconds = (performance.now() - began) / 1_000;
  if (result.state !== 'succeeded') throw new Error(`the run ${name} ended as ${result.state}`);
  const { rows } = await stack.pool.query<{ status: string; count: number }>(
    `select status, sum(count)::float8 as count from run_counts where portal_id = $1 and run_id = $2 group by 1`,
    [stack.portalId, runId],
  );
  return { runId, seconds, counts: Object.fromEntries(rows.map(({ status, count }) => [status, count])) };
}
