import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/activity';
import type { Pool } from 'pg';
import { delayBucket, learnLimit, spendSlot, takeLease, type QuotaBucket, type Slot } from '../db/quota';
import type { HubSpotClient, HubSpotReply } from '../hubspot/client';

/** Slots taken at once when the lease of the workflow does not suffice (a split batch, a conflict's re-read). */
const extraSlots = 1;

/**
 * A client whose every call spends a slot of the quota just before it is sent, and which learns from every reply.
 * @param lease what `leaseCalls` gave; calls beyond it, or of other buckets, lease by themselves
 * @param mayStart asked after the wait for the slot: no call starts when its claim has expired meanwhile
 */
export function leasedClient(
  { pool }: { pool: Pool },
  client: HubSpotClient,
  portalId: string,
  lane: number,
  lease: { leaseId: string; bucket: QuotaBucket } | null,
  mayStart: () => boolean = () => true,
): HubSpotClient {
  const learned = new Map<string, string>();

  async function spend(bucket: QuotaBucket): Promise<void> {
    for (;;) {
      const slot = await nextSlot(bucket);
      const at = performance.now() + slot.waitMs;
      if (slot.waitMs > 1) await sleep(slot.waitMs);
      // A process that was busy wakes up late: then its calls would come in a heap. Such a slot is void.
      if (performance.now() - at <= slot.lateMsMax) return;
    }
  }

  async function nextSlot(bucket: QuotaBucket): Promise<Slot> {
    let slot = lease?.bucket === bucket ? await spendSlot(pool, lease.leaseId) : null;
    while (slot === null) {
      const extra = await takeLease(pool, portalId, bucket, lane, extraSlots);
      slot = await spendSlot(pool, extra.leaseId);
    }
    return slot;
  }

  async function learn(bucket: QuotaBucket, { status, headers }: HubSpotReply): Promise<void> {
    if (status === 429)
      await delayBucket(pool, portalId, bucket, headers.retryAfterMs ?? headers.intervalMs ?? 1_000);
    if (bucket === 'search' || headers.max === null || headers.intervalMs === null) return;
    const told = `${headers.max}/${headers.intervalMs}`;
    if (learned.get(bucket) === told) return;
    learned.set(bucket, told);
    await learnLimit(pool, portalId, bucket, headers.max, headers.intervalMs);
  }

  return {
    apiVersion: client.apiVersion,
    async send(request) {
      await spend(request.bucket);
      if (!mayStart()) {
        throw ApplicationFailure.create({
          type: 'claimExpired',
          message: 'the claim expired before its slot came',
        });
      }
      const reply = await client.send(request);
      await learn(request.bucket, reply);
      return reply;
    },
  };
}
