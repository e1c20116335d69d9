import { allLinksOf, linkTypes } from '../crm/links';
import { shownTable, tableOf } from '../portal';
import { notFound, Rejected } from '../rejection';
import { findRecord, orderedIds } from '../crm/recordTable';
import { propertyHistory, readProperties, readProperty, type View } from '../crm/recordView';
import { exportedRecord } from '../exportPortal';
import type { Simulator } from '../simulator';

const pageSizeMax = 100;

/** What the page shows first: the account and its object types with their numbers. */
export function overview(simulator: Simulator): Record<string, unknown> {
  const tables = [...simulator.portal.tables.values()].map((table) => {
    const records = [...table.records.values()];
    const archived = records.filter((record) => record.archivedAt !== undefined).length;
    return {
      typeId: table.typeId,
      name: table.name,
      live: records.length - archived,
      archived,
      properties: table.properties.size,
    };
  });
  return {
    product: 'HubSpot simulator',
    ...simulator.account,
    now: new Date(simulator.now()).toISOString(),
    objectTypes: tables,
  };
}

/** A page of an object type, by offset; `q` looks for a text in any stored value, the id, or an id that was merged into it. */
export function browseRecords(simulator: Simulator, query: URLSearchParams): Record<string, unknown> {
  const table = shownTable(simulator.portal, query.get('objectType') ?? 'contacts');
  const view: View = { portal: simulator.portal, table, switches: simulator.settings.switches };
  const offset = Math.max(0, Number(query.get('offset') ?? 0) || 0);
  const limit = Math.min(pageSizeMax, Math.max(1, Number(query.get('limit') ?? 25) || 25));
  const wanted = (query.get('q') ?? '').toLowerCase();
  const found = orderedIds(table).flatMap((id) => {
    const record = table.records.get(String(id));
    if (!record) return [];
    const { id: own, properties, secondaryEmails = [], mergedIds = [] } = record;
    const texts = [own, ...Object.values(properties), ...secondaryEmails, ...mergedIds];
    return wanted === '' || texts.some((text) => text.toLowerCase().includes(wanted)) ? [record] : [];
  });
  return {
    total: found.length,
    columns: table.defaultProperties,
    results: found.slice(offset, offset + limit).map((record) => ({
      id: record.id,
      archived: record.archivedAt !== undefined,
      updatedAt: new Date(record.updatedAt).toISOString(),
      properties: readProperties(view, record, table.defaultProperties),
    })),
  };
}

/** Everything about one record: values with history and writer, associations. */
export function inspectRecord(simulator: Simulator, query: URLSearchParams): Record<string, unknown> {
  const { portal, settings } = simulator;
  const table = shownTable(portal, query.get('objectType') ?? 'contacts');
  const record = findRecord(table, query.get('id') ?? '');
  if (!record) throw new Rejected(notFound());
  const view: View = { portal, table, switches: settings.switches };
  const history = Object.fromEntries(
    [...table.properties.keys()]
      .filter((name) => readProperty(view, record, name) || record.past?.[name])
      .map((name) => [name, propertyHistory(view, record, name)]),
  );
  const associations = allLinksOf(portal.links, table.typeId, record.id).map(([to, toId, keys]) => ({
    objectType: tableOf(portal, to).name,
    id: toId,
    types: linkTypes(portal.links, table.typeId, to)
      .filter((type) => keys.includes(type.key))
      .map(({ typeId, category, label, kind }) => ({ typeId, category, label, kind })),
  }));
  const propertyNames = [...table.properties.values()]
    .filter(({ modificationMetadata }) => !modificationMetadata.readOnlyValue)
    .map(({ name }) => name)
    .sort();
  return { ...exportedRecord(view, record), history, associations, propertyNames };
}
