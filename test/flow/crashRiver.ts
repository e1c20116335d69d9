import type { Failpoint } from '../../src/activities/deps';
import { expectedPortal } from '../../src/simulator/demo/oracle';
import { worldObjects } from '../../src/simulator/demo/world';
import type { SyncRunResult } from '../../src/workflows/contracts';
import { startRiver, type River, type RiverOptions } from './river';

/** Claims that end soon: what a dead worker left is taken over in seconds. */
export const shortClaims = { TRIBUTARY_CLAIM_MS: '1500', TRIBUTARY_CALL_DEADLINE_MS: '1500' };

export interface CrashReport {
  /** How the first worker ended; null when the run ended before it passed the failpoint. */
  signal: NodeJS.Signals | null;
  state: SyncRunResult['state'];
  differences: string;
  /** Counted as created, and those that must be. */
  created: { counted: number; expected: number };
}

export interface Crash {
  failpoint: Failpoint;
  /** At which pass of the failpoint the worker dies. */
  pass: number;
  /** What happens in HubSpot so that the failpoint is passed at all. */
  faults?: object[];
}

/** A first sync whose worker is killed at a failpoint; a second worker, which knows nothing of it, ends the run. */
export async function crashFirstSync(
  { failpoint, pass, faults = [] }: Crash,
  options: RiverOptions,
): Promise<CrashReport> {
  const river = await startRiver({ environment: shortClaims, ...options });
  try {
    const doomed = await river.startWorker({ TRIBUTARY_FAILPOINT: `${failpoint}:${pass}` });
    await river.open();
    for (const fault of faults) await orderFault(river, fault);
    const run = await river.startSync({ trigger: 'test' });
    const result = run.result() as Promise<SyncRunResult>;
    const exit = await Promise.race([doomed.exited, result.then(() => null)]);
    if (exit) await river.startWorker();
    const { state } = await result;
    return {
      signal: exit?.signal ?? null,
      state,
      differences: await river.differences(),
      created: { counted: await countCreated(river), expected: expectedCreations(river) },
    };
  } finally {
    await river.stop();
  }
}

/** Orders a fault of the simulator. */
export async function orderFault(river: River, fault: object): Promise<void> {
  const reply = await fetch(`${river.simulatorUrl}/_simulator/faults`, {
    method: 'POST',
    body: JSON.stringify(fault),
  });
  if (!reply.ok) throw new Error(`the simulator refuses the fault: ${await reply.text()}`);
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
