import { asArray, asObject, asText, asTexts } from '../call';
import type { PropertyType } from '../account/propertyDefinition';
import { invalid, Rejected } from '../rejection';
import type { ObjectTable } from './recordTable';

type Read = (property: string) => string;

/** One condition on a record's values. */
export type Filter = (read: Read) => boolean;

/** Conditions that must all hold; groups are alternatives. */
export type FilterGroup = Filter[];

// 5 groups of 6 filters, 18 in all (facts 4.1).
const groupsMax = 5;
const filtersPerGroupMax = 6;
const filtersMax = 18;

/** Reads `filterGroups` (and the flat `filters`) of a search body. Rejected (400) above the limits or when unknown. */
export function readFilterGroups(body: Record<string, unknown>, table: ObjectTable): FilterGroup[] {
  const groups = asArray(body['filterGroups'], 'filterGroups').map((group) =>
    asArray(asObject(group, 'filterGroups')['filters'], 'filters'),
  );
  const flat = asArray(body['filters'], 'filters');
  if (flat.length > 0) groups.push(flat);
  const total = groups.reduce((sum, filters) => sum + filters.length, 0);
  if (
    groups.length > groupsMax ||
    total > filtersMax ||
    groups.some((filters) => filters.length > filtersPerGroupMax)
  ) {
    throw new Rejected(
      invalid(
        `Too many filters: at most ${groupsMax} groups of ${filtersPerGroupMax} filters and ${filtersMax} in all`,
      ),
    );
  }
  return groups.map((filters) => filters.map((filter) => readFilter(asObject(filter, 'filters'), table)));
}

function readFilter(filter: Record<string, unknown>, table: ObjectTable): Filter {
  const name = asText(filter['propertyName'], 'propertyName');
  const operator = asText(filter['operator'], 'operator');
  const definition = table.properties.get(name);
  if (!definition) throw new Rejected(invalid(`There was a problem with the request: no property ${name}`));
  const type = definition.type;
  const value = filter['value'] === undefined ? '' : asText(filter['value'], 'value');
  const values = asTexts(filter['values'], 'values');
  const compare = (read: Read, other = value): number => compareValues(type, read(name), other);
  const has = (read: Read): boolean => read(name) !== '';
  const equals = (read: Read, other: string): boolean =>
    has(read) && compareValues(type, read(name), other) === 0;
  const tokens = (read: Read): boolean => containsToken(read(name), value);
  switch (operator) {
    case 'EQ':
      return (read) => equals(read, value);
    case 'NEQ':
      return (read) => !equals(read, value);
    case 'LT':
      return (read) => has(read) && compare(read) < 0;
    case 'LTE':
      return (read) => has(read) && compare(read) <= 0;
    case 'GT':
      return (read) => has(read) && compare(read) > 0;
    case 'GTE':
      return (read) => has(read) && compare(read) >= 0;
    case 'BETWEEN': {
      const high = asText(filter['highValue'], 'highValue');
      return (read) => has(read) && compare(read) >= 0 && compare(read, high) <= 0;
    }
    case 'IN':
      return (read) => values.some((other) => equals(read, other));
    case 'NOT_IN':
      return (read) => !values.some((other) => equals(read, other));
    case 'HAS_PROPERTY':
      return has;
    case 'NOT_HAS_PROPERTY':
      return (read) => !has(read);
    case 'CONTAINS_TOKEN':
      return tokens;
    case 'NOT_CONTAINS_TOKEN':
      return (read) => !tokens(read);
    default:
      throw new Rejected(invalid(`Unknown operator ${operator}`));
  }
}

/** A word of the value equals the wanted one; `*` stands for any part of a word. */
function containsToken(text: string, wanted: string): boolean {
  const pattern = wanted
    .toLowerCase()
    .split('*')
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^\\s@]*');
  return new RegExp(`(^|[\\s@])${pattern}($|[\\s@])`).test(text.toLowerCase());
}

/** Orders two values of a type: numbers by size, times by instant (ISO or epoch ms), text by its folded letters. */
export function compareValues(type: PropertyType, a: string, b: string): number {
  if (type === 'number') return Number(a) - Number(b);
  if (type === 'date' || type === 'datetime') return instant(a) - instant(b);
  const [left, right] = type === 'enumeration' ? [a, b] : [a.toLowerCase(), b.toLowerCase()];
  return left < right ? -1 : left > right ? 1 : 0;
}

function instant(text: string): number {
  return /^-?\d{5,}$/.test(text) ? Number(text) : Date.parse(text) || 0;
}
