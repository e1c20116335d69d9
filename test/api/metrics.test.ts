import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import { Registry } from 'prom-client';
import { metrics } from '../../src/api/metrics';
import { createLogger } from '../../src/config/logger';
import { savePins } from '../../src/db/golden/pins';
import { bindPortal, pausePortal, setMode } from '../../src/db/portals';
import { openProblems } from '../../src/db/problems/problems';
import { ensureBuckets } from '../../src/db/quota/quota';
import { addCounts } from '../../src/db/runs/runCounts';
import { stageRecords } from '../../src/db/staging/stagedRecords';
import type { NewPin } from '../../src/domain/merge/decidePins';
import { createMetrics } from '../../src/worker/metrics';
import { serveMetrics, type MetricsServer } from '../../src/worker/metricsServer';
import { readMetrics, type Family } from './readMetrics';
import { startApi, type TestApi } from './startApi';

const portalId = '100';
let api: TestApi;
beforeEach(async () => {
  api = await startApi();
  await bindPortal(api.pool, 'main', portalId, 'UTC');
});
afterEach(() => api.close());

async function scrape(from: TestApi = api): Promise<Record<string, Family>> {
  const reply = await from.ask('/metrics', { headers: { authorization: '' } });
  expect(reply.status).toBe(200);
  expect(reply.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  return readMetrics(reply.text);
}

async function mark(source: string, count: number, parked = false): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    await api.pool.query(
      `insert into outbox (portal_id, object_type, golden_id, lead_source, parked) values ($1, 'contacts', $2, $3, $4)`,
      [portalId, randomUUID(), source, parked],
    );
  }
}

describe('the metrics of the river', () => {
  test('count records over all runs, by source, object and status', async () => {
    const count = (status: 'read' | 'created', n: number) => ({
      source: 'azure',
      objectType: 'contacts',
      status,
      count: n,
    });
    await addCounts(api.pool, portalId, 'r1', [count('read', 10), count('created', 3)]);
    await addCounts(api.pool, portalId, 'r2', [
      count('read', 5),
      { ...count('read', 7), objectType: 'deals' },
      { source: 'azure', objectType: 'contacts', status: 'calls:create', count: 2 },
    ]);
    const { middleware_sync_records_total: records } = await scrape();
    expect(records).toMatchObject({
      type: 'counter',
      samples: {
        'middleware_sync_records_total{object_type="contacts",source="azure",status="read"}': 15,
        'middleware_sync_records_total{object_type="contacts",source="azure",status="created"}': 3,
        'middleware_sync_records_total{object_type="deals",source="azure",status="read"}': 7,
      },
    });
    expect(Object.keys(records!.samples)).toHaveLength(3);
  });

  test('show how much waits, by source, and 0 for one where nothing waits', async () => {
    const stream = { portalId, source: 'azure', stream: 'people' };
    const records = ['1', '2', '3'].map((key) => ({ key, payload: {}, payloadHash: key, changedAt: null }));
    await stageRecords(api.pool, stream, 'contacts', records, { runId: 'r1', lane: 2 });
    await api.pool.query(`update staged_records set due_at = null where record_key = '3'`);
    await mark('azure', 4);
    await mark('ielts', 2);
    await mark('ielts', 5, true);
    const { middleware_sync_queue_depth: depth } = await scrape();
    expect(depth).toMatchObject({ type: 'gauge' });
    expect(depth!.samples).toEqual({
      'middleware_sync_queue_depth{source="hubspot"}': 0,
      'middleware_sync_queue_depth{source="azure"}': 6,
      'middleware_sync_queue_depth{source="ielts"}': 2,
      'middleware_sync_queue_depth{source="impact"}': 0,
    });
  });

  test('show people’s edits that hold or wait, by portal and object; those that ended are no more', async () => {
    await bindPortal(api.pool, 'other', '200', 'UTC');
    const goldenId = randomUUID();
    const pin = (recordId: string, state: 'pinned' | 'review' | 'ended'): NewPin => ({
      ...{ recordId, property: 'city', value: 'Bath', at: '2026-01-09T10:00:00.123Z', state },
      ...{ setBy: 'person', writer: 'CRM_UI userId:17', expiresAt: null, pinForMs: null },
      endedBy: state === 'ended' ? 'expired' : null,
    });
    const store = (portal: string, objectType: string, ...opened: NewPin[]) =>
      savePins(api.pool, portal, objectType, [{ goldenId, opened, ended: [], moved: [] }]);
    await store(portalId, 'contacts', pin('1', 'pinned'), pin('2', 'review'), pin('3', 'ended'));
    await store(portalId, 'companies', pin('4', 'pinned'));
    await store('200', 'contacts', pin('1', 'pinned'));
    const { middleware_pins_open: pins } = await scrape();
    expect(pins).toMatchObject({
      type: 'gauge',
      samples: {
        'middleware_pins_open{object_type="contacts",portal="main"}': 2,
        'middleware_pins_open{object_type="companies",portal="main"}': 1,
        'middleware_pins_open{object_type="contacts",portal="other"}': 1,
      },
    });
  });

  test('show problems by kind, the portal and its quota', async () => {
    const fault = { stage: 'consolidate', objectType: 'contacts', reason: 'broken' } as const;
    await openProblems(api.pool, portalId, 'r1', [
      { ...fault, kind: 'defect', key: '1' },
      { ...fault, kind: 'defect', key: '2' },
      { ...fault, kind: 'defect', key: '3' },
      { ...fault, kind: 'goneLimit' },
    ]);
    await api.pool.query(`update problems set closed_at = now() where record_key = '3'`);
    await ensureBuckets(api.pool, portalId, [
      { bucket: 'burst', callsMax: 190, callsCap: null, windowMs: 10_000 },
      { bucket: 'daily', callsMax: 250_000, callsCap: null, windowMs: 86_400_000 },
    ]);
    await api.pool.query(`update quota_buckets set used = 42 where bucket = 'daily'`);
    const before = await scrape();
    expect(before['middleware_problems_open']!.samples).toEqual({
      'middleware_problems_open{kind="defect"}': 2,
      'middleware_problems_open{kind="goneLimit"}': 1,
    });
    expect(before['hubspot_quota_limit']!.samples).toEqual({
      'hubspot_quota_limit{bucket="burst",portal="main"}': 190,
      'hubspot_quota_limit{bucket="daily",portal="main"}': 250_000,
    });
    expect(before['hubspot_quota_used']!.samples).toMatchObject({
      'hubspot_quota_used{bucket="daily",portal="main"}': 42,
    });
    expect(before['hubspot_quota_window_seconds']!.samples).toMatchObject({
      'hubspot_quota_window_seconds{bucket="burst",portal="main"}': 10,
    });
    const portal = (of: Record<string, Family>) => ({
      ...of['middleware_portal_paused']!.samples,
      ...of['middleware_portal_mode']!.samples,
    });
    expect(portal(before)).toEqual({
      'middleware_portal_paused{portal="main"}': 0,
      'middleware_portal_mode{mode="hold",portal="main"}': 1,
      'middleware_portal_mode{mode="live",portal="main"}': 0,
    });
    await setMode(api.pool, portalId, 'live');
    await pausePortal(api.pool, portalId, null, 'a test');
    expect(portal(await scrape())).toEqual({
      'middleware_portal_paused{portal="main"}': 1,
      'middleware_portal_mode{mode="hold",portal="main"}': 0,
      'middleware_portal_mode{mode="live",portal="main"}': 1,
    });
  });

  test('are left out while Postgres is not set up, and the rest is still there', async () => {
    await api.pool.query('alter table outbox rename to hidden');
    const families = await scrape();
    expect(families['middleware_up']!.samples).toEqual({ 'middleware_up{part="postgres"}': 0 });
    expect(families['middleware_sync_queue_depth']).toBeUndefined();
    expect(families['middleware_api_auth_failures_total']).toBeDefined();
    await api.pool.query('alter table hidden rename to outbox');
    expect((await scrape())['middleware_up']!.samples).toEqual({ 'middleware_up{part="postgres"}': 1 });
  });

  test('are read once for scrapes that come at once', async () => {
    const log = createLogger({ level: 'silent' });
    const deps = { pool: api.pool, log, sources: ['azure'], registry: new Registry(), workerMetricsUrls: [] };
    const answer = metrics(deps);
    const texts: string[] = [];
    const response = { set: () => response, type: () => response, send: (text: string) => texts.push(text) };
    const ask = () => answer({} as Request, response as unknown as Response);
    const connections = jest.spyOn(api.pool, 'connect');
    await Promise.all([ask(), ask(), ask()]);
    expect(connections).toHaveBeenCalledTimes(1);
    await ask();
    expect(connections).toHaveBeenCalledTimes(2);
    expect(texts).toEqual([texts[0], texts[0], texts[0], expect.any(String)]);
  });
});

describe('the metrics of workers', () => {
  const servers: MetricsServer[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  async function worker(calls: number): Promise<string> {
    const own = createMetrics({ withProcess: false });
    for (let at = 0; at < calls; at += 1) own.call('objects.batchUpdate', '200', 250);
    own.syncDuration('azure', 'contacts', 12);
    const server = await serveMetrics(own, 0);
    servers.push(server!);
    return server!.url;
  }

  test('stand beside ours in one text, told apart by a label, and no record is counted twice', async () => {
    const workerMetricsUrls = [await worker(2), await worker(3), 'http://127.0.0.1:1/metrics'];
    const all = await startApi({ workerMetricsUrls });
    try {
      await addCounts(all.pool, portalId, 'r1', [
        { source: 'azure', objectType: 'contacts', status: 'read', count: 1_000 },
      ]);
      const families = await scrape(all);
      expect(families['middleware_up']!.samples).toEqual({
        'middleware_up{part="postgres"}': 1,
        'middleware_up{part="worker-1"}': 1,
        'middleware_up{part="worker-2"}': 1,
        'middleware_up{part="worker-3"}': 0,
      });
      expect(families['hubspot_calls_total']).toMatchObject({
        type: 'counter',
        samples: {
          'hubspot_calls_total{endpoint="objects.batchUpdate",process="worker-1",status="200"}': 2,
          'hubspot_calls_total{endpoint="objects.batchUpdate",process="worker-2",status="200"}': 3,
        },
      });
      const duration = families['middleware_sync_duration_seconds']!;
      expect(duration.type).toBe('histogram');
      const labels = 'object_type="contacts",process="worker-1",source="azure"';
      expect(duration.samples).toMatchObject({
        [`middleware_sync_duration_seconds_sum{${labels}}`]: 12,
        [`middleware_sync_duration_seconds_count{${labels}}`]: 1,
        [`middleware_sync_duration_seconds_bucket{le="10",${labels}}`]: 0,
        [`middleware_sync_duration_seconds_bucket{le="30",${labels}}`]: 1,
      });
      const records = Object.values(families['middleware_sync_records_total']!.samples);
      expect(records.reduce((sum, value) => sum + value, 0)).toBe(1_000);
    } finally {
      await all.close();
    }
  });
});

test('labels hold no more values than names exist: a flood of others becomes one', async () => {
  const own = createMetrics({ withProcess: false });
  for (let at = 0; at < 5_000; at += 1) own.call(`endpoint${at}`, '200', 1);
  own.call('x'.repeat(1_000), '200', 1);
  const { hubspot_calls_total: calls } = readMetrics(await own.registry.metrics());
  expect(Object.keys(calls!.samples)).toHaveLength(201);
  expect(calls!.samples['hubspot_calls_total{endpoint="other",status="200"}']).toBe(4_801);
});
