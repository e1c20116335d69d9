import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { taskQueue, type SyncRunInput } from '../../src/workflows/contracts';
import { orderFault } from '../support/simulatorControl';
import { uniqueName } from '../support/temporal';
import { startAcademy, type Academy } from './academy';
import type { BareRiver } from './bareRiver';
import { runTwoWays } from './recordTwoWays';

/**
 * The stored histories that replay.test.ts replays. They are of real runs and guard what workers of the next version
 * must be able to continue. Those that are not there are recorded by
 *
 *   npm run build && TRIBUTARY_RECORD_HISTORIES=1 npx jest test/flow/replay
 *
 * To record one anew, after a change that is meant to break replay (and is guarded for running workflows by `patched` or
 * a new name), delete it first. Never record to make a failing replay pass without knowing why it fails: old histories are still out there.
 */
export const historiesFolder = join(__dirname, 'histories');

/** Longer histories say nothing more, and fill the repository. */
const eventsMax = 400;

/** Runs every workflow type in its usual and unusual ways and writes the histories that are missing in the folder. */
export async function recordHistories(): Promise<void> {
  await mkdir(historiesFolder, { recursive: true });
  await recordOneWay();
  await runTwoWays((river) => writeLongest(river, ['writeBack', 'receive', 'followJournal']));
}

async function recordOneWay(): Promise<void> {
  const academy = await startAcademy();
  try {
    const runs = await runAll(academy);
    for (const [name, handle] of Object.entries(runs)) await write(name, handle);
    await writeLongest(academy, ['syncSource', 'consolidate', 'deliver']);
  } finally {
    await academy.stop();
  }
}

async function runAll(academy: Academy): Promise<Record<string, WorkflowHandle>> {
  academy.shop.answerWith = 401;
  const failed = await run(academy, {});
  await failed.result();
  academy.shop.answerWith = 503;
  const retried = await run(academy, { full: true });
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  academy.shop.answerWith = null;
  await retried.result();
  await plantFault(academy);
  academy.shop.delayMs = 500;
  const first = await run(academy, { sources: ['shop'], trigger: 'schedule' });
  const waiting = await run(academy, { sources: ['shop'], full: true });
  await waiting.signal('pause');
  await waiting.signal('resume');
  await Promise.all([first.result(), waiting.result()]);
  const cancelled = await run(academy, { sources: ['shop'], full: true });
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await cancelled.signal('cancelRun');
  await cancelled.result();
  academy.shop.delayMs = 0;
  const [setup, check, tick] = await Promise.all(
    ['setupPortal', 'checkPortal', 'tick'].map((type) => started(academy, type, type === 'tick' ? [] : [{}])),
  );
  // A portal with a token has nothing to uninstall: the workflow ends with that reason.
  const uninstall = await academy.temporal.workflow.start('uninstallPortal', {
    ...{ taskQueue, workflowId: uniqueName('uninstallPortal'), args: [{}] },
  });
  await uninstall.result().catch(() => undefined);
  const refused = await run(academy, { sources: ['nobody'] });
  await refused.result().catch(() => undefined);
  return {
    'syncRun-failedSource': failed,
    'syncRun-retriedSource': retried,
    'syncRun-waitedForSource': waiting,
    'syncRun-cancelled': cancelled,
    'syncRun-unknownSource': refused,
    setupPortal: setup!,
    checkPortal: check!,
    tick: tick!,
    uninstallPortal: uninstall,
  };
}

/** HubSpot is down for one call of the next delivery. */
async function plantFault({ simulatorUrl }: Academy): Promise<void> {
  const fault = { do: 'status', status: 500, match: { path: 'batch/', method: 'POST', times: 1 } };
  await orderFault(simulatorUrl, fault);
}

/** Of lanes and sources the longest history of each. */
async function writeLongest({ temporal, portalId }: BareRiver, types: string[]): Promise<void> {
  const longest = new Map<string, { length: number; handle: WorkflowHandle }>();
  for await (const { workflowId, runId, historyLength, type, status } of temporal.workflow.list()) {
    if (!types.includes(type)) continue;
    const [, , subject] = workflowId.split(':');
    const name = `${type}${subject === undefined ? '' : `-${subject}`}${status.name === 'COMPLETED' ? '' : `-${status.name.toLowerCase()}`}`;
    if (historyLength <= (longest.get(name)?.length ?? 0) || !workflowId.includes(portalId)) continue;
    longest.set(name, { length: historyLength, handle: temporal.workflow.getHandle(workflowId, runId) });
  }
  for (const [name, { handle }] of longest) await write(name, handle);
}

function run(academy: Academy, input: SyncRunInput): Promise<WorkflowHandle> {
  const workflowId = `run:${uniqueName('recorded')}`;
  return academy.temporal.workflow.start('syncRun', { taskQueue, workflowId, args: [input] });
}

async function started(academy: Academy, type: string, args: object[]): Promise<WorkflowHandle> {
  const workflowId = uniqueName(type);
  const handle = await academy.temporal.workflow.start(type, { taskQueue, workflowId, args });
  await handle.result();
  return handle;
}

async function write(name: string, handle: WorkflowHandle): Promise<void> {
  const history = await handle.fetchHistory();
  if ((history.events?.length ?? 0) > eventsMax)
    throw new Error(`the history of ${name} is too long to keep`);
  const events = JSON.parse(historyToJSON(history)) as object;
  const text = JSON.stringify({ workflowId: handle.workflowId, history: events });
  await writeFile(join(historiesFolder, `${name}.json`), `${text}\n`, { flag: 'wx' }).catch(
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    },
  );
}

/** The names of the stored histories, sorted. */
export async function storedHistories(): Promise<string[]> {
  return (await readdir(historiesFolder)).filter((name) => name.endsWith('.json')).sort();
}
