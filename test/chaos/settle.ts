import { WorkflowFailedError, WorkflowIdConflictPolicy, type Client } from '@temporalio/client';
import { taskQueue, type SyncRunInput, type SyncRunResult } from '../../src/workflows/contracts';
import type { Stack } from './stack';

/** So many runs may fail or wait before a round counts as stuck. */
const runsMax = 12;
/** In production a schedule rings every minute; here more often, as all durations are shorter. */
const tickEveryMs = 2_000;

/** Syncs until a run succeeds and nothing is left under way. @returns how many runs it took */
export async function settleAll(
  stack: Stack,
  name: string,
  untilMs: number,
  tell: (what: string) => void,
): Promise<number> {
  const ticking = startTicking(stack.temporal);
  try {
    for (let run = 1; run <= runsMax; run += 1) {
      const state = await runOnce(stack, `${name}-${run}`, untilMs);
      tell(`run ${run} ${state}`);
      if (state === 'succeeded') {
        await untilDry(stack, untilMs);
        tell('dry');
        return run;
      }
    }
    throw new Error(`${runsMax} runs and none succeeded: ${await lastReason(stack)}`);
  } finally {
    await ticking.stop();
  }
}

async function runOnce(stack: Stack, runId: string, untilMs: number): Promise<SyncRunResult['state']> {
  const input: SyncRunInput = { trigger: 'test' };
  const { workflow } = stack.temporal;
  await persist(untilMs, () =>
    workflow.start('syncRun', {
      ...{ taskQueue, workflowId: `run:${runId}`, args: [input] },
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    }),
  );
  return persist(untilMs, async () => {
    try {
      return ((await workflow.getHandle(`run:${runId}`).result()) as SyncRunResult).state;
    } catch (error) {
      if (error instanceof WorkflowFailedError) return 'failed';
      throw error;
    }
  });
}

/** Tries again while Temporal or Postgres is down. */
export async function persist<Result>(untilMs: number, deed: () => Promise<Result>): Promise<Result> {
  for (;;) {
    const left = untilMs - performance.now();
    if (left <= 0) throw new Error('the round did not settle in time');
    try {
      return await withDeadline(deed(), left);
    } catch (error) {
      if (untilMs - performance.now() <= 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
}

async function withDeadline<Result>(deed: Promise<Result>, ms: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the round did not settle in time')), ms);
  });
  try {
    return await Promise.race([deed, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What is still under way, by table. Associations wait for ever where HubSpot refused one end. */
const underWay = `select
  (select count(*)::int from staged_records where due_at is not null) as staged,
  (select count(*)::int from outbox where not parked) as marks,
  (select count(*)::int from delivery_batches) as batches,
  (select count(*)::int from golden_associations a where due and not parked and (batch_id is not null or (
     exists (select from known_states k where k.object_type = a.from_object and k.golden_id = a.from_golden)
     and exists (select from known_states k where k.object_type = a.to_object and k.golden_id = a.to_golden))))
     as associations`;

/** What is still under way, and the newest reason of a run, for a person. */
export async function whatIsLeft(pool: Stack['pool']): Promise<string> {
  const { rows } = await pool.query(underWay);
  const paused = await pool.query<{ pause_reason: string | null; paused_until: Date | null }>(
    "select pause_reason, paused_until, failures, openings, batch_size from portals where mode = 'live'",
  );
  return `left: ${JSON.stringify([...rows, ...paused.rows])}`;
}

async function untilDry({ pool }: Stack, untilMs: number): Promise<void> {
  for (;;) {
    const { rows } = await persist(untilMs, () => pool.query<Record<string, number>>(underWay));
    if (Object.values(rows[0]!).every((count) => count === 0)) return;
    if (performance.now() > untilMs) throw new Error(`never dry: ${JSON.stringify(rows[0])}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function lastReason({ pool }: Stack): Promise<string> {
  const { rows } = await pool.query<{ reason: string | null }>(
    'select reason from runs order by started_at desc limit 1',
  );
  return rows[0]?.reason ?? 'no reason is stored';
}

function startTicking({ workflow }: Client): { stop(): Promise<void> } {
  let isEnding = false;
  const ended = (async () => {
    for (let tick = 1; !isEnding; tick += 1) {
      await workflow
        .start('tick', { taskQueue, workflowId: 'tick', args: [], workflowIdConflictPolicy: 'USE_EXISTING' })
        .catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, tickEveryMs));
    }
  })();
  return {
    async stop() {
      isEnding = true;
      await ended;
    },
  };
}
