import { setTimeout as sleep } from 'node:timers/promises';
import { bellSignal, taskQueue, workflowIds, type DeliveryLane } from '../src/workflows/contracts';
import type { Stack } from './stack';

/** Contacts that bulk delivery has to do with, changed again group by group. */
const groupSize = 20_000;
const groups = 6;
/** Never fewer wait than 20 s of calls need; then a group more is marked. */
const waitingMin = 40_000;
const topUpEveryMs = 1_000;
const urgentDeadlineMs = 30_000;

export interface BulkLoad {
  /** Ends the topping up. What waits then waits on. */
  stop(): Promise<void>;
}

/** Keeps the outbox filled with changed contacts, however long, and rings bulk delivery. Records are new at first. */
export async function keepOutboxFull(stack: Stack): Promise<BulkLoad> {
  const { pool, portalId } = stack;
  let round = 0;
  const waiting = async () => {
    const { rows } = await pool.query<{ count: number }>(
      'select count(*)::int as count from outbox where portal_id = $1 and lane = 2 and batch_id is null',
      [portalId],
    );
    return rows[0]!.count;
  };
  const topUp = async () => {
    while ((await waiting()) < waitingMin) {
      await markGroup(stack, round % groups, `Number ${round}`);
      round += 1;
    }
    await ring(stack, 'bulk');
  };
  let isStopped = false;
  await topUp();
  const loop = (async () => {
    while (!isStopped) {
      await sleep(topUpEveryMs);
      await topUp();
    }
  })();
  return {
    async stop() {
      isStopped = true;
      await loop;
    },
  };
}

async function markGroup({ pool, portalId }: Stack, group: number, lastname: string): Promise<void> {
  await pool.query(
    `with wanted as (
       select md5('quota ' || n)::uuid as golden_id, jsonb_build_object('email', 'quota-' || n || '@bench.example',
         'firstname', 'Quota', 'lastname', $3::text, 'country', 'Spain') as values
       from generate_series($2::int, $2::int + $4::int - 1) as n),
     made as (
       insert into golden_records (portal_id, object_type, golden_id, values, origins, lead_source)
       select $1, 'contacts', golden_id, values, '{}', 'azure' from wanted
       on conflict (portal_id, object_type, golden_id)
         do update set values = excluded.values, version = golden_records.version + 1
       returning golden_id)
     insert into outbox (portal_id, object_type, golden_id, lead_source)
     select $1, 'contacts', golden_id, 'azure' from made on conflict do nothing`,
    [portalId, group * groupSize, lastname, groupSize],
  );
}

/**
 * Marks one new urgent contact and rings, as the activity does that marks it.
 * @returns milliseconds until HubSpot's acknowledgement is stored
 * @throws when that takes longer than half a minute
 */
export async function urgentMs(stack: Stack): Promise<number> {
  const { pool, portalId } = stack;
  const began = performance.now();
  const { rows } = await pool.query<{ golden_id: string }>(
    `with made as (
       insert into golden_records (portal_id, object_type, golden_id, values, origins, lead_source)
       select $1, 'contacts', id, jsonb_build_object('email', id || '@urgent.example', 'firstname', 'Urgent'), '{}', 'azure'
       from gen_random_uuid() as id returning golden_id)
     insert into outbox (portal_id, object_type, golden_id, lead_source, lane)
     select $1, 'contacts', golden_id, 'azure', 0 from made returning golden_id`,
    [portalId],
  );
  await ring(stack, 'realtime');
  while (performance.now() - began < urgentDeadlineMs) {
    const { rowCount } = await pool.query(
      'select from known_states where portal_id = $1 and golden_id = $2',
      [portalId, rows[0]!.golden_id],
    );
    if (rowCount) return performance.now() - began;
    await sleep(20);
  }
  throw new Error('an urgent record was not acknowledged in 30 s');
}

async function ring({ temporal, portalId }: Stack, lane: DeliveryLane): Promise<void> {
  await temporal.workflow.signalWithStart('deliver', {
    taskQueue,
    workflowId: workflowIds.deliver(portalId, lane),
    args: [{ portalId, lane }],
    signal: bellSignal,
  });
}
