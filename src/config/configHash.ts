import { createHash } from 'node:crypto';
import type { TributaryConfig } from './schema';
import { toObjectRules, toStreamMaps, type PropertyTypes } from './toRules';

/**
 * A hash over everything in the configuration that decides the outcome of an object's records: maps,
 * references, zones, regions, identity, precedence, ownership and types; not page sizes, schedules, secrets or
 * the order in which properties are written. Out: 64 hex digits, the same on every machine.
 * @param types the portal's property types, where a change of them shall count too
 */
export function configHash(config: TributaryConfig, objectType: string, types: PropertyTypes = {}): string {
  const streams = toStreamMaps(config)
    .filter((stream) => stream.objectType === objectType)
    .map((stream) => ({ ...stream, fields: byName(stream.fields, ({ property }) => property) }));
  const deciding = {
    streams: byName(streams, ({ source, stream }) => `${source}.${stream}`),
    rules: { ...toObjectRules(config, objectType, types, 0), configNumber: undefined },
  };
  return createHash('sha256').update(canonicalJson(deciding)).digest('hex');
}

/** JSON whose keys are sorted, so that equal values have equal text. Undefined members are left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value ?? null);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

function byName<Item>(items: Item[], nameOf: (item: Item) => string): Item[] {
  return [...items].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}
