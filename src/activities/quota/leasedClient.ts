import { ApplicationFailure } from '@temporalio/activity';
import { keptShare, type QuotaBucket } from '../../db/quota/quota';
import { voidSlot } from '../../db/quota/quotaSlots';
import type { HubSpotClient } from '../../hubspot/client';
import type { ActivityDeps } from '../deps';
import { learnFromReply } from './learnQuota';
import { waitForSlot } from './slotQueue';

/** More than this in a row means that this process is too busy to call at all. */
const lateMax = 100;

/**
 * A client whose every call spends a slot of the quota just before it is sent, and which learns from every reply. When
 * the quota cannot be read, nothing is sent.
 * @param lease what `leaseCalls` gave; calls beyond it, or of other buckets, take slots without it. A wave that has
 *   begun goes on when the daily budget runs low; other calls of bulk and partner then end with `dailyBudget`.
 * @param mayStart asked before the call: none starts when its claim has expired meanwhile
 */
export function leasedClient(
  { pool, log }: Pick<ActivityDeps, 'pool' | 'log'>,
  client: HubSpotClient,
  portalId: string,
  lane: number,
  lease: { leaseId: string; bucket: QuotaBucket } | null,
  mayStart: () => boolean = () => true,
): HubSpotClient {
  async function spend(bucket: QuotaBucket): Promise<void> {
    const leaseId = lease?.bucket === bucket ? lease.leaseId : null;
    const wish = { portalId, bucket, lane, leaseId, keptShare: lease ? 0 : keptShare(lane) };
    for (let late = 0; late < lateMax; late += 1) {
      const slot = await waitForSlot(pool, wish, mayStart);
      if (slot === 'late') continue;
      if (slot === 'stopped') throw claimExpired();
      if (slot.kind === 'dayEnded') throw dailyBudget(slot);
      if (mayStart()) return;
      await voidSlot(pool, slot.spentId);
      throw claimExpired();
    }
    throw ApplicationFailure.create({ type: 'busy', message: 'this worker is too busy to keep its slots' });
  }

  return {
    apiVersion: client.apiVersion,
    async send(request) {
      await spend(request.bucket);
      const startedAt = performance.now();
      const reply = await client.send(request);
      // A reply is never lost for this: what could not be stored now, the next reply tells again.
      await learnFromReply(pool, portalId, request, reply, performance.now() - startedAt).catch(
        (error: unknown) => log.warn({ event: 'quota_not_learned', err: error }, 'a reply taught nothing'),
      );
      return reply;
    },
  };
}

function claimExpired(): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'claimExpired',
    message: 'the claim expired before its slot came',
    // Nothing failed: a longer and longer wait would only leave the quota unused.
    nextRetryDelay: 1_000,
  });
}

function dailyBudget({ waitMs, resumeAt }: { waitMs: number; resumeAt: Date }): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'dailyBudget',
    message: `what is left of HubSpot's daily calls is kept for urgent changes; goes on ${resumeAt.toISOString()}`,
    nextRetryDelay: waitMs,
  });
}
