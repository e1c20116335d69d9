import type { JsonObject, JsonValue } from '../domain/record';
import type { SourceRecord } from './contract';

/**
 * The value at a dotted path. A field whose own name holds the dots wins over the path.
 * Out: undefined where the path leads nowhere.
 */
export function valueAt(payload: JsonObject, path: string): JsonValue | undefined {
  if (Object.hasOwn(payload, path)) return payload[path];
  let value: JsonValue | undefined = payload;
  for (const part of path.split('.')) {
    if (value === null || typeof value !== 'object' || Array.isArray(value) || !Object.hasOwn(value, part)) {
      return undefined;
    }
    value = value[part];
  }
  return value;
}

/**
 * A record's key: the values of its key fields, joined by '|'.
 * Out: the key, or the plain reason why there is none (stored as a fault; never holds a value).
 */
export function recordKeyOf(payload: JsonObject, fields: string[]): { key: string } | { reason: string } {
  const parts: string[] = [];
  for (const field of fields) {
    const value = valueAt(payload, field);
    if (value === undefined) return { reason: `it has no field ${field}, which is its record key` };
    if (value === null || value === '') return { reason: `its record key ${field} is empty` };
    if (typeof value === 'object') return { reason: `its record key ${field} is no single value` };
    const part = String(value);
    // 'a|b' + 'c' and 'a' + 'b|c' would be one key: better a fault than two records taken for one.
    if (fields.length > 1 && part.includes('|')) return { reason: `its record key ${field} holds a '|'` };
    parts.push(part);
  }
  return { key: parts.join('|') };
}

/** The parts of a record's key by their fields: the way back of `recordKeyOf`. */
export function keyPartsOf(key: string, fields: string[]): Record<string, string> {
  const parts = fields.length === 1 ? [key] : key.split('|');
  return Object.fromEntries(fields.map((field, index) => [field, parts[index] ?? '']));
}

/** The last record of each key, in the order of the source: what staging them one after the other would leave. */
export function lastPerKey(records: SourceRecord[]): SourceRecord[] {
  const last = new Map(records.map((record, index) => [record.key, index]));
  return last.size === records.length ? records : records.filter(({ key }, index) => last.get(key) === index);
}
