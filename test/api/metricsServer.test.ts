import { Runtime } from '@temporalio/worker';
import { createMetrics } from '../../src/worker/metrics';
import {
  freeLoopbackAddress,
  serveMetrics,
  temporalTelemetry,
  type MetricsServer,
} from '../../src/worker/metricsServer';
import { connectTemporal, type TestTemporal } from '../support/temporal';
import { readMetrics } from './readMetrics';

let temporal: TestTemporal;
let server: MetricsServer;
let isRunning = true;

beforeAll(async () => {
  const sdkAddress = await freeLoopbackAddress();
  Runtime.install({ telemetryOptions: temporalTelemetry(sdkAddress) });
  temporal = await connectTemporal();
  await temporal.nativeConnection.workflowService.getSystemInfo({});
  server = (await serveMetrics(createMetrics(), 0, { sdkAddress, isRunning: () => isRunning }))!;
}, 300_000);
afterAll(async () => {
  await server.close();
  await temporal.close();
});

test("a worker's metrics are ours, those of its process, and the Temporal SDK's own", async () => {
  const reply = await fetch(server.url);
  expect(reply.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const families = readMetrics(await reply.text());
  expect(families['middleware_temporal_metrics_up']!.samples).toEqual({
    'middleware_temporal_metrics_up{}': 1,
  });
  expect(families['hubspot_call_duration_seconds']!.type).toBe('histogram');
  expect(families['process_resident_memory_bytes']).toBeDefined();
  expect(Object.keys(families)).toContain('temporal_request_total');
  expect(families['temporal_request_latency_seconds']!.type).toBe('histogram');
});

test("a worker's metrics are there when the SDK's are not, and say so", async () => {
  const lonely = (await serveMetrics(createMetrics({ withProcess: false }), 0, {
    sdkAddress: '127.0.0.1:1',
  }))!;
  const families = readMetrics(await (await fetch(lonely.url)).text());
  await lonely.close();
  expect(families['middleware_temporal_metrics_up']!.samples).toEqual({
    'middleware_temporal_metrics_up{}': 0,
  });
  expect(families['hubspot_calls_total']).toBeDefined();
});

test('a worker is live while it takes work', async () => {
  const url = new URL('/health/live', server.url);
  expect((await fetch(url)).status).toBe(200);
  isRunning = false;
  expect((await fetch(url)).status).toBe(503);
  isRunning = true;
});

test('only reading is allowed, and only what is there', async () => {
  expect((await fetch(server.url, { method: 'POST' })).status).toBe(405);
  expect((await fetch(new URL('/nothing', server.url))).status).toBe(404);
});

test('nothing is served where no port is set', async () => {
  expect(await serveMetrics(createMetrics({ withProcess: false }), undefined)).toBeUndefined();
});
