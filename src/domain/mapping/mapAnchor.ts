import { canonicalProperty, sameProperty } from '../values/canonicalValue';
import { identityKeysOf } from '../identity/identityKeys';
import type { Edit, JsonObject, MappedField, MappedRecord, RecordRef } from '../record';
import type { ObjectRules } from '../rules';

/** What is known of the values that a HubSpot record holds. */
export interface AnchorState {
  /** What it holds as far as it is known: newer than what was staged, where a write of ours was answered since. */
  kept: Record<string, string | null>;
  /** What we last sent of each property. */
  sent: Record<string, string>;
  /** What others wrote, by HubSpot's history. */
  edits: Record<string, Edit>;
}

/**
 * Maps a record of source `hubspot`: its properties are already HubSpot's, only made canonical.
 * A value equal to the one we sent last is marked as ours: the echo of our own write is nobody's will. One that others
 * wrote bears the time and the writer of HubSpot's history, also where they cleared it.
 * @param payload `{ properties: { name: value | null } }` as HubSpot listed it
 * @param observedAt when the record was staged: on adoption its values count as newer than the sources'
 */
export function mapAnchor(
  ref: RecordRef,
  payload: JsonObject,
  { kept, sent, edits }: AnchorState,
  observedAt: string,
  rules: ObjectRules,
): MappedRecord {
  const properties = { ...(payload['properties'] as Record<string, string | null> | undefined), ...kept };
  const fields: Record<string, MappedField> = {};
  for (const rule of rules.fields) {
    const raw = properties[rule.property];
    const edit = edits[rule.property];
    const isEmpty = raw === null || raw === undefined || raw === '';
    if (isEmpty && edit?.value !== '') continue;
    const canonical = canonicalProperty(rule, raw ?? '', {});
    const value = canonical.ok ? canonical.value : (raw ?? '');
    const ours = sent[rule.property];
    const echo = ours !== undefined && sameProperty(rule, ours, value);
    if (echo) fields[rule.property] = { value, at: observedAt, ours: true };
    else if (edit && sameProperty(rule, edit.value, value)) {
      fields[rule.property] = { value, at: edit.at, by: edit.by, writer: edit.writer };
    } else fields[rule.property] = { value, at: observedAt };
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
