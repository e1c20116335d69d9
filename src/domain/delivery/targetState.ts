import { sameProperty } from '../values/canonicalValue';
import type { KnownValues } from './diffState';
import type { MappedRecord } from '../record';
import type { FieldRule } from '../rules';

/** What a read of a target's record says of the properties that are written back to it. */
export interface TargetRead {
  /** The mapped record as it was read, before anything is carried over from former reads. */
  record: MappedRecord;
  /** Properties whose value could not be mapped: what stands there is unknown, not empty. */
  unreadable: ReadonlySet<string>;
  /** The read began after the last write of ours was settled. */
  isNewer: boolean;
}

/**
 * What a source that takes write-backs is known to hold of one record, after it was read once more.
 * - What somebody changed there since we wrote it is no longer remembered as sent: it is that source's own again.
 * - The first read after a write tells what the source made of our value. Where that is another one, ours is still
 *   remembered as sent, so that it is not sent for ever.
 * - A read that began before our last write was settled tells only what we did not write and never knew.
 * @param known what was known before; null: the record was never seen
 * @param properties those that are written back
 */
export function readTargetState(
  known: KnownValues | null,
  { record, unreadable, isNewer }: TargetRead,
  properties: readonly FieldRule[],
): KnownValues {
  const state: KnownValues = { kept: {}, sent: {} };
  for (const rule of properties) {
    const { property } = rule;
    const held = known?.kept[property];
    const ours = known?.sent[property];
    if (known && !isNewer && (held !== undefined || ours !== undefined)) {
      if (held !== undefined) state.kept[property] = held;
      if (ours !== undefined) state.sent[property] = ours;
      continue;
    }
    if (unreadable.has(property)) continue;
    const now = record.fields[property]?.value || null;
    state.kept[property] = now;
    const isUnchanged = held === undefined || sameProperty(rule, held ?? '', now ?? '');
    if (ours !== undefined && isUnchanged) state.sent[property] = ours;
  }
  return state;
}

/**
 * The same record with the echoes of our own writes marked: a value that we wrote is nobody's will there, so it neither
 * competes nor proves who somebody is.
 * @param sent what was sent there and not changed since, and what is on its way: the record may hold either
 * @param earlier its former mapping, where this read is older than our last write: what we had written before still is
 *   an echo then, though it is no longer what was sent last
 */
export function markEchoes(
  record: MappedRecord,
  sent: readonly Record<string, string>[],
  properties: readonly FieldRule[],
  earlier: MappedRecord | null,
): MappedRecord {
  const fields = { ...record.fields };
  for (const rule of properties) {
    const { property } = rule;
    const field = fields[property];
    const before = earlier?.fields[property];
    const ours = [...sent.map((values) => values[property]), before?.ours ? before.value : undefined];
    if (field && ours.some((value) => value !== undefined && sameProperty(rule, field.value, value)))
      fields[property] = { ...field, ours: true };
  }
  return { ...record, fields };
}
