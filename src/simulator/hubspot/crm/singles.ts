import { asObject, asText, bodyObject, param, queryList, type Call, type Reply } from '../call';
import { linksOf, linkTypes } from './links';
import { findByKey, requireUnique } from './findByKey';
import { tableOf } from '../portal';
import { invalid, notFound, Rejected } from '../rejection';
import { findRecord, orderedIds, type ObjectTable, type StoredRecord } from './recordTable';
import { readProperties, recordReply, type View } from './recordView';
import { planCreate, planUpdate, sceneOf, viewOf } from './recordWrites';

const listMax = 100;
/** With property history fewer records fit a page (facts 4.2). */
const listWithHistoryMax = 50;

function named(
  call: Call,
  verb: 'read' | 'update',
): { table: ObjectTable; record: StoredRecord | undefined } {
  const table = tableOf(call.portal, param(call, 'type'));
  const idProperty = call.query.get('idProperty');
  const id = param(call, 'id');
  if (!idProperty) return { table, record: findRecord(table, id) };
  requireUnique(table, idProperty, { verb, emailAllowed: true, portalId: call.account.portalId });
  return { table, record: findByKey(table, idProperty, id) };
}

/** The `associations` of a list or get: ids and type names per object type. */
function inlineAssociations(
  call: Call,
  view: View,
  record: StoredRecord,
  wanted: string[],
): Record<string, unknown> {
  const associations: Record<string, unknown> = {};
  for (const name of wanted) {
    const other = tableOf(call.portal, name);
    const types = linkTypes(call.portal.links, view.table.typeId, other.typeId);
    const results = [...linksOf(call.portal.links, view.table.typeId, record.id, other.typeId)].flatMap(
      ([id, keys]) =>
        findRecord(other, id)?.archivedAt !== undefined
          ? []
          : keys.map((key) => {
              const type = types.find((candidate) => candidate.key === key);
              const pair = `${view.table.singular}_to_${other.singular}`;
              return { id, type: type?.kind === 'unlabeled' ? `${pair}_unlabeled` : (type?.label ?? pair) };
            }),
    );
    if (results.length > 0) associations[other.name] = { results };
  }
  return Object.keys(associations).length > 0 ? { associations } : {};
}

function readReply(call: Call, table: ObjectTable, record: StoredRecord): Record<string, unknown> {
  const view = viewOf(call, table);
  const properties = readProperties(view, record, queryList(call, 'properties'));
  return {
    ...recordReply(view, record, properties, queryList(call, 'propertiesWithHistory')),
    ...inlineAssociations(call, view, record, queryList(call, 'associations')),
  };
}

/** GET one record by id (merged ids lead to the winner) or by a unique property. */
export function getRecord(call: Call): Reply {
  const { table, record } = named(call, 'read');
  const archived = call.query.get('archived') === 'true';
  if (!record || (record.archivedAt !== undefined) !== archived) throw new Rejected(notFound());
  return { status: 200, body: readReply(call, table, record) };
}

/** GET a page by ascending id; `after` is the id of the next record. Complete, unlike search (facts 4.2). */
export function listRecords(call: Call): Reply {
  const table = tableOf(call.portal, param(call, 'type'));
  const limit = Number(call.query.get('limit') ?? 10);
  const max = call.query.has('propertiesWithHistory') ? listWithHistoryMax : listMax;
  if (!Number.isInteger(limit) || limit < 1 || limit > max) {
    throw new Rejected(invalid(`Page size must be between 1 and ${max}, but was ${call.query.get('limit')}`));
  }
  const after = Number(call.query.get('after') ?? 0);
  if (Number.isNaN(after)) throw new Rejected(invalid('The given paging cursor is not valid'));
  const archived = call.query.get('archived') === 'true';
  const ids = orderedIds(table);
  const page: StoredRecord[] = [];
  let at = firstFrom(ids, after);
  for (; at < ids.length && page.length <= limit; at++) {
    const record = table.records.get(String(ids[at]));
    if (record && (record.archivedAt !== undefined) === archived) page.push(record);
  }
  const next = page.length > limit ? page.pop() : undefined;
  const results = page.map((record) => readReply(call, table, record));
  return {
    status: 200,
    body: { results, ...(next && { paging: { next: { after: next.id, link: `?after=${next.id}` } } }) },
  };
}

/** Index of the first id that is not below `id`. */
function firstFrom(ids: readonly number[], id: number): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ids[middle] as number) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** POST one record: 201. */
export function createRecord(call: Call): Reply {
  const table = tableOf(call.portal, param(call, 'type'));
  const body = bodyObject(call);
  const planned = planCreate(
    call,
    sceneOf(call, table),
    asObject(body['properties'] ?? {}, 'properties'),
    body['associations'],
  );
  if ('status' in planned) throw new Rejected(planned);
  return { status: 201, body: planned.commit() };
}

/** PATCH one record by id (merged ids are followed) or by a unique property, e-mail included. */
export function updateRecord(call: Call): Reply {
  const { table, record } = named(call, 'update');
  if (!record || record.archivedAt !== undefined) throw new Rejected(notFound());
  const properties = asObject(bodyObject(call)['properties'] ?? {}, 'properties');
  const planned = planUpdate(call, sceneOf(call, table), record, properties);
  if ('status' in planned) throw new Rejected(planned);
  return { status: 200, body: planned.commit() };
}

/** DELETE: into the recycle bin; 204, also when it is there already. */
export function archiveRecord(call: Call): Reply {
  const { table, record } = named(call, 'update');
  if (!record) throw new Rejected(notFound());
  if (record.archivedAt === undefined) call.write({ do: 'archive', type: table.typeId, id: record.id });
  return { status: 204 };
}

/** POST gdpr-delete: the contact is gone for good; 204 also for an e-mail that nobody has (facts 3.1). */
export function gdprDelete(call: Call): Reply {
  const body = bodyObject(call);
  const table = tableOf(call.portal, 'contacts');
  const objectId = asText(body['objectId'], 'objectId');
  const byEmail = body['idProperty'] === 'email';
  const record = byEmail ? findByKey(table, 'email', objectId) : findRecord(table, objectId);
  if (!record && !byEmail) throw new Rejected(notFound());
  if (record) call.write({ do: 'forget', type: table.typeId, id: record.id });
  return { status: 204 };
}
