import { setTimeout as sleep } from 'node:timers/promises';
import { taskQueue, workflowIds } from '../src/workflows/contracts';
import { readStats, resetStats, setSettings } from './simulatorStats';
import type { Stack } from './stack';

/** HubSpot's quota of most accounts: 190 calls in ten seconds (facts §2.1). */
const callsPerWindow = 190;
const windowSeconds = 10;
const latency = { meanMs: 200, jitterMs: 100 };
const warmUpSeconds = 12;
const measuredSeconds = 60;
const recordsPerCall = 100;

export interface QuotaFigures {
  seconds: number;
  calls: number;
  allowed: number;
  /** Calls per allowed call. */
  share: number;
  rateRefusals: number;
  largestWindow: number;
  limit: number;
}

/** Lets bulk delivery run against the real quota, with records waiting for longer than is measured. */
export async function quotaUse(stack: Stack): Promise<QuotaFigures> {
  const { pool, portalId, simulatorUrl, temporal } = stack;
  const limits = { perTenSeconds: callsPerWindow, associationsPerTenSeconds: callsPerWindow };
  await setSettings(simulatorUrl, { limits, latency });
  await pool.query('update quota_buckets set calls_max = $1, next_slot_at = now()', [callsPerWindow]);
  const seconds = warmUpSeconds + measuredSeconds + 10;
  await fillOutbox(stack, Math.ceil((seconds * callsPerWindow) / windowSeconds) * recordsPerCall);
  await resetStats(simulatorUrl);
  await temporal.workflow.start('deliver', {
    taskQueue,
    workflowId: workflowIds.deliver(portalId, 'bulk'),
    args: [{ portalId, lane: 'bulk' }],
  });
  await sleep(warmUpSeconds * 1_000);
  const before = (await readStats(simulatorUrl)).calls;
  const began = performance.now();
  await sleep(measuredSeconds * 1_000);
  const after = await readStats(simulatorUrl);
  const measured = (performance.now() - began) / 1_000;
  const allowed = (measured * callsPerWindow) / windowSeconds;
  const { burst } = after.limits.buckets;
  return {
    seconds: measured,
    calls: after.calls - before,
    allowed,
    share: (after.calls - before) / allowed,
    rateRefusals: burst!.violations,
    largestWindow: burst!.largestAtArrival,
    limit: callsPerWindow,
  };
}

/** New contacts that only delivery has to do with. */
async function fillOutbox({ pool, portalId }: Stack, records: number): Promise<void> {
  await pool.query(
    `with made as (
       insert into golden_records (portal_id, object_type, golden_id, values, origins, lead_source)
       select $1, 'contacts', gen_random_uuid(), jsonb_build_object('email', 'quota-' || n || '@bench.example',
         'firstname', 'Quota', 'lastname', 'Number ' || n, 'country', 'Spain'), '{}', 'azure'
       from generate_series(1, $2::int) as n returning golden_id)
     insert into outbox (portal_id, object_type, golden_id, lead_source) select $1, 'contacts', golden_id, 'azure' from made`,
    [portalId, records],
  );
}
