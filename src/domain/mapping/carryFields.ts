import { sameProperty, type PropertyShape } from '../values/canonicalValue';
import { hubspotSource, type MappedField, type MappedRecord } from '../record';
import type { ObjectRules, StreamMap } from '../rules';

/**
 * What a record says now, seen together with what it said before:
 * - a value that did not change keeps the time it was first seen, so a touched row is no newer value;
 * - a field that is unknown now keeps its previous value: an unknown never blanks good data;
 * - an opt-out, once given, stays.
 * A record of source `hubspot` is read whole, so there an absent field is empty and is not carried.
 * Identity keys and references are those of `next`; previous fields that no rule knows any more are dropped.
 * @param previous the stored mapping of the same record, or null when it is seen for the first time
 * @param map the record's stream map: a field that it no longer fills is not carried either
 */
export function carryFields(
  previous: MappedRecord | null,
  next: MappedRecord,
  rules: ObjectRules,
  map?: StreamMap,
): MappedRecord {
  if (!previous) return next;
  const carriesUnknown = next.source !== hubspotSource;
  const fields: Record<string, MappedField> = { ...next.fields };
  for (const rule of rules.fields) {
    const before = previous.fields[rule.property];
    if (!before) continue;
    const now = fields[rule.property];
    const optedOut = rule.optOutValue !== undefined && sameProperty(rule, before.value, rule.optOutValue);
    if (now) fields[rule.property] = optedOut ? keepOptOut(rule, before, now) : keepTime(rule, before, now);
    else if (optedOut || (carriesUnknown && isFilled(map, rule.property))) fields[rule.property] = before;
  }
  return { ...next, fields };
}

function isFilled(map: StreamMap | undefined, property: string): boolean {
  return map === undefined || map.fields.some((field) => field.property === property);
}

/** HubSpot's own history knows best when a value came. */
function keepTime(shape: PropertyShape, before: MappedField, now: MappedField): MappedField {
  if (now.by !== undefined) return now;
  if (before.at >= now.at || !sameProperty(shape, before.value, now.value)) return now;
  return { ...now, at: before.at };
}

function keepOptOut(shape: PropertyShape, before: MappedField, now: MappedField): MappedField {
  return sameProperty(shape, before.value, now.value) ? keepTime(shape, before, now) : before;
}
