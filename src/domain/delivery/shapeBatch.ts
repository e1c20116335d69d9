import { canonicalEmail } from '../values/canonicalValue';

/** Facts §3.2: every object batch endpoint takes at most 100 inputs. */
export const batchSizeMax = 100;

/** One record's change; without a record id it is created. */
export interface RecordChange {
  goldenId: string;
  recordId: string | null;
  properties: Record<string, string>;
}

export interface ShapedBatch<Change extends RecordChange = RecordChange> {
  operation: 'create' | 'update';
  inputs: Change[];
}

/**
 * Groups changes into as few calls as possible: ceil(changes / limit) per operation, creations first.
 * HubSpot refuses a whole batch with the same record or the same unique value twice (facts §3.2), so such
 * changes go to different batches, in their given order. Different property sets may share a batch.
 * @param limit the most inputs of one call
 * @param uniqueProperties properties whose values HubSpot keeps unique; compared without case
 */
export function shapeBatches<Change extends RecordChange>(
  changes: readonly Change[],
  limit: number = batchSizeMax,
  uniqueProperties: readonly string[] = ['email'],
): ShapedBatch<Change>[] {
  if (!Number.isInteger(limit) || limit < 1)
    throw new RangeError('the limit of a batch must be a whole number above 0');
  const creates = changes.filter(({ recordId }) => recordId === null);
  const updates = changes.filter(({ recordId }) => recordId !== null);
  return [
    ...pack(creates, limit, uniqueProperties).map((inputs) => ({ operation: 'create' as const, inputs })),
    ...pack(updates, limit, uniqueProperties).map((inputs) => ({ operation: 'update' as const, inputs })),
  ];
}

interface Batch<Change> {
  inputs: Change[];
  taken: Set<string>;
}

/**
 * First fit, those changes first that share a value with another: they need their distance, the others then
 * fill the gaps. So conflicts cost a call only where one value occurs more often than there are batches.
 */
function pack<Change extends RecordChange>(
  changes: Change[],
  limit: number,
  uniqueProperties: readonly string[],
): Change[][] {
  const counts = new Map<string, number>();
  const keyed = changes.map((change) => ({ change, keys: uniqueKeys(change, uniqueProperties) }));
  for (const { keys } of keyed) for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);

  const batches: Batch<Change>[] = [];
  const alone: Change[] = [];
  for (const { change, keys } of keyed) {
    const shared = keys.filter((key) => (counts.get(key) ?? 0) > 1);
    if (shared.length === 0) alone.push(change);
    else placeShared(batches, change, shared, limit);
  }
  // Full batches are passed once: starting over for each change would cost the square of their number.
  let at = 0;
  for (const change of alone) {
    while ((batches[at]?.inputs.length ?? 0) >= limit) at++;
    const batch = (batches[at] ??= { inputs: [], taken: new Set() });
    batch.inputs.push(change);
  }
  return batches.map(({ inputs }) => inputs);
}

function placeShared<Change>(
  batches: Batch<Change>[],
  change: Change,
  shared: string[],
  limit: number,
): void {
  let batch = batches.find(
    ({ inputs, taken }) => inputs.length < limit && !shared.some((key) => taken.has(key)),
  );
  if (!batch) batches.push((batch = { inputs: [], taken: new Set() }));
  batch.inputs.push(change);
  for (const key of shared) batch.taken.add(key);
}

function uniqueKeys({ recordId, properties }: RecordChange, uniqueProperties: readonly string[]): string[] {
  const keys = recordId === null ? [] : [`id:${recordId}`];
  for (const property of uniqueProperties) {
    const value = properties[property];
    if (value !== undefined && value !== '') keys.push(`${property}:${canonicalEmail(value)}`);
  }
  return keys;
}
