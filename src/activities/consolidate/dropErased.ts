import { isAnyErased } from '../../db/erasure/erasedKeys';
import type { Queryable } from '../../db/pool';
import { saveCleanPayloads, type DueRecord } from '../../db/staging/dueRecords';
import { hubspotSource, type JsonObject } from '../../domain/record';
import type { ActivityContext } from '../context';
import { refKey, type MappedSlice, type SliceContext } from './mapSlice';
import { findErased, withoutErasedMails, type ErasedRecord } from './screenErased';

/**
 * Maps a slice without erased people. What belongs to them leaves it like records that are gone, and is deleted at its end:
 * staging could not know it, or they were erased since. And their addresses go out of the records of others, which only
 * their mapping tells from their own.
 * @param map maps due records of the slice
 */
export async function mapWithoutErased(
  tx: Queryable,
  { erasureSecret }: ActivityContext,
  { portalId, rules }: SliceContext,
  selected: DueRecord[],
  map: (due: DueRecord[]) => MappedSlice,
): Promise<{ slice: MappedSlice; erased: ErasedRecord[] }> {
  const asStaged = map(selected);
  if (!(await isAnyErased(tx, portalId))) return { slice: asStaged, erased: [] };
  const erased = await findErased(tx, erasureSecret, portalId, selected, { rules, mapped: asStaged.mapped });
  const isErased = new Set(erased.map(({ ref }) => refKey(ref)));
  // What could not be mapped may yet turn out to be theirs. HubSpot's were cleaned when they were staged.
  const isOthers = new Set(asStaged.mapped.map(refKey).filter((key) => !isErased.has(key)));
  const others = selected.filter((row) => isOthers.has(refKey(row)) && row.source !== hubspotSource);
  const texts = others.map(({ payload }) => JSON.stringify(payload));
  const clean = await withoutErasedMails(tx, erasureSecret, portalId, texts);
  const cleaned = others.flatMap((row, index) => {
    const text = clean[index];
    return text ? { ...row, payload: JSON.parse(text) as JsonObject } : [];
  });
  await saveCleanPayloads(tx, portalId, cleaned);
  const byKey = new Map(cleaned.map((row) => [refKey(row), row]));
  const slice = cleaned.length === 0 ? asStaged : map(selected.map((row) => byKey.get(refKey(row)) ?? row));
  if (erased.length === 0) return { slice, erased };
  const gone = new Set(slice.removed.map(refKey));
  slice.mapped = slice.mapped.filter((record) => !isErased.has(refKey(record)));
  slice.removed.push(...selected.filter((row) => isErased.has(refKey(row)) && !gone.has(refKey(row))));
  slice.problems = slice.problems.filter(
    ({ source, stream, key }) => !isErased.has(refKey({ source: source!, stream: stream!, key: key! })),
  );
  return { slice, erased };
}
