import type { KeyChange } from '../../domain/identity/expandComponent';
import type { IdentityKey, RecordRef } from '../../domain/record';
import { refKey } from './mapSlice';

/** The keys of each record of the slice before and after it. Rule numbers do not matter here. */
export function keyChanges(
  before: { source: string; stream: string; key: string; keys: string[] }[],
  after: { source: string; stream: string; key: string; keys: string[] }[],
): KeyChange[] {
  const changes = new Map<string, { before: IdentityKey[]; after: IdentityKey[] }>();
  const change = (ref: RecordRef) => {
    const found = changes.get(refKey(ref)) ?? { before: [], after: [] };
    changes.set(refKey(ref), found);
    return found;
  };
  const asKeys = (keys: string[]) => keys.map((key) => ({ rule: -1, key }));
  for (const record of before) change(record).before = asKeys(record.keys);
  for (const record of after) change(record).after = asKeys(record.keys);
  return [...changes.values()];
}
