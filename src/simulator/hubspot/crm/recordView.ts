import { linksOf } from './links';
import type { Portal } from '../portal';
import { liveRecord, type ObjectTable, type StoredRecord } from './recordTable';
import type { Switches } from '../switches';

/** What a reply about records is made from. */
export interface View {
  portal: Portal;
  table: ObjectTable;
  switches: Switches;
}

const iso = (time: number): string => new Date(time).toISOString();

function countContacts(view: View, record: StoredRecord): string {
  const contacts = view.portal.tables.get('0-1');
  const ids = [...linksOf(view.portal.links, view.table.typeId, record.id, '0-1').keys()];
  return String(ids.filter((id) => contacts && liveRecord(contacts, id)).length);
}

/** Properties that HubSpot computes; undefined where a record of this type has no such property. */
function computed(view: View, record: StoredRecord, name: string): string | undefined {
  switch (name) {
    case 'hs_object_id':
      return record.id;
    case 'hs_object_source':
    case 'hs_object_source_label':
      return record.createdBy.type;
    case 'hs_object_source_id':
      return record.createdBy.id;
    case 'hs_merged_object_ids':
      return record.mergedIds?.join(';') ?? '';
    case 'hs_additional_emails':
      return record.secondaryEmails?.join(';') ?? '';
    case 'hs_email_domain':
      return record.properties['email']?.split('@')[1] ?? '';
    case 'num_associated_contacts':
      return countContacts(view, record);
    case view.table.createdName:
      return record.properties[name] || iso(record.createdBy.at);
    case view.table.modifiedName:
      return iso(record.updatedAt);
    default:
      return undefined;
  }
}

/** A property's value as text, '' when it has none, undefined when the object type does not know it. */
export function readProperty(view: View, record: StoredRecord, name: string): string | undefined {
  const definition = view.table.properties.get(name);
  if (!definition || definition.archived) return undefined;
  const value = record.properties[name];
  if (value !== undefined && name !== view.table.createdName) return spell(view, definition.type, value);
  return spell(view, definition.type, computed(view, record, name) ?? '');
}

function spell(view: View, type: string, value: string): string {
  if (type !== 'datetime' || view.switches.datetimeFractions) return value;
  return value.endsWith('.000Z') ? value.replace('.000Z', 'Z') : value;
}

/** The value a stored property had at a time: what a lagging search index still shows. */
export function readPropertyAt(view: View, record: StoredRecord, name: string, at: number): string {
  const stamp = record.stamps[name];
  if (!stamp || stamp.at <= at) {
    if (name !== view.table.modifiedName || record.updatedAt <= at)
      return readProperty(view, record, name) ?? '';
    const times = Object.values(record.stamps).map((held) => held.at);
    return iso(Math.max(record.createdBy.at, ...times.filter((time) => time <= at)));
  }
  return record.past?.[name]?.findLast((past) => past.stamp.at <= at)?.value ?? '';
}

/** All versions of a property, newest first, as `propertiesWithHistory` shows them (facts 6). */
export function propertyHistory(view: View, record: StoredRecord, name: string): Record<string, unknown>[] {
  const version = (value: string, at: number, type: string, id: string) => {
    const user = /^userId:(\d+)$/.exec(id)?.[1];
    return {
      value,
      timestamp: iso(at),
      sourceType: type,
      sourceId: id,
      ...(user !== undefined && { updatedByUserId: Number(user) }),
    };
  };
  const stamp = record.stamps[name];
  const value = readProperty(view, record, name) ?? '';
  if (!stamp) {
    const { at, type, id } = record.createdBy;
    return value === '' ? [] : [version(value, at, type, id)];
  }
  const past = (record.past?.[name] ?? []).map((old) =>
    version(old.value, old.stamp.at, old.stamp.type, old.stamp.id),
  );
  return [...past, version(value, stamp.at, stamp.type, stamp.id)].reverse();
}

/** Names that every reply carries, whatever was asked for. */
function systemNames(table: ObjectTable): string[] {
  return [table.createdName, table.modifiedName, 'hs_object_id'];
}

/** The `properties` of a read: those asked for (unknown ones silently dropped) or the type's defaults. */
export function readProperties(
  view: View,
  record: StoredRecord,
  asked: readonly string[],
): Record<string, string | null> {
  const names = asked.length > 0 ? asked : view.table.defaultProperties;
  const properties: Record<string, string | null> = {};
  for (const name of [...names, ...systemNames(view.table)]) {
    const value = readProperty(view, record, name);
    if (value === undefined) continue;
    if (value !== '') properties[name] = value;
    else if (view.switches.missingPropertyIsNull) properties[name] = null;
  }
  return properties;
}

/** The `properties` of a write's reply: what was written, as it is now stored, and the system's own. */
export function writtenProperties(
  view: View,
  record: StoredRecord,
  written: Iterable<string>,
): Record<string, string> {
  const properties: Record<string, string> = {};
  const names = view.switches.writeRepliesCarryProperties ? written : [];
  for (const name of names) properties[name] = readProperty(view, record, name) ?? '';
  for (const name of systemNames(view.table)) properties[name] = readProperty(view, record, name) ?? '';
  return properties;
}

/** The envelope of a record in any reply. */
export function recordReply(
  view: View,
  record: StoredRecord,
  properties: Record<string, string | null>,
  withHistory: readonly string[] = [],
): Record<string, unknown> {
  const known = withHistory.filter((name) => view.table.properties.has(name));
  return {
    id: record.id,
    properties,
    ...(known.length > 0 && {
      propertiesWithHistory: Object.fromEntries(
        known.map((name) => [name, propertyHistory(view, record, name)]),
      ),
    }),
    createdAt: spell(view, 'datetime', iso(record.createdBy.at)),
    updatedAt: spell(view, 'datetime', iso(record.updatedAt)),
    archived: record.archivedAt !== undefined,
    ...(record.archivedAt !== undefined && { archivedAt: iso(record.archivedAt) }),
  };
}
