import { canonicalNumber } from '../values/canonicalNumber';
import { sameProperty } from '../values/canonicalValue';
import { diffState, type KnownValues } from './diffState';
import { isEmptyFlow, isFault, type Flow } from '../values/transformContract';
import { bindTransform } from '../values/transforms';
import type { FieldOrigin, JsonValue, RecordFault, RecordRef } from '../record';
import type { FieldRule, ObjectRules, ReferenceData, StreamMap, WriteBackField } from '../rules';

/** A golden record as write-back looks at it. */
export interface WriteBackGolden {
  state: 'live' | 'archived' | 'empty' | 'gone';
  values: Record<string, string>;
  origins: Record<string, Pick<FieldOrigin, 'source' | 'stream' | 'key' | 'rule'>>;
}

/** The rules of the properties that are written back, in the order of their names. Whoever owns them, they are written. */
export function writeBackRules(rules: ObjectRules, fields: readonly WriteBackField[]): FieldRule[] {
  const names = new Set(fields.map(({ property }) => property));
  return rules.fields
    .filter(({ property }) => names.has(property))
    .map((rule) => ({ ...rule, ownership: 'source' }));
}

/**
 * What is to be written back to one record of a source, as golden values; {} when nothing is.
 * - What the record itself contributed is never written back to it.
 * - A value that the record is known to hold, or that was sent to it and not changed there since, is ours: not sent.
 * - Nothing is cleared because golden no longer knows it; only an explicitly empty value ('') is written as empty.
 * - An edit in HubSpot that waits for a person is written nowhere.
 * - Of a consent field only the opt-out is written: no system is told that somebody consents.
 * @param known what the record is known to hold; null: it was never read, so nothing is written
 */
export function decideWriteBack(
  { state, values, origins }: WriteBackGolden,
  ref: RecordRef,
  known: KnownValues | null,
  properties: readonly FieldRule[],
): Record<string, string> {
  if (state !== 'live' || !known) return {};
  const written = properties.filter((rule) => {
    const value = values[rule.property];
    if (value === undefined) return false;
    if (rule.optOutValue !== undefined && !sameProperty(rule, value, rule.optOutValue)) return false;
    const origin = origins[rule.property];
    if (origin?.rule === 'review') return false;
    return origin?.source !== ref.source || origin.stream !== ref.stream || origin.key !== ref.key;
  });
  return diffState({ golden: values, known, rules: written });
}

/**
 * Golden values as the target wants them: by column or path, through the configured way back. What has no way back is a
 * fault of that property; '' becomes null.
 */
export function writeBackValues(
  properties: Record<string, string>,
  fields: readonly WriteBackField[],
  map: StreamMap,
  reference: ReferenceData,
): { values: Record<string, JsonValue>; faults: RecordFault[] } {
  const values: Record<string, JsonValue> = {};
  const faults: RecordFault[] = [];
  for (const field of fields) {
    const value = properties[field.property];
    if (value === undefined) continue;
    const back = throughSteps(value, field, map, reference);
    if ('reason' in back) {
      const reason = `The value has no way back to '${field.to}': it ${back.reason}`;
      faults.push({ kind: 'invalidValue', field: field.property, reason });
    } else values[field.to] = back.value;
  }
  return { values, faults };
}

function throughSteps(
  value: string,
  { property, transforms, as }: WriteBackField,
  { timeZone, defaultRegion }: StreamMap,
  reference: ReferenceData,
): { value: JsonValue } | { reason: string } {
  const context = { property, payload: {}, reference, timeZone, defaultRegion };
  let flow: Flow = value;
  for (const step of transforms.map(bindTransform)) {
    if (isEmptyFlow(flow) && !step.onMissing) continue;
    const result = step.run(flow ?? null, context);
    if (isFault(result)) return { reason: result.reason };
    flow = result;
  }
  if (flow === undefined || isEmptyFlow(flow)) return { value: null };
  return typed(flow ?? null, as);
}

function typed(value: JsonValue, as: WriteBackField['as']): { value: JsonValue } | { reason: string } {
  if (typeof value === 'object') return { value };
  const text = String(value);
  if (as === 'text') return { value: text };
  if (as === 'boolean') {
    return text === 'true' || text === 'false'
      ? { value: text === 'true' }
      : { reason: 'is neither true nor false' };
  }
  const number = Number(text);
  // A double would cut long ones: another value would be written than the one that is known to be.
  const isExact = canonicalNumber(text) !== null && canonicalNumber(number) === canonicalNumber(text);
  return isExact ? { value: number } : { reason: 'is no number that JSON holds' };
}
