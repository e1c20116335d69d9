import { nextLookup, storedKeysOf, touchedKeys } from '../../src/domain/identity/expandComponent';
import type { IdentityDecision } from '../../src/domain/identity/identityDecisions';
import {
  compareRefs,
  type IdentityAnswer,
  type IdentityRecord,
} from '../../src/domain/identity/identityRecord';
import type { IdentityKey, RecordRef } from '../../src/domain/record';
import { resolveIdentity } from '../../src/domain/identity/resolveIdentity';
import type { IdentityRules } from '../../src/domain/rules';

/** A change of one record, as a slice of consolidation sees it; null: the record is gone. */
export interface RecordChange {
  name: string;
  record: IdentityRecord | null;
}

/** The reference of what the consolidate activity does with its tables, on a map: load, resolve, relink, slice by slice. */
export function runSlices(
  slices: readonly (readonly RecordChange[])[],
  rules: IdentityRules,
  newGoldenId: (ref: RecordRef, attempt: number) => string,
  decisions: readonly IdentityDecision[] = [],
): { store: Map<string, IdentityRecord>; loadedMost: number } {
  const store = new Map<string, IdentityRecord>();
  let loadedMost = 0;
  for (const slice of slices) {
    const loaded = loadComponent(store, slice, rules, newGoldenId, decisions);
    loadedMost = Math.max(loadedMost, loaded.size);
    const records = [...loaded].flatMap((name) => store.get(name) ?? []);
    const sharers = Object.fromEntries(
      records.flatMap((record) => record.keys.map(({ key }) => [key, sharersOf(store, key)])),
    );
    relink(store, loaded, resolveIdentity({ records, sharers, rules, newGoldenId, decisions }));
  }
  return { store, loadedMost };
}

function loadComponent(
  store: Map<string, IdentityRecord>,
  slice: readonly RecordChange[],
  rules: IdentityRules,
  newGoldenId: (ref: RecordRef, attempt: number) => string,
  decisions: readonly IdentityDecision[],
): Set<string> {
  const before = slice.map(({ name }) => store.get(name)?.keys ?? []);
  const after = slice.map(({ record }) => (record === null ? [] : storedKeysOf(record, newGoldenId)));
  const keys = [...new Set([...before, ...after].flat().map(({ key }: IdentityKey) => key))];
  const counts = () => Object.fromEntries(keys.map((key) => [key, sharersOf(store, key)]));
  const sharersBefore = counts();
  slice.forEach(({ name, record }, i) => {
    if (record === null) store.delete(name);
    else store.set(name, { ...record, keys: after[i] ?? [], goldenId: store.get(name)?.goldenId ?? null });
  });
  const changes = slice.map((_, i) => ({ before: before[i] ?? [], after: after[i] ?? [] }));
  let lookup = {
    keys: touchedKeys(changes, sharersBefore, counts(), rules.maxSharers),
    goldenIds: [] as string[],
  };
  const touched = slice.map(({ name }) => name);
  const loaded = new Set([...touched, ...partnersOf(touched, decisions)].filter((name) => store.has(name)));
  const asked = { keys: new Set<string>(), goldenIds: new Set<string>() };
  let partners: string[] = [];
  do {
    for (const key of lookup.keys) asked.keys.add(key);
    for (const id of lookup.goldenIds) asked.goldenIds.add(id);
    const found = new Set(lookup.keys);
    for (const [name, record] of store) {
      const linked = record.fixed && lookup.goldenIds.includes(record.goldenId ?? '');
      if (linked || record.keys.some(({ key }) => found.has(key))) loaded.add(name);
    }
    const records = [...loaded].flatMap((name) => store.get(name) ?? []);
    partners = partnersOf([...loaded], decisions).filter((name) => store.has(name) && !loaded.has(name));
    for (const name of partners) loaded.add(name);
    lookup = nextLookup(records, asked, (key) => sharersOf(store, key) <= rules.maxSharers, newGoldenId);
  } while (lookup.keys.length + lookup.goldenIds.length + partners.length > 0);
  return loaded;
}

/** The records that somebody decided to be one with these. */
function partnersOf(names: readonly string[], decisions: readonly IdentityDecision[]): string[] {
  const nameOf = (ref: RecordRef) => `${ref.source === 'hubspot' ? 'h' : ref.source}${ref.key}`;
  return decisions.flatMap(({ kind, left, right }) => {
    const all = [...left, ...right].map(nameOf);
    return kind === 'together' && all.some((name) => names.includes(name)) ? all : [];
  });
}

/** How many records the stream with the most holders of a key has. */
export function sharersOf(store: ReadonlyMap<string, IdentityRecord>, key: string): number {
  const counts = new Map<string, number>();
  for (const record of store.values()) {
    if (!record.keys.some((held) => held.key === key)) continue;
    const stream = `${record.source}.${record.stream}`;
    counts.set(stream, (counts.get(stream) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}

function relink(
  store: Map<string, IdentityRecord>,
  loaded: ReadonlySet<string>,
  answer: IdentityAnswer,
): void {
  for (const name of loaded) {
    const record = store.get(name);
    if (record === undefined) continue;
    const cluster = answer.clusters.find(({ members }) => members.some((m) => compareRefs(m, record) === 0));
    store.set(name, { ...record, goldenId: cluster?.goldenId ?? null });
  }
}
