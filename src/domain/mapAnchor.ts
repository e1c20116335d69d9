import { canonicalProperty, sameProperty } from './canonicalValue';
import { identityKeysOf } from './identityKeys';
import type { JsonObject, MappedField, MappedRecord, RecordRef } from './record';
import type { ObjectRules } from './rules';

/**
 * Maps a record of source `hubspot`: its properties are already HubSpot's, only made canonical.
 * A value equal to the one we sent last is marked as ours: the echo of our own write is nobody's will.
 * @param payload `{ properties: { name: value | null } }` as HubSpot listed it
 * @param sent what we last sent of each property
 * @param observedAt when the record was staged: on adoption its values count as newer than the sources'
 */
export function mapAnchor(
  ref: RecordRef,
  payload: JsonObject,
  sent: Record<string, string>,
  observedAt: string,
  rules: ObjectRules,
): MappedRecord {
  const properties = (payload['properties'] ?? {}) as Record<string, string | null>;
  const fields: Record<string, MappedField> = {};
  for (const rule of rules.fields) {
    const raw = properties[rule.property];
    if (raw === null || raw === undefined || raw === '') continue;
    const canonical = canonicalProperty(rule, raw, {});
    const value = canonical.ok ? canonical.value : raw;
    const ours = sent[rule.property];
    const echo = ours !== undefined && sameProperty(rule, ours, value);
    fields[rule.property] = echo ? { value, at: observedAt, ours: true } : { value, at: observedAt };
  }
  const values: Record<string, string> = {};
  for (const [property, value] of Object.entries(properties)) if (value) values[property] = value;
  for (const [property, field] of Object.entries(fields)) values[property] = field.value;
  return {
    ...ref,
    objectType: rules.objectType,
    fields,
    references: [],
    identityKeys: identityKeysOf(values, rules.identity),
  };
}
