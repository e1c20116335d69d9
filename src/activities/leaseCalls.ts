import { takeLease, type QuotaBucket } from '../db/quota';
import type { ActivityContext } from './context';
import { laneNumbers } from './mergeSlice';

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
  /** Milliseconds until the first slot: pacing below a second is left to the sender. */
  startsInMs: number;
}

/** The token activity: reserves the next slots of a portal's quota, shared by all workers on all machines. */
export function createLeaseCalls(context: ActivityContext) {
  return async function leaseCalls({
    portalId,
    bucket,
    lane,
    want,
  }: LeaseCallsInput): Promise<LeaseCallsResult> {
    const lease = await takeLease(context.pool, portalId, bucket, laneNumbers[lane], want);
    await context.failpoint('lease.taken');
    return lease;
  };
}
