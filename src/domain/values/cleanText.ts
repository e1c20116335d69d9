import type { JsonValue } from '../record';

/** NUL or any half of a surrogate pair: cheap enough to ask of every string. */
const suspicious = /[\0\uD800-\uDFFF]/;
/** With the `u` flag a well-formed pair is one code point, so only halves without their partner match. */
const unstorable = /[\0\p{Surrogate}]/gu;

/** True when the text has neither NUL nor a lone surrogate, so Postgres and JSON can hold it. */
export function isCleanText(text: string): boolean {
  return !suspicious.test(text) || text.search(unstorable) === -1;
}

/** The text without NUL characters and lone surrogates; the very same string when there are none. */
export function cleanText(text: string): string {
  return suspicious.test(text) ? text.replace(unstorable, '') : text;
}

/**
 * Any JSON value without NUL characters and lone surrogates, in keys as in values: what `jsonb` accepts.
 * A clean value comes back as the same object, so that clean pages cost no allocation.
 * Where two keys become one by cleaning, the key that was clean from the start keeps its value.
 * @param value parsed JSON, nested at most as deep as the parser allowed
 */
export function cleanJson(value: JsonValue): JsonValue {
  if (typeof value === 'string') return cleanText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (isCleanJson(value)) return value;
  return Array.isArray(value) ? value.map(cleanJson) : cleanObject(value);
}

function cleanObject(object: { [key: string]: JsonValue }): { [key: string]: JsonValue } {
  const entries = Object.entries(object);
  const cleaned = entries.map(([key, value]): [string, JsonValue] => [cleanText(key), cleanJson(value)]);
  const kept = cleaned.filter((entry, i) => entry[0] === entries[i]?.[0] || !Object.hasOwn(object, entry[0]));
  // fromEntries defines properties, so that a key `__proto__` stays plain data.
  return Object.fromEntries(kept);
}

function isCleanJson(value: JsonValue): boolean {
  if (typeof value === 'string') return isCleanText(value);
  if (typeof value !== 'object' || value === null) return true;
  return Array.isArray(value) ? value.every(isCleanJson) : isCleanObject(value);
}

function isCleanObject(object: { [key: string]: JsonValue }): boolean {
  for (const key in object) if (!isCleanText(key) || !isCleanJson(object[key] as JsonValue)) return false;
  return true;
}
