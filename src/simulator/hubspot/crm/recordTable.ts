import type { PropertyDefinition } from '../account/propertyDefinition';

/** Who wrote a value and when: one object per request, held by all values it wrote. */
export interface Stamp {
  at: number;
  type: string;
  id: string;
}

/** A value that another one has replaced. */
export interface PastValue {
  value: string;
  stamp: Stamp;
}

/** A record as stored. An empty string is a cleared value; system properties are computed when read. */
export interface StoredRecord {
  id: string;
  properties: Record<string, string>;
  stamps: Record<string, Stamp>;
  /** Replaced values, oldest first; only for properties that were written more than once. */
  past?: Record<string, PastValue[]>;
  /** Last writes that brought the value already held, and their number. */
  equalWrites?: Record<string, { stamp: Stamp; count: number }>;
  createdBy: Stamp;
  updatedAt: number;
  archivedAt?: number;
  secondaryEmails?: string[];
  mergedIds?: string[];
  writes: number;
}

/** All records of one object type with their indexes: by id, by unique property, by e-mail (secondary too). */
export interface ObjectTable {
  typeId: string;
  name: string;
  singular: string;
  fullName: string;
  createdName: string;
  modifiedName: string;
  requiredProperties: string[];
  defaultProperties: string[];
  labels: { singular: string; plural: string };
  schema?: Record<string, unknown>;
  properties: Map<string, PropertyDefinition>;
  groups: Map<string, { name: string; label: string; displayOrder: number; archived: boolean }>;
  records: Map<string, StoredRecord>;
  /** Ids of merged records and the record that holds them now. */
  aliases: Map<string, string>;
  unique: Map<string, Map<string, string>>;
  /** Record ids as numbers, ascending; may name records that are gone. */
  order: number[];
  orderDirty: boolean;
  nextId: number;
}

/** HubSpot keeps 45 versions of a contact's property and 20 of others; we keep 45 of each. */
const pastValuesMax = 45;

/** A table without records, with the given properties. */
export function createTable(
  about: Pick<ObjectTable, 'typeId' | 'name' | 'singular' | 'createdName' | 'modifiedName'> &
    Partial<ObjectTable>,
  definitions: PropertyDefinition[],
): ObjectTable {
  const table: ObjectTable = {
    fullName: about.name,
    requiredProperties: [],
    defaultProperties: [],
    labels: { singular: about.singular, plural: about.name },
    properties: new Map(),
    groups: new Map(),
    records: new Map(),
    aliases: new Map(),
    unique: new Map(),
    order: [],
    orderDirty: false,
    // Ids start alike in every table on purpose: they are unique inside one object type only (facts 3.1).
    nextId: 1001,
    ...about,
  };
  if (table.typeId === '0-1') table.unique.set('email', new Map());
  for (const group of [`${table.singular}information`, 'information']) {
    table.groups.set(group, { name: group, label: group, displayOrder: -1, archived: false });
  }
  for (const definition of definitions) putProperty(table, definition);
  return table;
}

/** Adds or replaces a property definition; a new unique one gets its index. */
export function putProperty(table: ObjectTable, definition: PropertyDefinition): void {
  table.properties.set(definition.name, definition);
  if (definition.hasUniqueValue && definition.name !== 'hs_object_id' && !table.unique.has(definition.name)) {
    table.unique.set(definition.name, new Map());
  }
}

/** The record of an id, archived or not; the ids of merged records lead to the record that absorbed them. */
export function findRecord(table: ObjectTable, id: string): StoredRecord | undefined {
  return table.records.get(id) ?? table.records.get(table.aliases.get(id) ?? '');
}

/** The live record of exactly this id. */
export function liveRecord(table: ObjectTable, id: string): StoredRecord | undefined {
  const record = table.records.get(id);
  return record?.archivedAt === undefined ? record : undefined;
}

/** An index key: e-mails are folded, other unique values compared as they are. */
export function uniqueKey(property: string, value: string): string {
  return property === 'email' ? value.trim().toLowerCase() : value;
}

/** The ids of all records in ascending order. */
export function orderedIds(table: ObjectTable): number[] {
  if (table.orderDirty) {
    table.order = [...table.records.keys()].map(Number).sort((a, b) => a - b);
    table.orderDirty = false;
  }
  return table.order;
}

function index(table: ObjectTable, record: StoredRecord, into: boolean): void {
  for (const [property, owners] of table.unique) {
    const values = [record.properties[property] ?? ''];
    if (property === 'email') values.push(...(record.secondaryEmails ?? []));
    for (const value of values) {
      if (value === '') continue;
      const key = uniqueKey(property, value);
      if (into) owners.set(key, record.id);
      else if (owners.get(key) === record.id) owners.delete(key);
    }
  }
}

/** Puts a whole record into the table, replacing one of the same id. */
export function putRecord(table: ObjectTable, record: StoredRecord): void {
  const held = table.records.get(record.id);
  if (held) index(table, held, false);
  else {
    const id = Number(record.id);
    if (id > (table.order.at(-1) ?? -1)) table.order.push(id);
    else table.orderDirty = true;
    table.nextId = Math.max(table.nextId, id + 1);
  }
  table.records.set(record.id, record);
  if (record.archivedAt === undefined) index(table, record, true);
}

/** Takes a record out for good. */
export function dropRecord(table: ObjectTable, id: string): void {
  const record = table.records.get(id);
  if (!record) return;
  index(table, record, false);
  table.records.delete(id);
  table.orderDirty = true;
}

/** Writes values; `emails` replaces the secondary addresses. Returns how many values were equal already. */
export function writeValues(
  table: ObjectTable,
  record: StoredRecord,
  values: Record<string, string>,
  stamp: Stamp,
  emails?: string[],
): number {
  let equal = 0;
  const reindex = emails !== undefined || 'email' in values;
  if (reindex) index(table, record, false);
  for (const name of Object.keys(values)) {
    const value = values[name] as string;
    const held = record.properties[name] ?? '';
    if (held === value) {
      equal++;
      const count = (record.equalWrites?.[name]?.count ?? 0) + 1;
      (record.equalWrites ??= {})[name] = { stamp, count };
      continue;
    }
    const owners = reindex ? undefined : table.unique.get(name);
    if (owners && held !== '' && owners.get(held) === record.id) owners.delete(held);
    if (owners && value !== '') owners.set(value, record.id);
    const heldStamp = record.stamps[name];
    if (heldStamp) {
      const past = ((record.past ??= {})[name] ??= []);
      past.push({ value: held, stamp: heldStamp });
      if (past.length > pastValuesMax) past.shift();
    }
    record.properties[name] = value;
    record.stamps[name] = stamp;
  }
  if (emails) record.secondaryEmails = emails;
  if (reindex) index(table, record, true);
  record.updatedAt = stamp.at;
  record.writes++;
  return equal;
}

/** Archives (a time) or restores (undefined); the unique values of an archived record are free again. */
export function setArchived(table: ObjectTable, record: StoredRecord, at: number | undefined): void {
  if (at === undefined) {
    delete record.archivedAt;
    index(table, record, true);
  } else {
    index(table, record, false);
    record.archivedAt = at;
  }
}

/** Makes `into` answer for `absorbed`, which leaves the table; earlier aliases follow. */
export function absorbRecord(table: ObjectTable, into: StoredRecord, absorbed: StoredRecord): void {
  dropRecord(table, absorbed.id);
  const ids = new Set([...(into.mergedIds ?? []), ...(absorbed.mergedIds ?? []), absorbed.id]);
  ids.delete(into.id);
  into.mergedIds = [...ids];
  for (const id of ids) table.aliases.set(id, into.id);
}
