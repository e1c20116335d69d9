import type { PropertyType } from '../record';
import { canonicalDate, canonicalDateTime } from './canonicalDate';
import { canonicalNumber } from './canonicalNumber';
import { cleanText } from './cleanText';

/** The canonical text of a value, or why it has none; the reason never quotes the value. */
export type CanonicalResult = { ok: true; value: string } | { ok: false; reason: string };

export interface CanonicalContext {
  /** The zone of times that carry none. */
  timeZone?: string | undefined;
}

/** A property as far as its values are concerned: some names mean more than their type says. */
export interface PropertyShape {
  property: string;
  type: PropertyType;
}

/** Facts §6: the longest value of a string property, in UTF-16 units. */
export const valueLengthMax = 65_536;

/** E-mail addresses, which HubSpot folds to lower case. */
const emailProperties = new Set(['email', 'hs_additional_emails']);
/** Properties of type string that hold a `;`-separated set (facts §4.3, §6). */
const setProperties = new Set(['hs_additional_emails', 'hs_additional_domains', 'hs_merged_object_ids']);

const empty: CanonicalResult = { ok: true, value: '' };

/**
 * The one spelling of a value that is stored, compared and sent. Idempotent.
 * null, undefined and '' are the empty value ''; `0` and `false` are values.
 * @param value what a payload, a transform or HubSpot's reply holds
 */
export function canonicalValue(
  type: PropertyType,
  value: unknown,
  context: CanonicalContext = {},
): CanonicalResult {
  if (value === null || value === undefined || value === '') return empty;
  if (type === 'multiEnumeration') return canonicalSet(value);
  if (typeof value === 'object') return fault('is a list or an object where one value is expected');
  switch (type) {
    case 'number':
      return canonicalNumberValue(value);
    case 'bool':
      return canonicalBool(value);
    case 'date':
    case 'datetime':
      return canonicalTime(type, value, context.timeZone);
    case 'phone_number':
    case 'enumeration':
    case 'string':
      return canonicalText(value);
  }
}

/**
 * As `canonicalValue`, but knows the properties whose name means more than their type: e-mail addresses are
 * folded to lower case, and `;`-separated sets of strings have no order.
 */
export function canonicalProperty(
  shape: PropertyShape,
  value: unknown,
  context: CanonicalContext = {},
): CanonicalResult {
  const type = setProperties.has(shape.property) ? 'multiEnumeration' : shape.type;
  const result = canonicalValue(type, value, context);
  if (!result.ok || !emailProperties.has(shape.property)) return result;
  const folded = canonicalEmail(result.value);
  return type === 'multiEnumeration' ? canonicalSet(folded) : { ok: true, value: folded };
}

/** An e-mail address as HubSpot keeps it: without surrounding space, in lower case (facts §3.2). */
export function canonicalEmail(value: string): string {
  return value.trim().toLowerCase();
}

/**
 * True where two values are the same to HubSpot. Values without a canonical form are the same only when they
 * are identical (`Object.is`: NaN has no canonical form, and is not `===` itself). Costs nothing for identical
 * strings.
 */
export function sameValue(type: PropertyType, a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  return sameResult(canonicalValue(type, a), canonicalValue(type, b));
}

/** As `sameValue`, with what the property's name says (see `canonicalProperty`). */
export function sameProperty(shape: PropertyShape, a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  return sameResult(canonicalProperty(shape, a), canonicalProperty(shape, b));
}

function sameResult(a: CanonicalResult, b: CanonicalResult): boolean {
  return a.ok && b.ok && a.value === b.value;
}

function canonicalText(value: unknown): CanonicalResult {
  if (typeof value === 'string') return bounded(cleanText(value));
  if (typeof value === 'boolean') return { ok: true, value: value ? 'true' : 'false' };
  return canonicalNumberValue(value);
}

function canonicalNumberValue(value: unknown): CanonicalResult {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint')
    return fault('is no number');
  if (typeof value === 'string' && value.trim() === '') return empty;
  const number = canonicalNumber(value);
  return number === null ? fault('is no number') : { ok: true, value: number };
}

function canonicalBool(value: unknown): CanonicalResult {
  if (typeof value === 'boolean') return { ok: true, value: value ? 'true' : 'false' };
  const text = typeof value === 'string' ? value.trim().toLowerCase() : null;
  if (text === 'true' || text === 'false' || text === '') return { ok: true, value: text };
  return fault('is neither true nor false; the transform boolean reads other spellings');
}

/** Sorted by code unit, each member once, joined as HubSpot does (facts §6); a leading `;` would append. */
function canonicalSet(value: unknown): CanonicalResult {
  const members = new Set<string>();
  for (const item of Array.isArray(value) ? value : [value]) {
    if (item === null || item === undefined) continue;
    if (typeof item === 'object') return fault('is a list whose members are no plain values');
    const text = canonicalText(item);
    if (!text.ok) return text;
    for (const member of text.value.split(';')) if (member.trim() !== '') members.add(member.trim());
  }
  return bounded([...members].sort().join(';'));
}

function canonicalTime(
  type: 'date' | 'datetime',
  value: unknown,
  timeZone: string | undefined,
): CanonicalResult {
  if (typeof value !== 'string' && typeof value !== 'number') return fault('is no date or time');
  const input = typeof value === 'string' ? value.trim() : value;
  if (input === '') return empty;
  const result = type === 'date' ? canonicalDate(input) : canonicalDateTime(input, timeZone);
  return typeof result === 'string' ? { ok: true, value: result } : fault(result.reason);
}

function bounded(value: string): CanonicalResult {
  if (value.length > valueLengthMax)
    return fault(`is longer than the ${valueLengthMax} characters HubSpot holds`);
  return { ok: true, value };
}

function fault(reason: string): CanonicalResult {
  return { ok: false, reason };
}
