/** The circuit breaker of one portal, and how large its batches may be. */

/** So many failed calls in a row, over all workers, open it. */
export const failuresMax = 5;
/** Each opening without a call that succeeded in between pauses twice as long, up to this. */
export const breakerPauseMsMax = 5 * 60_000;

/**
 * How long to pause after a failed call, or null to go on.
 * @param failures in a row, this one included
 * @param openings how often it opened already without a call that succeeded in between: above 0 it is half-open, and
 *   its one call decides alone
 * @param firstPauseMs the first pause
 */
export function breakerPauseMs(failures: number, openings: number, firstPauseMs: number): number | null {
  if (openings === 0 && failures < failuresMax) return null;
  return Math.min(firstPauseMs * 2 ** Math.min(openings, 20), breakerPauseMsMax);
}

/** Smaller batches cost calls and help nobody. */
const batchSizeMin = 10;

/** The size of batches after HubSpot could not take one of `length` records at once. */
export function halvedBatchSize(length: number): number {
  return Math.max(length >> 1, batchSizeMin);
}

/** By how many records batches grow again with each one that HubSpot took. */
export const batchGrowth = 5;
