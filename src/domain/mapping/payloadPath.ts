import type { JsonObject, JsonValue } from '../record';

/** A dotted path cut into its steps once, when a map is compiled. */
export interface PayloadPath {
  text: string;
  steps: readonly string[];
}

/** 'candidate.phones.0' → its steps. */
export function payloadPath(text: string): PayloadPath {
  return { text, steps: text.split('.') };
}

/**
 * The value at a path of a payload. A key that itself contains dots (a CSV header) is found first; digits
 * step into a list.
 * @returns undefined where there is none, including everything a payload merely inherits
 */
export function readPath(payload: JsonObject, path: PayloadPath): JsonValue | undefined {
  if (Object.hasOwn(payload, path.text)) return payload[path.text];
  if (path.steps.length === 1) return undefined;
  let value: JsonValue | undefined = payload;
  for (const step of path.steps) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as JsonObject)[step];
  }
  return value;
}
