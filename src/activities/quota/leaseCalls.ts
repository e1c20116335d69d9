import { ApplicationFailure, sleep } from '@temporalio/activity';
import { takeLease, type QuotaBucket } from '../../db/quota/quota';
import type { ActivityContext } from '../context';
import { laneNumbers } from '../../domain/record';

export interface LeaseCallsInput {
  portalId: string;
  bucket: QuotaBucket;
  lane: keyof typeof laneNumbers;
  /** How many calls are wanted. */
  want: number;
}

export interface LeaseCallsResult {
  leaseId: string;
  slots: number;
  /** Milliseconds until the first slot, as far as one can say: each slot gets its time when it is spent. */
  startsInMs: number;
}

/** A wave waits for its lease until what is reserved before it will have gone within this. */
const aheadMsMax = 1_500;
/** So long one attempt waits, well below the activity's timeout, and so often it asks. */
const waitsForMs = 20_000;
const askAgainMsMax = 500;

/**
 * The token activity: reserves the next slots of a portal's quota, shared by all workers on all machines. Bulk waits
 * here while enough is reserved, an urgent lane never does.
 */
export function createLeaseCalls(context: ActivityContext) {
  return async function leaseCalls({
    portalId,
    bucket,
    lane,
    want,
  }: LeaseCallsInput): Promise<LeaseCallsResult> {
    const until = performance.now() + waitsForMs;
    const ahead = lane === 'realtime' ? Infinity : aheadMsMax;
    for (;;) {
      const wish = { portalId, bucket, lane: laneNumbers[lane], want, aheadMsMax: ahead };
      const lease = await takeLease(context.pool, wish);
      if ('leaseId' in lease) {
        await context.failpoint('lease.taken');
        return lease;
      }
      if (performance.now() > until) throw noSlotYet(lease.waitMs);
      await sleep(Math.min(lease.waitMs, askAgainMsMax));
    }
  };
}

function noSlotYet(waitMs: number): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'noSlotYet',
    message: `the quota of the next ${Math.ceil(waitMs / 1_000)} s is reserved`,
    nextRetryDelay: 1_000,
    category: 'BENIGN',
  });
}
