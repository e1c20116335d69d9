import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { WorkflowHandle } from '@temporalio/client';
import { applySchedules, ownSchedules } from '../../src/schedules/applySchedules';
import { loadConfig } from '../../src/config/loadConfig';
import {
  taskQueue,
  type SyncRunInput,
  type SyncRunProgress,
  type SyncRunResult,
} from '../../src/workflows/contracts';
import { temporalProgram, uniqueName } from '../support/temporal';
import { until } from '../support/until';
import { replaced, secondConfig, startAcademy, type Academy } from './academy';
import { orders } from './academyWorld';
import { viewPortal } from './portalView';

let academy: Academy;

beforeAll(async () => {
  // The event files now hang on the shop, so that there is a dependent of each kind.
  const change = (text: string) =>
    replaced(
      text,
      'dependsOn: [crm]\n    connection: { folder',
      'dependsOn: [shop]\n    connection: { folder',
    );
  academy = await startAcademy({ change });
});

afterAll(async () => {
  await academy?.stop();
});

test('a source whose dependency is not chosen and never succeeded fails with the reason', async () => {
  const { runId, state } = await academy.sync({ sources: ['events'] });
  expect(state).toBe('failed');
  expect(await sourceStates(runId)).toEqual({
    hubspot: 'succeeded',
    events: 'failed: events depends on shop, which has never succeeded; run it first or together',
  });
});

test('a source that fails makes its dependents skip; the rest is delivered and the run is failed', async () => {
  academy.shop.answerWith = 401;
  const { runId, state } = await academy.sync();
  academy.shop.answerWith = null;
  expect(state).toBe('failed');
  expect(await sourceStates(runId)).toEqual({
    hubspot: 'succeeded',
    crm: 'succeeded',
    shop: expect.stringMatching(/^failed: \/(orders|firms) refuses the credentials \(401\)$/) as string,
    events: 'skipped: depends on shop, which did not succeed',
  });
  const run = await runOf(runId);
  expect(run).toMatchObject({ state: 'failed', reason: 'events skipped, shop failed' });
  const portal = await viewPortal(academy.simulatorUrl);
  expect(portal.count('contacts')).toBe(4);
  expect(portal.count('deals') + portal.count('courses')).toBe(0);
});

test('a source that is down for a moment is tried again and the run succeeds', async () => {
  academy.shop.answerWith = 503;
  const seen = academy.shop.calls.length;
  const run = start({ sources: ['shop', 'events'] });
  await until(() => academy.shop.calls.length >= seen + 2);
  academy.shop.answerWith = null;
  expect(await (await run).result()).toMatchObject({ state: 'succeeded' });
  const portal = await viewPortal(academy.simulatorUrl);
  expect([portal.count('companies'), portal.count('deals'), portal.count('courses')]).toEqual([2, 4, 2]);
});

test('two runs that share a source: the second waits for it and both succeed, nothing is doubled', async () => {
  orders.push({ ...orders[0]!, number: 2001, headline: 'A new order' });
  academy.shop.delayMs = 300;
  await academy.resetStats();
  const nightly = await start({ trigger: 'schedule' });
  const partner = await start({ sources: ['crm', 'shop'], trigger: 'schedule' });
  const results = await Promise.all([nightly.result(), partner.result()]);
  academy.shop.delayMs = 0;
  expect(results.map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);

  const reads = await Promise.all(
    ['crm', 'shop'].map((source) => endedExecutionsOf(`source:${academy.portalId}:${source}`)),
  );
  for (const executions of reads) {
    const [first, second] = executions.slice(-2);
    expect(second!.startMs).toBeGreaterThanOrEqual(first!.endMs);
  }
  const portal = await viewPortal(academy.simulatorUrl);
  expect([portal.count('contacts'), portal.count('companies'), portal.count('deals')]).toEqual([4, 2, 5]);
  expect(portal.find('deals', 'shop_order_number', 'S-2001').writes).toBe(1);
  // The new deal once, and its associations to a firm and a buyer once each.
  expect((await academy.stats()).writeCalls).toBe(3);
});

test('signals pause, resume and cancel a run, and a query tells its progress', async () => {
  const handle = await startSignalled('pause', { sources: ['crm'] });
  await until(async () => (await handle.query<SyncRunProgress>('progress')).stage === 'reading');
  expect(await handle.query('progress')).toEqual({
    runId: handle.workflowId.replace('run:', ''),
    stage: 'reading',
    paused: true,
    sources: { hubspot: 'pending', crm: 'pending' },
  });
  await handle.signal('resume');
  expect(await handle.result()).toMatchObject({ state: 'succeeded' });
  expect(await handle.query('progress')).toMatchObject({
    stage: 'ended',
    paused: false,
    sources: { hubspot: 'succeeded', crm: 'succeeded' },
  });
});

test('a run that is cancelled while a source is read ends cancelled, and the next one reads on', async () => {
  academy.shop.delayMs = 500;
  const handle = await start({ sources: ['crm', 'shop', 'events'], full: true });
  await until(async () => (await handle.query<SyncRunProgress>('progress')).sources['shop'] === 'running');
  await handle.signal('cancelRun');
  expect(await handle.result()).toMatchObject({ state: 'cancelled' });
  academy.shop.delayMs = 0;
  const runId = handle.workflowId.replace('run:', '');
  expect(await sourceStates(runId)).toMatchObject({
    crm: 'succeeded',
    shop: 'cancelled: the run was cancelled',
    events: 'cancelled: the run was cancelled',
  });
  expect(await runOf(runId)).toMatchObject({ state: 'cancelled', reason: 'cancelled by a person' });
  const { rows } = await academy.pool.query('select from gatherings where run_id = $1', [runId]);
  expect(rows).toHaveLength(0);
  expect(await academy.sync({ full: true })).toMatchObject({ state: 'succeeded' });
});

test('runs, sources and lanes are found by search attributes', async () => {
  const listed = async (query: string) => {
    const found = new Set<string>();
    for await (const { type } of academy.temporal.workflow.list({ query })) found.add(type);
    return [...found].sort();
  };
  expect(await listed(`TributarySource = "crm" and TributaryTrigger = "manual"`)).toEqual(['syncSource']);
  expect(await listed(`TributaryPortal = "${academy.portalId}"`)).toEqual([
    'consolidate',
    'deliver',
    // A complete read looks at what it did not find again.
    'receive',
    'syncRun',
    'syncSource',
  ]);
});

test('an unknown source is refused with the names that there are', async () => {
  const failed = await start({ sources: ['impact'] }).then((handle) =>
    handle.result().catch((error: Error) => error),
  );
  expect(rootMessage(failed)).toBe('there is no source impact; configured are hubspot, events, crm, shop');
});

test('the Temporal CLI starts a run with JSON input', async () => {
  const input = JSON.stringify({ sources: ['crm'] });
  const { stdout } = await promisify(execFile)(
    await temporalProgram(),
    [
      ...['workflow', 'start', '--type', 'syncRun', '--task-queue', 'tributary', '--input', input],
      ...['--address', academy.temporalAddress, '--namespace', academy.namespace, '--output', 'json'],
    ],
    { timeout: 30_000 },
  );
  const { workflowId } = JSON.parse(stdout) as { workflowId: string };
  const result = (await academy.temporal.workflow.getHandle(workflowId).result()) as SyncRunResult;
  expect(result).toEqual({ runId: workflowId, state: 'succeeded' });
  expect(await runOf(workflowId)).toMatchObject({ trigger: 'manual', sources: ['hubspot', 'crm'] });
});

test('a workflow id is a run only once: used again, it does not succeed without reading anything', async () => {
  const workflowId = uniqueName('by-hand');
  const again = { taskQueue, workflowId, args: [{ sources: ['crm'] }] };
  expect(await academy.temporal.workflow.execute('syncRun', again)).toMatchObject({ state: 'succeeded' });
  const failed = await academy.temporal.workflow.execute('syncRun', again).catch((error: Error) => error);
  expect(rootMessage(failed)).toBe(
    `run ${workflowId} has ended already; start another one under another workflow id`,
  );
  expect(await runOf(workflowId)).toMatchObject({ state: 'succeeded' });
}, 60_000);

test("a schedule of the configuration starts its sources' run when it is triggered", async () => {
  const env = {
    ACADEMY_TOKEN: 'x',
    ACADEMY_HUBSPOT_URL: 'http://x',
    EVENTS_FOLDER: '/',
    CRM_URL: 'x',
    SHOP_URL: 'http://x',
    SHOP_PASSWORD: 'x',
  };
  const loaded = loadConfig({ path: secondConfig, env, readSecretFile: () => '', now: new Date() });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  const { created } = await applySchedules(academy.temporal, loaded.config);
  expect(created.sort()).toEqual(['often', 'tick', 'weekdays']);
  try {
    await academy.temporal.schedule.getHandle('weekdays').trigger();
    await until(async () => (await scheduledRuns()).some(({ ended_at }) => ended_at !== null));
    expect(await scheduledRuns()).toEqual([
      expect.objectContaining({ state: 'succeeded', sources: ['hubspot', 'crm', 'shop'] }),
    ]);
  } finally {
    for (const { scheduleId } of await ownSchedules(academy.temporal)) {
      await academy.temporal.schedule.getHandle(scheduleId).delete();
    }
  }
});

function start(input: SyncRunInput): Promise<WorkflowHandle & { result(): Promise<SyncRunResult> }> {
  const workflowId = `run:${uniqueName('test')}`;
  return academy.temporal.workflow.start('syncRun', { taskQueue, workflowId, args: [input] });
}

/** A run that has the signal before its first step. */
function startSignalled(signal: string, input: SyncRunInput): Promise<WorkflowHandle> {
  const workflowId = `run:${uniqueName('test')}`;
  return academy.temporal.workflow.signalWithStart('syncRun', {
    ...{ taskQueue, workflowId, args: [input] },
    ...{ signal, signalArgs: [] },
  });
}

async function sourceStates(runId: string): Promise<Record<string, string>> {
  const { rows } = await academy.pool.query<{ source: string; told: string }>(
    `select source, concat_ws(': ', state, reason) as told from run_sources where run_id = $1`,
    [runId],
  );
  return Object.fromEntries(rows.map(({ source, told }) => [source, told]));
}

async function runOf(runId: string): Promise<Record<string, unknown>> {
  const { rows } = await academy.pool.query('select * from runs where run_id = $1', [runId]);
  return rows[0] as Record<string, unknown>;
}

async function scheduledRuns(): Promise<{ ended_at: Date | null }[]> {
  const { rows } = await academy.pool.query(`select * from runs where run_id like 'weekdays-%'`);
  return rows as { ended_at: Date | null }[];
}

/** When each execution of a workflow id began and ended, oldest first, once Temporal's list shows all as ended. */
async function endedExecutionsOf(workflowId: string): Promise<{ startMs: number; endMs: number }[]> {
  let found: Awaited<ReturnType<typeof executionsOf>> = [];
  await until(async () => {
    found = await executionsOf(workflowId);
    return found.length > 1 && found.every(({ endMs }) => endMs < Infinity);
  });
  return found;
}

async function executionsOf(workflowId: string): Promise<{ startMs: number; endMs: number }[]> {
  const found = [];
  for await (const { startTime, closeTime } of academy.temporal.workflow.list({
    query: `WorkflowId = "${workflowId}"`,
  })) {
    found.push({ startMs: startTime.getTime(), endMs: closeTime?.getTime() ?? Infinity });
  }
  return found.sort((a, b) => a.startMs - b.startMs);
}

function rootMessage(error: unknown): string | undefined {
  const { cause, message } = error as Error;
  return cause ? rootMessage(cause) : message;
}
