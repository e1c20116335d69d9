import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import type { Metrics } from '../activities/deps';

export interface WorkerMetrics extends Metrics {
  registry: Registry;
}

/** Seconds: a partner's run takes some, a first load hours. */
const syncBuckets = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600];
/** Seconds: HubSpot's batch calls usually take between 0.1 and 2; the deadline of a call is 30. */
const callBuckets = [0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30];

/** Most values of one label: all are names of the configuration or constants, so more would be a defect. */
const labelValuesMax = 200;
const labelLengthMax = 100;

/**
 * What a worker measures itself: durations and calls. Records are not counted here but by the API, from the counts
 * that Postgres holds: a worker that dies would lose its own, and two counters of the same records would add up.
 * @param withProcess whether to add CPU, memory and event loop of this process
 */
export function createMetrics({ withProcess = true }: { withProcess?: boolean } = {}): WorkerMetrics {
  const registry = new Registry();
  if (withProcess) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const duration = new Histogram({
    name: 'middleware_sync_duration_seconds',
    help: 'How long reading a source took in a run, per object that it feeds.',
    labelNames: ['source', 'object_type'],
    buckets: syncBuckets,
    registers,
  });
  const calls = new Counter({
    name: 'hubspot_calls_total',
    help: 'Calls sent to HubSpot; status is the HTTP status, `network` or `deadline`.',
    labelNames: ['endpoint', 'status'],
    registers,
  });
  const callDuration = new Histogram({
    name: 'hubspot_call_duration_seconds',
    help: 'From opening a request to the last byte of its reply.',
    labelNames: ['endpoint'],
    buckets: callBuckets,
    registers,
  });
  const sourceLabel = cappedLabel();
  const objectLabel = cappedLabel();
  const endpointLabel = cappedLabel();
  const statusLabel = cappedLabel();

  return {
    registry,
    call(endpoint, status, durationMs) {
      const label = endpointLabel(endpoint);
      calls.inc({ endpoint: label, status: statusLabel(status) });
      callDuration.observe({ endpoint: label }, durationMs / 1_000);
    },
    syncDuration(source, objectType, seconds) {
      duration.observe({ source: sourceLabel(source), object_type: objectLabel(objectType) }, seconds);
    },
  };
}

/** Lets the first values through and calls all later ones `other`: a label must not grow without end. */
function cappedLabel(): (value: string) => string {
  const seen = new Set<string>();
  return (value) => {
    if (value.length > labelLengthMax) return 'other';
    if (!seen.has(value) && seen.size >= labelValuesMax) return 'other';
    seen.add(value);
    return value;
  };
}
