import {
  addLinkType,
  allLinksOf,
  linkKeys,
  linkTypes,
  removeLinkType,
  setLink,
  type LinkType,
} from './crm/links';
import type { Install } from './oauth/oauthBook';
import { addTable, type Portal, type ValidationRule } from './portal';
import { unpackRecord, type PackedRecord } from './crm/packedRecord';
import type { PropertyDefinition } from './account/propertyDefinition';
import {
  absorbRecord,
  createTable,
  dropRecord,
  putProperty,
  putRecord,
  setArchived,
  writeValues,
  type ObjectTable,
  type Stamp,
  type StoredRecord,
} from './crm/recordTable';
import type { Owner, Pipeline } from './account/referenceData';

/** Everything that can happen to a portal. The journal is a list of these, and replaying it is the state. */
export type Change =
  | { do: 'create'; type: string; id: string; properties: Record<string, string>; emails?: string[] }
  | { do: 'write'; type: string; id: string; properties: Record<string, string>; emails?: string[] }
  | { do: 'archive'; type: string; id: string }
  | { do: 'restore'; type: string; id: string }
  | { do: 'forget'; type: string; id: string }
  | {
      do: 'merge';
      type: string;
      primary: string;
      loser: string;
      into: string;
      fill: Record<string, string>;
      emails?: string[];
    }
  | { do: 'put'; type: string; record: PackedRecord }
  | { do: 'alias'; type: string; id: string; into: string }
  | { do: 'link'; from: string; fromId: string; to: string; toId: string; keys: string[] }
  | { do: 'linkType'; type: LinkType }
  | { do: 'dropLinkType'; from: string; to: string; key: string }
  | { do: 'property'; type: string; definition: PropertyDefinition }
  | { do: 'group'; type: string; name: string; label: string; archived: boolean; displayOrder: number }
  | { do: 'schema'; about: TableAbout; properties: PropertyDefinition[] }
  | { do: 'rules'; type: string; property: string; rules: ValidationRule[] }
  | { do: 'owner'; owner: Owner }
  | { do: 'pipelines'; type: string; pipelines: Pipeline[] }
  | { do: 'install'; install: Install }
  | { do: 'uninstall'; clientId: string }
  | { do: 'counter'; type: string; nextId: number };

/** What a custom object's table is made from. */
export type TableAbout = Parameters<typeof createTable>[0];

/** The changes of one request: one line of the journal. */
export interface Envelope {
  stamp: Stamp;
  changes: Change[];
}

function tableById(portal: Portal, typeId: string): ObjectTable {
  const table = portal.tables.get(typeId);
  if (!table) throw new Error(`no object type ${typeId}`);
  return table;
}

function recordById(table: ObjectTable, id: string): StoredRecord {
  const record = table.records.get(id);
  if (!record) throw new Error(`no record ${id} in ${table.name}`);
  return record;
}

/** Applies one change. Validation is over by now: what does not fit is a defect and throws. */
export function applyChange(portal: Portal, change: Change, stamp: Stamp): void {
  switch (change.do) {
    case 'create':
      return putRecord(tableById(portal, change.type), newRecord(change, stamp));
    case 'write': {
      const table = tableById(portal, change.type);
      const record = recordById(table, change.id);
      portal.equalValueWrites += writeValues(table, record, change.properties, stamp, change.emails);
      return;
    }
    case 'archive':
    case 'restore': {
      const table = tableById(portal, change.type);
      return setArchived(table, recordById(table, change.id), change.do === 'archive' ? stamp.at : undefined);
    }
    case 'forget':
      for (const [to, toId] of allLinksOf(portal.links, change.type, change.id)) {
        setLink(portal.links, change.type, change.id, to, toId, []);
      }
      return dropRecord(tableById(portal, change.type), change.id);
    case 'merge':
      return mergeRecords(portal, change, stamp);
    case 'put':
      return putRecord(tableById(portal, change.type), unpackRecord(change.record));
    case 'alias':
      tableById(portal, change.type).aliases.set(change.id, change.into);
      return;
    case 'link':
      return setLink(portal.links, change.from, change.fromId, change.to, change.toId, change.keys);
    case 'linkType':
      return addLinkType(portal.links, change.type);
    case 'dropLinkType':
      return removeLinkType(portal.links, change.from, change.to, change.key);
    case 'property':
      return putProperty(tableById(portal, change.type), change.definition);
    case 'group': {
      const { name, label, archived, displayOrder } = change;
      tableById(portal, change.type).groups.set(name, { name, label, archived, displayOrder });
      return;
    }
    case 'schema':
      return addTable(portal, createTable(change.about, change.properties));
    case 'rules':
      portal.rules.set(`${change.type}/${change.property}`, change.rules);
      return;
    case 'owner':
      portal.owners.set(change.owner.id, change.owner);
      return;
    case 'pipelines':
      portal.pipelines.set(change.type, change.pipelines);
      return;
    case 'install':
      portal.installs.set(change.install.clientId, change.install);
      return;
    case 'uninstall':
      portal.installs.delete(change.clientId);
      return;
    case 'counter': {
      const table = tableById(portal, change.type);
      table.nextId = Math.max(table.nextId, change.nextId);
    }
  }
}

function newRecord(change: Extract<Change, { do: 'create' }>, stamp: Stamp): StoredRecord {
  const stamps: Record<string, Stamp> = {};
  for (const name of Object.keys(change.properties)) stamps[name] = stamp;
  return {
    id: change.id,
    properties: change.properties,
    stamps,
    createdBy: stamp,
    updatedAt: stamp.at,
    writes: 1,
    ...(change.emails && { secondaryEmails: change.emails }),
  };
}

function mergeRecords(portal: Portal, change: Extract<Change, { do: 'merge' }>, stamp: Stamp): void {
  const table = tableById(portal, change.type);
  const primary = recordById(table, change.primary);
  const loser = recordById(table, change.loser);
  const linksBefore = (id: string) => allLinksOf(portal.links, change.type, id);
  const kept = linksBefore(primary.id);
  const moved = linksBefore(loser.id);
  for (const id of [primary.id, loser.id]) {
    for (const [to, toId] of linksBefore(id)) setLink(portal.links, change.type, id, to, toId, []);
  }
  let into = primary;
  dropRecord(table, loser.id);
  if (change.into !== primary.id) {
    dropRecord(table, primary.id);
    into = { ...primary, id: change.into };
    putRecord(table, into);
    absorbRecord(table, into, primary);
  }
  absorbRecord(table, into, loser);
  const own = new Set([primary.id, loser.id, into.id]);
  // The primary's own primary company stands; the loser's becomes an ordinary one.
  const isPrimary = (to: string, key: string): boolean =>
    linkTypes(portal.links, change.type, to).some((type) => type.key === key && type.kind === 'primary');
  const hasPrimary = new Set(
    kept.flatMap(([to, , keys]) => (keys.some((key) => isPrimary(to, key)) ? [to] : [])),
  );
  const brought = moved.map(([to, toId, keys]): (typeof moved)[number] => [
    to,
    toId,
    hasPrimary.has(to) ? keys.filter((key) => !isPrimary(to, key)) : keys,
  ]);
  for (const [to, toId, keys] of [...kept, ...brought]) {
    if (to === change.type && own.has(toId)) continue;
    const held = linkKeys(portal.links, change.type, into.id, to, toId);
    setLink(portal.links, change.type, into.id, to, toId, [...new Set([...held, ...keys])]);
  }
  writeValues(table, into, change.fill, stamp, change.emails);
}
