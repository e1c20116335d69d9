import type { IdentityQuestion, IdentityRecord } from './identityRecord';
import type { IdentityKey, RecordRef } from '../record';

/** The stored keys of one changed record, before and after its change; empty where it did not or does not exist. */
export interface KeyChange {
  before: readonly IdentityKey[];
  after: readonly IdentityKey[];
}

/** What to load next: the records that hold one of the keys, and those with a fixed link to one of the golden ids. */
export interface ComponentLookup {
  keys: string[];
  goldenIds: string[];
}

/** The parts of a record that say which golden record of our own making it is. */
export type OwnIdRecord = Pick<IdentityRecord, 'source' | 'stream' | 'key' | 'anchor' | 'tributaryId'>;

/**
 * The keys to store of a record, so that it is found by them: its identity keys and, under the rule index -1 which
 * no rule reads, `tributaryId:<id>` with the id that it carries (anchors) or would found (source records). Through
 * this key an anchor and its source record find each other, whichever comes first.
 */
export function storedKeysOf(
  record: OwnIdRecord & { keys: readonly IdentityKey[] },
  newGoldenId: IdentityQuestion['newGoldenId'],
): IdentityKey[] {
  const id = record.anchor ? record.tributaryId : newGoldenId(record, 0);
  return id === null ? [...record.keys] : [...record.keys, { rule: -1, key: ownIdKey(id) }];
}

function ownIdKey(id: string): string {
  return `tributaryId:${id}`;
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
 * records of fixed links, and the ids that source records would found (which may be taken).
 *
 * In: the records loaded so far, with their stored keys (`storedKeysOf`); what was asked already (`asked` is not
 * changed: add the answer to it); `isEvident`, which tells whether a key is held by few enough. The caller
 * repeats until both lists are empty and states a limit on the records of a component. Out: sorted, no repeats.
 */
export function nextLookup(
  records: readonly IdentityRecord[],
  asked: { keys: ReadonlySet<string>; goldenIds: ReadonlySet<string> },
  isEvident: (key: string) => boolean,
  newGoldenId: IdentityQuestion['newGoldenId'],
): ComponentLookup {
  const keys = new Set<string>();
  const goldenIds = new Set<string>();
  const taken = new Set<string>();
  for (const record of records) {
    for (const { rule, key } of record.keys) if (rule < 0 || isEvident(key)) keys.add(key);
    if (record.tributaryId !== null) taken.add(record.tributaryId);
    if (!record.fixed || record.goldenId === null) continue;
    taken.add(record.goldenId);
    goldenIds.add(record.goldenId);
    keys.add(ownIdKey(record.goldenId));
  }
  for (const record of records) {
    if (record.anchor || record.fixed) continue;
    const id = freeId(record, taken, newGoldenId);
    goldenIds.add(id);
    keys.add(ownIdKey(id));
  }
  return {
    keys: [...keys].filter((key) => !asked.keys.has(key)).sort(),
    goldenIds: [...goldenIds].filter((id) => !asked.goldenIds.has(id)).sort(),
  };
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
