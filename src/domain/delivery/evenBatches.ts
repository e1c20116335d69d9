/** How many batches, and how many intents each, at least and at most. */
export interface BatchSizes {
  batchesMax: number;
  sizeMin: number;
  sizeMax: number;
}

/**
 * Changes in batches of about the same number of intents, because batches are sent side by side and the last one is
 * waited for. A change is never cut: one with more intents than `sizeMax` has a batch of its own, and there may be more
 * batches than `batchesMax` where changes do not fit.
 */
export function evenBatches<Change extends { intents: readonly unknown[] }>(
  changes: readonly Change[],
  { batchesMax, sizeMin, sizeMax }: BatchSizes,
): Change[][] {
  const total = changes.reduce((sum, { intents }) => sum + intents.length, 0);
  const even = Math.min(Math.max(Math.ceil(total / batchesMax), sizeMin), sizeMax);
  const batches: Change[][] = [];
  let size = Infinity;
  for (const change of changes) {
    const count = change.intents.length;
    if (size + count > even) {
      batches.push([]);
      size = 0;
    }
    batches.at(-1)!.push(change);
    size += count;
  }
  return batches;
}
