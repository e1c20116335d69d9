import { canonicalValue } from '../values/canonicalValue';
import { compiledFields, mapField } from './fieldMap';
import { identityKeysOf } from '../identity/identityKeys';
import { payloadPath, readPath } from './payloadPath';
import type {
  JsonObject,
  JsonValue,
  MappedField,
  MappedRecord,
  RecordFault,
  RecordRef,
  RecordReference,
} from '../record';
import type { ObjectRules, ReferenceData, ReferenceMap, StreamMap } from '../rules';
import { isEmptyFlow, plainText, type TransformContext } from '../values/transformContract';

/** A staged record as mapping needs it. Times are ISO; `changedAt` is the source's own and may be zoneless. */
export interface StagedInput {
  ref: RecordRef;
  payload: JsonObject;
  changedAt: string | null;
  stagedAt: string;
}

/**
 * One source record as HubSpot properties with canonical values, identity keys and references.
 * A field that cannot be mapped is a fault and is left out, the rest goes on. The record is null where it has
 * no key or lacks a required field. Throws only where the configuration was not checked.
 */
export function mapRecord(
  { ref, payload, changedAt, stagedAt }: StagedInput,
  map: StreamMap,
  rules: ObjectRules,
  reference: ReferenceData,
): { record: MappedRecord | null; faults: RecordFault[] } {
  const faults: RecordFault[] = [];
  if (ref.key === '') {
    faults.push({ kind: 'invalidRecord', field: null, reason: 'The record has no key' });
    return { record: null, faults };
  }
  const at = changeTime(changedAt ?? changedInPayload(payload, map), stagedAt, map, faults);
  const context: TransformContext = {
    property: '',
    payload,
    reference,
    timeZone: map.timeZone,
    defaultRegion: map.defaultRegion,
  };
  const fields: Record<string, MappedField> = {};
  const values: Record<string, string> = {};
  let complete = true;
  for (const field of compiledFields(map, rules)) {
    const { property, required } = field.map;
    const value = mapField(field, context, faults);
    if (value !== undefined) {
      fields[property] = { value, at };
      values[property] = value;
    }
    if (!required || (value !== undefined && value !== '')) continue;
    complete = false;
    faults.push({
      kind: 'missingRequired',
      field: property,
      reason: `The record has no usable '${property}', which is required`,
    });
  }
  const references = mapReferences(payload, map.references, faults);
  if (!complete) return { record: null, faults };
  const { source, stream, key } = ref;
  const identityKeys = identityKeysOf(values, rules.identity);
  return {
    record: { source, stream, key, objectType: map.objectType, fields, references, identityKeys },
    faults,
  };
}

function changedInPayload(payload: JsonObject, map: StreamMap): JsonValue | undefined {
  return map.changedAt === undefined ? undefined : readPath(payload, payloadPath(map.changedAt));
}

/**
 * When the record changed at its source, as a canonical instant; the time of staging where it does not say. Nothing
 * changes after it was read: the value of a clock that is ahead would beat whatever people enter until then.
 */
function changeTime(
  changedAt: JsonValue | undefined,
  stagedAt: string,
  map: StreamMap,
  faults: RecordFault[],
): string {
  const staged = canonicalValue('datetime', stagedAt);
  const fallback = staged.ok ? staged.value : stagedAt;
  if (isEmptyFlow(changedAt)) return fallback;
  const changed = canonicalValue('datetime', changedAt, map);
  if (changed.ok && changed.value !== '') return changed.value < fallback ? changed.value : fallback;
  const reason = changed.ok ? 'is empty' : changed.reason;
  faults.push({
    kind: 'invalidValue',
    field: null,
    reason: `The time of the last change ${reason}; the time of reading counts`,
  });
  return fallback;
}

function mapReferences(payload: JsonObject, maps: ReferenceMap[], faults: RecordFault[]): RecordReference[] {
  const references: RecordReference[] = [];
  for (const { toObject, toSource, toStream, from, labels } of maps) {
    const value = readPath(payload, payloadPath(from));
    if (isEmptyFlow(value)) continue;
    for (const item of Array.isArray(value) ? value : [value as JsonValue]) {
      if (isEmptyFlow(item)) continue;
      const toKey = plainText(item)?.trim();
      if (toKey !== undefined) references.push({ toObject, toSource, toStream, toKey, labels });
      else
        faults.push({
          kind: 'invalidValue',
          field: null,
          reason: `The reference in '${from}' is no plain key`,
        });
    }
  }
  return references;
}
