import { asArray, asText, asTexts, bodyObject, param, type Call, type Reply } from '../call';
import { tableOf } from '../portal';
import { invalid, Rejected } from '../rejection';
import { orderedIds, type StoredRecord } from './recordTable';
import { readPropertyAt, recordReply, type View } from './recordView';
import { viewOf } from './recordWrites';
import { compareValues, readFilterGroups, type FilterGroup } from './searchFilters';

// Limits of https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm
const pageMax = 200;
const resultsMax = 10_000;
const bodyLengthMax = 3000;

/** POST search: the index lags by the configured time, never shows archived records and ends at 10,000 results. */
export function searchRecords(call: Call): Reply {
  const table = tableOf(call.portal, param(call, 'type'));
  const body = bodyObject(call);
  if (JSON.stringify(body).length > bodyLengthMax) {
    throw new Rejected(invalid(`The request body is too long: at most ${bodyLengthMax} characters`));
  }
  const limit = Number(body['limit'] ?? 10);
  if (!Number.isInteger(limit) || limit < 0 || limit > pageMax) {
    throw new Rejected(invalid(`limit must be between 0 and ${pageMax}`));
  }
  const after = Number(body['after'] ?? 0);
  if (!Number.isInteger(after) || after < 0) throw new Rejected(invalid('after must be an integer'));
  if (after + limit > resultsMax)
    throw new Rejected(invalid(`Paging beyond ${resultsMax} results is not possible`));

  const view = viewOf(call, table);
  const indexedAt = call.settings.searchLagMs > 0 ? call.stamp.at - call.settings.searchLagMs : Infinity;
  const groups = readFilterGroups(body, table);
  const query = typeof body['query'] === 'string' ? body['query'].toLowerCase() : '';
  const found: StoredRecord[] = [];
  for (const id of orderedIds(table)) {
    const record = table.records.get(String(id));
    if (!record || record.archivedAt !== undefined || record.createdBy.at > indexedAt) continue;
    if (matches(view, record, groups, query, indexedAt)) found.push(record);
  }
  sortFound(view, found, body['sorts'], indexedAt);
  const asked = asTexts(body['properties'], 'properties');
  const results = found
    .slice(after, after + limit)
    .map((record) => searchResult(view, record, asked, indexedAt));
  const more = after + limit < found.length;
  return {
    status: 200,
    body: {
      total: found.length,
      results,
      ...(more && { paging: { next: { after: String(after + limit) } } }),
    },
  };
}

function matches(
  view: View,
  record: StoredRecord,
  groups: FilterGroup[],
  query: string,
  at: number,
): boolean {
  const read = (name: string): string => readPropertyAt(view, record, name, at);
  if (
    query !== '' &&
    !Object.keys(record.properties).some((name) => read(name).toLowerCase().includes(query))
  )
    return false;
  return groups.length === 0 || groups.some((filters) => filters.every((filter) => filter(read)));
}

function searchResult(
  view: View,
  record: StoredRecord,
  asked: string[],
  at: number,
): Record<string, unknown> {
  const { table, switches } = view;
  const names = asked.length > 0 ? asked : table.defaultProperties;
  const properties: Record<string, string | null> = {};
  for (const name of [...names, table.createdName, table.modifiedName, 'hs_object_id']) {
    if (!table.properties.has(name)) continue;
    const value = readPropertyAt(view, record, name, at);
    if (value !== '') properties[name] = value;
    else if (switches.missingPropertyIsNull) properties[name] = null;
  }
  return recordReply(view, record, properties);
}

function sortFound(view: View, found: StoredRecord[], sorts: unknown, at: number): void {
  const rules = asArray(sorts, 'sorts');
  if (rules.length > 1) throw new Rejected(invalid('Only one sort is allowed'));
  const rule = rules[0];
  if (rule === undefined) return;
  const { propertyName, direction } =
    typeof rule === 'string'
      ? { propertyName: rule, direction: 'ASCENDING' }
      : (rule as Record<string, unknown>);
  const name = asText(propertyName, 'propertyName');
  const definition = view.table.properties.get(name);
  if (!definition) throw new Rejected(invalid(`There was a problem with the request: no property ${name}`));
  const sign = direction === 'DESCENDING' ? -1 : 1;
  const keyed = found.map((record) => ({ record, key: readPropertyAt(view, record, name, at) }));
  keyed.sort((a, b) => sign * compareValues(definition.type, a.key, b.key));
  keyed.forEach(({ record }, place) => (found[place] = record));
}
