import type { WorkflowHandle } from '@temporalio/client';
import type { Failpoint } from '../../src/activities/deps';
import { expectedPortal } from '../../src/simulator/demo/oracle';
import { worldObjects } from '../../src/simulator/demo/world';
import type { SyncRunResult } from '../../src/workflows/contracts';
import { orderFault } from '../support/simulatorControl';
import { startRiver, type River, type RiverOptions } from './river';

/** Claims that end soon: what a dead worker left is taken over in seconds. */
export const shortClaims = { TRIBUTARY_CLAIM_MS: '1500', TRIBUTARY_CALL_DEADLINE_MS: '1500' };

export interface CrashReport {
  /** The failpoints at which a worker really was killed. */
  killedAt: Failpoint[];
  state: SyncRunResult['state'];
  differences: string;
  /** Counted as created, and those that must be. */
  created: { counted: number; expected: number };
  /** How often a subscriber of English Online was written back at most. */
  writtenBackMost: number;
}

export interface Crashes {
  /** One worker after the other is killed at the first pass of its failpoint. */
  failpoints: readonly Failpoint[];
  /** What happens in HubSpot so that a failpoint is passed at all. */
  faults?: readonly object[];
}

/** A first sync whose workers are killed at failpoints, one after the other; a last one, which has none, ends the run. */
export async function crashFirstSync(
  { failpoints, faults = [] }: Crashes,
  options: RiverOptions,
): Promise<CrashReport> {
  const river = await startRiver({ environment: shortClaims, ...options });
  try {
    const killedAt: Failpoint[] = [];
    let run: WorkflowHandle | undefined;
    let result: Promise<SyncRunResult> | undefined;
    for (const failpoint of failpoints) {
      const doomed = await river.startWorker({ TRIBUTARY_FAILPOINT: failpoint });
      run ??= await openAndStart(river, faults);
      result ??= run.result() as Promise<SyncRunResult>;
      const exit = await Promise.race([doomed.exited, result.then(() => null)]);
      if (exit === null) break;
      if (exit.signal === 'SIGKILL') killedAt.push(failpoint);
    }
    await river.startWorker();
    return {
      killedAt,
      state: (await result!).state,
      differences: await river.differences(),
      created: { counted: await countCreated(river), expected: expectedCreations(river) },
      writtenBackMost: Math.max(0, ...river.demo.eolWrites().values()),
    };
  } finally {
    await river.stop();
  }
}

async function openAndStart(river: River, faults: readonly object[]): Promise<WorkflowHandle> {
  await river.open();
  for (const fault of faults) await orderFault(river.simulatorUrl, fault);
  return river.startSync({ trigger: 'test' });
}

async function countCreated(river: River): Promise<number> {
  const { rows } = await river.pool.query<{ created: string }>(
    `select coalesce(sum(count), 0) as created from run_counts where status = 'created'`,
  );
  return Number(rows[0]?.created);
}

function expectedCreations(river: River): number {
  const expected = expectedPortal(river.demo.world());
  const records = worldObjects.flatMap((object) => expected[object]);
  return records.filter(({ heldId, stranger }) => heldId === null && !stranger).length;
}
