import type { IdentityQuestion, IdentityRecord } from './identityRecord';
import type { IdentityKey, RecordRef } from './record';

/** The identity keys of one changed record, before and after its change; empty where it did not or does not exist. */
export interface KeyChange {
  before: readonly IdentityKey[];
  after: readonly IdentityKey[];
}

/** What to load next: records that hold one of the keys, and records by golden id. */
export interface ComponentLookup {
  keys: string[];
  /** Records with a fixed link to one of these, and anchors that carry one as `tributary_id`. */
  goldenIds: string[];
}

/**
 * The keys from which the touched component is loaded: every key that a changed record held or holds. A lost
 * key matters because the record may have been the bridge between others; a gained one may have made the key
 * so common that it stops being evidence for its other holders.
 *
 * In: the changes of a slice, and per key the most holders in one stream before and after the slice. A key that
 * was and is above `maxSharers` joins nobody and is left out; one that crosses it, either way, is touched.
 * Out: keys whose holders must be loaded, sorted, without repeats. Each has at most `maxSharers` holders per
 * stream besides the changed records, or had before the slice.
 */
export function touchedKeys(
  changes: readonly KeyChange[],
  sharersBefore: Readonly<Record<string, number>>,
  sharersAfter: Readonly<Record<string, number>>,
  maxSharers: number,
): string[] {
  const keys = new Set<string>();
  for (const { before, after } of changes) {
    for (const { key } of [...before, ...after]) {
      if (Math.min(sharersBefore[key] ?? 0, sharersAfter[key] ?? 0) <= maxSharers) keys.add(key);
    }
  }
  return [...keys].sort();
}

/**
 * What must be looked up before the loaded records are a whole component: their evident keys, the golden
 * records of fixed links, the ids that anchors carry, and the ids that source records would found (which may be
 * taken, or be carried by the anchor that we once created for them).
 *
 * In: the records loaded so far; what was asked already (`asked` is not changed: add the answer to it);
 * `isEvident`, which tells whether a key is held by few enough. The caller repeats until both lists are empty
 * and states a limit on the records of a component. Out: sorted, without repeats.
 */
export function nextLookup(
  records: readonly IdentityRecord[],
  asked: { keys: ReadonlySet<string>; goldenIds: ReadonlySet<string> },
  isEvident: (key: string) => boolean,
  newGoldenId: IdentityQuestion['newGoldenId'],
): ComponentLookup {
  const keys = new Set<string>();
  const goldenIds = new Set<string>();
  const wantGolden = (id: string | null) => {
    if (id !== null && !asked.goldenIds.has(id)) goldenIds.add(id);
  };
  const taken = new Set<string>();
  for (const record of records) {
    for (const { key } of record.keys) if (!asked.keys.has(key) && isEvident(key)) keys.add(key);
    for (const id of [record.tributaryId, record.fixed ? record.goldenId : null]) {
      wantGolden(id);
      if (id !== null) taken.add(id);
    }
  }
  for (const record of records)
    if (!record.anchor && !record.fixed) wantGolden(freeId(record, taken, newGoldenId));
  return { keys: [...keys].sort(), goldenIds: [...goldenIds].sort() };
}

/** The first id of the record's own that no loaded record has: asked for, it is known to be free or becomes taken. */
function freeId(
  ref: RecordRef,
  taken: ReadonlySet<string>,
  newGoldenId: IdentityQuestion['newGoldenId'],
): string {
  let attempt = 0;
  while (attempt < taken.size && taken.has(newGoldenId(ref, attempt))) attempt++;
  return newGoldenId(ref, attempt);
}
