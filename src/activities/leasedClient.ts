import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/activity';
import type { Pool } from 'pg';
import { delayBucket, learnLimit, spendSlot, takeLease, type QuotaBucket } from '../db/quota';
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
    let waitMs = lease?.bucket === bucket ? await spendSlot(pool, lease.leaseId) : null;
    while (waitMs === null) {
      const extra = await takeLease(pool, portalId, bucket, lane, extraSlots);
      waitMs = await spendSlot(pool, extra.leaseId);
    }
    if (waitMs > 1) await sleep(waitMs);
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
