import type { ProblemInput } from '../../db/problems/problems';
import type { DueRecord } from '../../db/staging/dueRecords';
import type { StoredMapped } from '../../db/golden/mappedRecords';
import { targetKey, type LockedState, type TargetRecordRef } from '../../db/delivery/targetStates';
import { carryFields } from '../../domain/mapping/carryFields';
import { writeBackRules } from '../../domain/delivery/decideWriteBack';
import type { KnownValues } from '../../domain/delivery/diffState';
import { identityKeysOf } from '../../domain/identity/identityKeys';
import { mapAnchor, type AnchorState } from '../../domain/mapping/mapAnchor';
import { mapRecord } from '../../domain/mapping/mapRecord';
import { hubspotSource, type MappedRecord, type RecordRef } from '../../domain/record';
import type { ObjectRules, ReferenceData, StreamMap } from '../../domain/rules';
import type { TargetStream } from '../writeBack/targetSettings';
import { markEchoes, readTargetState } from '../../domain/delivery/targetState';

export interface SliceContext {
  portalId: string;
  rules: ObjectRules;
  reference: ReferenceData;
  /** The streams that take write-backs of this object. */
  targets: TargetStream[];
  /** The object type of HubSpot's companies, if any. */
  company: string | null;
  /** The map of a stream, or undefined when the configuration no longer has it. */
  streamMap: (source: string, stream: string) => StreamMap | undefined;
}

export interface MappedSlice {
  mapped: MappedRecord[];
  /** Records that are gone at their source. */
  removed: DueRecord[];
  problems: ProblemInput[];
  /** What records of sources that take write-backs are known to hold now. */
  targetStates: (TargetRecordRef & KnownValues)[];
}

/**
 * Maps a slice of due records. A record's fault is a problem of that record; a defect of ours likewise.
 * @param previous the stored mapping of the same records, by `refKey`
 * @param anchors what is known of HubSpot records, by record id
 * @param targets what sources that take write-backs were known to hold of these records, by `targetKey`
 */
export function mapSlice(
  due: DueRecord[],
  previous: Map<string, StoredMapped>,
  anchors: Map<string, AnchorState>,
  targets: Map<string, LockedState>,
  context: SliceContext,
): MappedSlice {
  const slice: MappedSlice = { mapped: [], removed: [], problems: [], targetStates: [] };
  for (const row of due) {
    const anchor = row.source === hubspotSource;
    const map = anchor ? undefined : context.streamMap(row.source, row.stream);
    if (row.gone) slice.removed.push(row);
    // A stream that is no longer configured keeps what it gave: taking values back is never a side effect.
    if (row.gone || (!anchor && !map)) continue;
    try {
      const before = asMapped(previous.get(refKey(row)), context.rules);
      const next = map
        ? mapSourceRecord(row, map, context, targets, slice, before)
        : mapAnchor(row, row.payload, anchors.get(row.key) ?? unknownAnchor, row.stagedAt, context.rules);
      if (!next) continue;
      const carried = carryFields(before, next, context.rules, map);
      slice.mapped.push(anchor ? carried : withKeys(carried, context.rules));
    } catch {
      slice.problems.push({
        ...problemOf(row, context),
        kind: 'defect',
        reason: 'Tributary itself failed to map this record; the record is kept, please report it',
      });
    }
  }
  return slice;
}

const unknownAnchor: AnchorState = { kept: {}, sent: {}, edits: {} };

function mapSourceRecord(
  row: DueRecord,
  map: StreamMap,
  context: SliceContext,
  targets: Map<string, LockedState>,
  slice: MappedSlice,
  before: MappedRecord | null,
): MappedRecord | null {
  const { record, faults } = mapRecord(
    { ref: row, payload: row.payload, changedAt: row.changedAt, stagedAt: row.stagedAt },
    map,
    context.rules,
    context.reference,
  );
  for (const { kind, field, reason } of faults) {
    slice.problems.push({ ...problemOf(row, context), kind, field, reason });
  }
  if (!record || !map.writeBack) return record;
  const ref = { target: row.source, recordId: row.key };
  const known = targets.get(targetKey(ref)) ?? null;
  const unreadable = new Set(faults.flatMap(({ field }) => field ?? []));
  const rules = writeBackRules(context.rules, map.writeBack);
  const state = readTargetState(known, { record, unreadable, isNewer: known?.isNewer ?? true }, rules);
  slice.targetStates.push({ ...ref, ...state });
  const earlier = known?.isNewer === false ? before : null;
  return markEchoes(record, [state.sent, ...(known?.unsettled ?? [])], rules, earlier);
}

/**
 * Values carried over from before are evidence too: keys are taken from what is known now. What we wrote into the
 * record ourselves proves nothing.
 */
function withKeys(record: MappedRecord, rules: ObjectRules): MappedRecord {
  const told = Object.fromEntries(Object.entries(record.fields).filter(([, { ours }]) => !ours));
  return { ...record, identityKeys: identityKeysOf(valuesOf(told), rules.identity) };
}

export function valuesOf(fields: MappedRecord['fields']): Record<string, string> {
  const values: Record<string, string> = {};
  for (const property in fields) values[property] = fields[property]!.value;
  return values;
}

function asMapped(stored: StoredMapped | undefined, rules: ObjectRules): MappedRecord | null {
  return stored ? { ...stored, objectType: rules.objectType, references: [], identityKeys: [] } : null;
}

function problemOf({ source, stream, key }: RecordRef, { rules }: SliceContext) {
  return { stage: 'consolidate' as const, objectType: rules.objectType, source, stream, key };
}

/** One text per record, unique inside a portal. */
export function refKey({ source, stream, key }: RecordRef): string {
  return `${source}\u0000${stream}\u0000${key}`;
}
