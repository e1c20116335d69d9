import { join } from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { WorkflowHandle } from '@temporalio/client';
import type { ConsolidateInput, DeliverInput, SyncSourceInput } from '../../src/workflows/contracts';
import { connectTemporal, uniqueName, type TestTemporal } from '../support/temporal';

/** The workflows that renew themselves, from the bundle that ships, with activities that only count. */

const dist = process.env['TRIBUTARY_TEST_DIST'] ?? join(__dirname, '../../dist');
const portalId = '1';

let temporal: TestTemporal;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  temporal = await connectTemporal();
});

afterAll(async () => {
  await temporal?.close();
});

interface Execution {
  status: string;
  events: number;
}

/** Runs a workflow to its very end. @returns every execution that it took, oldest first */
async function executionsOf(
  type: string,
  input: ConsolidateInput | DeliverInput | SyncSourceInput,
  activities: Record<string, () => Promise<object>>,
): Promise<Execution[]> {
  const taskQueue = uniqueName('renewal');
  const workflowId = uniqueName(type);
  const worker = await Worker.create({
    connection: temporal.nativeConnection,
    namespace: temporal.namespace,
    taskQueue,
    workflowBundle: { codePath: join(dist, 'workflows.bundle.js') },
    activities,
  });
  const { client } = temporal;
  return worker.runUntil(async () => {
    const first = await client.workflow.start(type, { taskQueue, workflowId, args: [input] });
    await first.result();
    const executions: Execution[] = [];
    let runId: string | undefined = first.firstExecutionRunId;
    while (runId !== undefined) {
      const handle: WorkflowHandle = client.workflow.getHandle(workflowId, runId);
      const { status, historyLength } = await handle.describe();
      executions.push({ status: status.name, events: historyLength });
      const last = (await handle.fetchHistory()).events?.at(-1);
      runId = last?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
    }
    return executions;
  });
}

/** Renewed once its history was longer than the limit, and never far beyond it. */
function expectRenewed(executions: Execution[], limit: number): void {
  expect(executions.length).toBeGreaterThan(2);
  expect(executions.at(-1)!.status).toBe('COMPLETED');
  for (const { status, events } of executions.slice(0, -1)) {
    expect(status).toBe('CONTINUED_AS_NEW');
    expect(events).toBeGreaterThan(limit);
  }
  for (const { events } of executions) expect(events).toBeLessThan(limit + 60);
}

test('consolidate continues as new and goes on until dry', async () => {
  let left = 30;
  const consolidateSlice = async () => ({ records: 1, more: (left -= 1) > 0 });
  const input = { portalId, objectType: 'contacts', renewAfterEvents: 60 };
  expectRenewed(await executionsOf('consolidate', input, { consolidateSlice }), 60);
  expect(left).toBe(0);
});

test('deliver continues as new, with all waves in flight ended', async () => {
  let [left, sent] = [20, 0];
  const activities = {
    claimBatches: async () =>
      left > 0
        ? { batchIds: [String((left -= 1))], kind: 'records', waitMs: null, reason: null }
        : { batchIds: [], kind: 'records', waitMs: null, reason: 'dry' },
    leaseCalls: async () => ({ leaseId: '1', slots: 1, startsInMs: 0 }),
    sendBatches: async () => ({ calls: (sent += 1), delivered: 1, refused: 0 }),
  };
  const input: DeliverInput = { portalId, lane: 'bulk', renewAfterEvents: 80 };
  expectRenewed(await executionsOf('deliver', input, activities), 80);
  expect(sent).toBe(20);
});

test('syncSource continues as new and reads every stream to its end', async () => {
  let left = 30;
  const extractPage = async () => ({ records: 1, staged: 1, faults: 0, done: (left -= 1) <= 0 });
  const input = {
    portalId,
    runId: 'r',
    source: 'crm',
    streams: ['people'],
    full: false,
    renewAfterEvents: 60,
  };
  expectRenewed(await executionsOf('syncSource', input, { extractPage }), 60);
  expect(left).toBe(0);
});
