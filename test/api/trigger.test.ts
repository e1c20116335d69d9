import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { bindPortal } from '../../src/db/portals';
import { insertRun } from '../../src/db/runs/runs';
import { connectTemporal, uniqueName, type TestTemporal } from '../support/temporal';
import { openable, runActivities } from './runActivities';
import { post, startApi, type Answer, type TestApi } from './startApi';

// Failures of workflows are part of these tests; what is asserted is what the API says of them.
Runtime.install({ logger: new DefaultLogger('ERROR') });
const taskQueue = uniqueName('api');
let temporal: TestTemporal;
let api: TestApi;
let bundle: WorkflowBundleWithSourceMap;
const started: string[] = [];

beforeAll(async () => {
  temporal = await connectTemporal();
  api = await startApi({
    temporal: temporal.client,
    taskQueue,
    temporalUiUrl: 'http://127.0.0.1:8233/',
  });
  bundle = await bundleWorkflowCode({
    workflowsPath: join(__dirname, '../../src/workflows/index.ts'),
    logger: new DefaultLogger('ERROR'),
  });
}, 300_000);
afterEach(async () => {
  // A run that goes on would meet the next test's worker, or stay on the server that all tests share.
  for (const runId of started.splice(0)) {
    await temporal.client.workflow
      .getHandle(`run:${runId}`)
      .terminate()
      .catch(() => undefined);
  }
});
afterAll(async () => {
  await api.close();
  await temporal.close();
});

async function start(path: string, init = post()): Promise<{ reply: Answer; runId: string }> {
  const reply = await api.ask(path, init);
  expect(reply.status).toBe(202);
  const runId = String(reply.json['runId']);
  started.push(runId);
  return { reply, runId };
}

/** The argument that the workflow was started with, from the server's own history. */
async function inputOf(runId: string): Promise<unknown> {
  const { events } = await temporal.client.workflow.getHandle(`run:${runId}`).fetchHistory();
  const data = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
  return JSON.parse(Buffer.from(data as Uint8Array).toString('utf8'));
}

describe('the trigger', () => {
  test.each([
    ['azure', undefined, { trigger: 'api', sources: ['azure'] }],
    ['azure', {}, { trigger: 'api', sources: ['azure'] }],
    ['hubspot', { full: true }, { trigger: 'api', sources: ['hubspot'], full: true }],
    ['all', { full: false, portal: 'main' }, { trigger: 'api', full: false, portal: 'main' }],
  ])('of %s with %j starts a run', async (source, body, input) => {
    const { reply, runId } = await start(`/api/sync/trigger/${source}`, post(body));
    expect(reply.json).toEqual({
      runId,
      statusUrl: `/api/sync/status/${runId}`,
      workflowUrl: `http://127.0.0.1:8233/namespaces/default/workflows/run%3A${runId}`,
      repeated: false,
    });
    expect(reply.headers.get('location')).toBe(`/api/sync/status/${runId}`);
    const workflow = await temporal.client.workflow.getHandle(`run:${runId}`).describe();
    expect([workflow.type, workflow.taskQueue, workflow.status.name]).toEqual([
      'syncRun',
      taskQueue,
      'RUNNING',
    ]);
    expect(await inputOf(runId)).toEqual(input);
  });

  test('gives a request that is repeated under its key the same run, also when it was sent at once', async () => {
    const init = post({ full: true }, { 'idempotency-key': uniqueName('key') });
    const both = await Promise.all([
      start('/api/sync/trigger/azure', init),
      start('/api/sync/trigger/azure', init),
    ]);
    expect(both[0].runId).toBe(both[1].runId);
    expect(both.map(({ reply }) => reply.json['repeated']).sort()).toEqual([false, true]);
    await temporal.client.workflow.getHandle(`run:${both[0].runId}`).terminate();
    const later = await start('/api/sync/trigger/azure', init);
    expect([later.runId, later.reply.json['repeated']]).toEqual([both[0].runId, true]);
  });

  test('refuses a key that was used for another request', async () => {
    const headers = { 'idempotency-key': uniqueName('key') };
    const { runId } = await start('/api/sync/trigger/azure', post({}, headers));
    for (const [source, body] of [
      ['ielts', {}],
      ['azure', { full: true }],
    ] as const) {
      const reply = await api.ask(`/api/sync/trigger/${source}`, post(body, headers));
      expect(reply.status).toBe(409);
      expect(reply.json).toMatchObject({ type: 'urn:tributary:problem:conflict', runId });
    }
  });

  test.each(['a key', 'x'.repeat(201)])('refuses the key %j', async (key) => {
    const reply = await api.ask('/api/sync/trigger/azure', post({}, { 'idempotency-key': key }));
    expect([reply.status, reply.json['errors']]).toEqual([
      422,
      [expect.objectContaining({ parameter: 'Idempotency-Key' })],
    ]);
  });

  test('starts nothing for a request that is refused', async () => {
    const own = uniqueName('refused');
    const other = await startApi({ temporal: temporal.client, taskQueue: own });
    try {
      await other.ask('/api/sync/trigger/azur', post());
      await other.ask('/api/sync/trigger/azure', post({ ful: true }));
      const headers = { authorization: 'Bearer wrong-token' };
      await other.ask('/api/sync/trigger/azure', { ...post(), headers });
      const { json } = await other.ask('/api/sync/trigger/azure', post());
      started.push(String(json['runId']));
      // What was started later is visible: so would be what was started before.
      expect(await visibleOn(own)).toEqual([`run:${String(json['runId'])}`]);
    } finally {
      await other.close();
    }
  });
});

describe('the status of a run', () => {
  test('that no worker has taken up says so', async () => {
    const { runId } = await start('/api/sync/trigger/azure');
    const { status, json } = await api.ask(`/api/sync/status/${runId}`);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      runId,
      state: 'starting',
      reason: 'waits for a worker',
      progress: null,
      workflow: {
        workflowId: `run:${runId}`,
        status: 'RUNNING',
        url: expect.stringContaining('/workflows/'),
      },
    });
  });

  test('follows the real workflow from its start to its end', async () => {
    const portalId = String(randomInt(1_000_000, 2_000_000_000));
    await bindPortal(api.pool, uniqueName('portal'), portalId, null);
    const gate = openable();
    const worker = await workerWith(runActivities(api.pool, portalId, gate.opened));
    await worker.runUntil(async () => {
      const { runId } = await start('/api/sync/trigger/azure');
      const reading = await until(
        runId,
        ({ progress }) => (progress as { stage?: string })?.stage === 'reading',
      );
      expect(reading).toMatchObject({ state: 'running', trigger: 'api', progress: { paused: false } });
      expect(reading['sources']).toMatchObject([{ source: 'azure' }]);
      gate.open();
      const ended = await until(runId, ({ state }) => state !== 'running');
      expect(ended).toMatchObject({
        state: 'succeeded',
        reason: null,
        sources: [{ source: 'azure', state: 'succeeded' }],
        durationMs: expect.any(Number),
        progress: null,
      });
    });
  });

  test('tells why a run failed before it could begin', async () => {
    const told: unknown[] = [];
    const worker = await workerWith({
      connectPortal: () => {
        throw ApplicationFailure.nonRetryable('the token is of another portal', 'configuration');
      },
      failStart: (input: unknown) => void told.push(input),
    });
    await worker.runUntil(async () => {
      const { runId } = await start('/api/sync/trigger/azure');
      const ended = await until(runId, ({ state }) => state !== 'starting');
      expect(ended).toMatchObject({ state: 'failed', reason: 'the token is of another portal' });
      expect(told).toEqual([{ runId, trigger: 'api', reason: 'the token is of another portal' }]);
    });
  });

  test('shows a run as failed whose workflow was terminated', async () => {
    const portalId = String(randomInt(1_000_000, 2_000_000_000));
    await bindPortal(api.pool, uniqueName('portal'), portalId, null);
    const { runId } = await start('/api/sync/trigger/azure');
    await insertRun(api.pool, portalId, { runId, trigger: 'api', full: false, sources: ['azure'] });
    expect((await api.ask(`/api/sync/status/${runId}`)).json['state']).toBe('running');
    await temporal.client.workflow.getHandle(`run:${runId}`).terminate('by the test');
    expect((await api.ask(`/api/sync/status/${runId}`)).json).toMatchObject({
      state: 'failed',
      reason: 'its workflow ended as TERMINATED',
      workflow: { status: 'TERMINATED' },
    });
  });

  test('shows a run as failed that Temporal has forgotten', async () => {
    const portalId = String(randomInt(1_000_000, 2_000_000_000));
    const runId = uniqueName('forgotten');
    await bindPortal(api.pool, uniqueName('portal'), portalId, null);
    await insertRun(api.pool, portalId, { runId, trigger: 'api', full: false, sources: ['azure'] });
    expect((await api.ask(`/api/sync/status/${runId}`)).json).toMatchObject({
      state: 'failed',
      reason: 'Temporal does not know this run any more',
    });
  });

  test('finds a run whose workflow id a person or a schedule gave, and no other workflow', async () => {
    const workflowId = uniqueName('scheduled-2026-03-01T02:00:00Z');
    const options = { taskQueue, workflowId, args: [{}] };
    const run = await temporal.client.workflow.start('syncRun', options);
    const other = await temporal.client.workflow.start('tick', {
      ...options,
      workflowId: uniqueName('tick'),
    });
    const found = await api.ask(`/api/sync/status/${workflowId}`);
    const notFound = await api.ask(`/api/sync/status/${other.workflowId}`);
    await Promise.all([run.terminate(), other.terminate()]);
    expect([found.status, found.json['state']]).toEqual([200, 'starting']);
    expect(notFound.status).toBe(404);
  });

  test('is a 404 for an id that nobody knows', async () => {
    const reply = await api.ask(`/api/sync/status/${uniqueName('nobody')}`);
    expect([reply.status, reply.json['type']]).toEqual([404, 'urn:tributary:problem:unknown-run']);
  });
});

/** Ids of the workflows on a task queue, once there is one. */
async function visibleOn(queue: string): Promise<string[]> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const ids: string[] = [];
    const list = temporal.client.workflow.list({ query: `TaskQueue = '${queue}'` });
    for await (const { workflowId } of list) ids.push(workflowId);
    if (ids.length > 0) return ids;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return [];
}

function workerWith(activities: object): Promise<Worker> {
  return Worker.create({
    connection: temporal.nativeConnection,
    taskQueue,
    workflowBundle: bundle,
    activities,
  });
}

/** Asks for the status until it is as expected. @throws after 20 s with the last answer */
async function until(
  runId: string,
  isExpected: (status: Record<string, unknown>) => boolean,
): Promise<Record<string, unknown>> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const { json } = await api.ask(`/api/sync/status/${runId}`);
    if (isExpected(json)) return json;
    if (Date.now() > deadline) throw new Error(`the run did not get there: ${JSON.stringify(json)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
