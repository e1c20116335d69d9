import { Counter, Gauge, Registry } from 'prom-client';
import type { MetricRows } from '../db/runs/metricRows';

/**
 * The river's state as Prometheus text. Counted from Postgres, where each count was written in the transaction of its
 * effect: so it survives every restart and is the same whichever process is scraped.
 * @param sources of the configuration: each has a queue depth, also of 0
 */
export function riverMetrics(rows: MetricRows, sources: string[]): Promise<string> {
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: string[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });

  const records = new Counter({
    name: 'middleware_sync_records_total',
    help: 'Records by what happened to them, over all runs.',
    labelNames: ['source', 'object_type', 'status'],
    registers: [registry],
  });
  for (const { source, objectType, status, count } of rows.records) {
    records.inc({ source, object_type: objectType, status }, count);
  }

  const depthHelp = 'Records that are staged and not consolidated, or due and not delivered, by source.';
  const depth = gauge('middleware_sync_queue_depth', depthHelp, ['source']);
  for (const source of sources) depth.set({ source }, 0);
  for (const row of rows.queue) depth.set({ source: row.source }, row.depth);

  const dueHelp = 'Associations that are due, those that wait for a record of theirs included.';
  const associations = gauge('middleware_sync_associations_due', dueHelp, ['source']);
  for (const row of rows.associations) associations.set({ source: row.source }, row.due);

  const problems = gauge('middleware_problems_open', 'Open problems by kind.', ['kind']);
  for (const row of rows.problems) problems.set({ kind: row.kind }, row.open);
  const reviews = gauge('middleware_reviews_open', 'Identity decisions that wait for a person.', ['kind']);
  for (const row of rows.reviews) reviews.set({ kind: row.kind }, row.open);
  const pinsHelp = 'Edits in HubSpot that count for a time, or wait for a person.';
  const pins = gauge('middleware_pins_open', pinsHelp, ['portal', 'object_type']);
  for (const row of rows.pins) pins.set({ portal: row.portal, object_type: row.objectType }, row.open);

  setQuota(rows.quota, gauge);

  const paused = gauge('middleware_portal_paused', '1 while no call is made to the portal.', ['portal']);
  const mode = gauge('middleware_portal_mode', '1 for the mode that the portal is in.', ['portal', 'mode']);
  for (const row of rows.portals) {
    paused.set({ portal: row.portal }, row.paused ? 1 : 0);
    for (const name of ['hold', 'live'])
      mode.set({ portal: row.portal, mode: name }, row.mode === name ? 1 : 0);
  }
  return registry.metrics();
}

function setQuota(
  rows: MetricRows['quota'],
  gauge: (name: string, help: string, labelNames: string[]) => Gauge,
): void {
  const labelNames = ['portal', 'bucket'];
  const usedHelp =
    'Calls of the bucket taken so far; of `daily` since its reset. Falls when slots are returned.';
  const used = gauge('hubspot_quota_used', usedHelp, labelNames);
  const limit = gauge('hubspot_quota_limit', 'Calls that the bucket allows per window.', labelNames);
  const window = gauge('hubspot_quota_window_seconds', 'Length of the window of a bucket.', labelNames);
  const ahead = gauge('hubspot_quota_reserved_seconds', 'How far ahead calls are reserved.', labelNames);
  for (const { portal, bucket, ...row } of rows) {
    used.set({ portal, bucket }, row.used);
    limit.set({ portal, bucket }, row.limit);
    window.set({ portal, bucket }, row.windowS);
    ahead.set({ portal, bucket }, row.aheadS);
  }
}
