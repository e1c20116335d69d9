import { linkTypes } from './crm/links';
import type { ObjectTable, StoredRecord } from './crm/recordTable';
import { readProperty, type View } from './crm/recordView';
import type { Simulator } from './simulator';

/**
 * The whole portal as JSON lines: `{"kind":"record", ...}` with every property that has a value, who wrote it last and
 * the number of writes, then `{"kind":"association", ...}` once per direction.
 */
export function* exportLines(simulator: Simulator, objectType?: string): Generator<string> {
  const { portal, settings } = simulator;
  for (const table of portal.tables.values()) {
    if (objectType !== undefined && table.typeId !== portal.names.get(objectType.toLowerCase())) continue;
    const view: View = { portal, table, switches: settings.switches };
    for (const record of table.records.values()) yield JSON.stringify(exportedRecord(view, record));
  }
  for (const [key, pair] of portal.links.pairs) {
    const [from, to] = key.split('>') as [string, string];
    if (objectType !== undefined && from !== portal.names.get(objectType.toLowerCase())) continue;
    const types = linkTypes(portal.links, from, to);
    const names = { fromObjectType: nameOf(portal.tables, from), toObjectType: nameOf(portal.tables, to) };
    for (const [fromId, row] of pair) {
      for (const [toId, keys] of row) {
        const held = types.filter((type) => keys.includes(type.key));
        const shown = held.map(({ category, typeId, label }) => ({ category, typeId, label }));
        yield JSON.stringify({ kind: 'association', ...names, fromId, toId, types: shown });
      }
    }
  }
}

function nameOf(tables: ReadonlyMap<string, ObjectTable>, typeId: string): string {
  return tables.get(typeId)?.name ?? typeId;
}

/** One record as exported. `lastWrittenBy` has, per stored property, time and writer, also of a write of an equal value. */
export function exportedRecord(view: View, record: StoredRecord): Record<string, unknown> {
  const properties: Record<string, string> = {};
  for (const name of view.table.properties.keys()) {
    const value = readProperty(view, record, name);
    if (value !== undefined && value !== '') properties[name] = value;
  }
  const lastWrittenBy: Record<string, unknown> = {};
  let equalWrites = 0;
  for (const [name, stamp] of Object.entries(record.stamps)) {
    const equal = record.equalWrites?.[name];
    equalWrites += equal?.count ?? 0;
    const last = equal?.stamp ?? stamp;
    lastWrittenBy[name] = {
      at: new Date(last.at).toISOString(),
      sourceType: last.type,
      sourceId: last.id,
      times: 1 + (record.past?.[name]?.length ?? 0) + (equal?.count ?? 0),
    };
  }
  return {
    kind: 'record',
    objectType: view.table.name,
    objectTypeId: view.table.typeId,
    id: record.id,
    properties,
    archived: record.archivedAt !== undefined,
    createdAt: new Date(record.createdBy.at).toISOString(),
    updatedAt: new Date(record.updatedAt).toISOString(),
    createdBy: { sourceType: record.createdBy.type, sourceId: record.createdBy.id },
    secondaryEmails: record.secondaryEmails ?? [],
    mergedIds: record.mergedIds ?? [],
    writes: record.writes,
    equalWrites,
    lastWrittenBy,
  };
}
