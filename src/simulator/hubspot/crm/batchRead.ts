import { batchInputs, batchInputsMax, batchReply, repeated } from './batch';
import { asText, asTexts, bodyObject, param, type Call, type Reply } from '../call';
import { findByKey, requireUnique } from './findByKey';
import { tableOf } from '../portal';
import { batchErrorEntry, duplicateIds, objectsNotFound, Rejected } from '../rejection';
import { findRecord, uniqueKey, type StoredRecord } from './recordTable';
import { readProperties, recordReply } from './recordView';
import { viewOf } from './recordWrites';

/** With property history HubSpot takes fewer records per call (facts 4.2). */
const withHistoryMax = 50;

/** POST batch/read: the records found, and in a 207 one error that names the ids that were not (facts 3.2). */
export function batchRead(call: Call): Reply {
  const table = tableOf(call.portal, param(call, 'type'));
  const body = bodyObject(call);
  const asked = asTexts(body['properties'], 'properties');
  const history = asTexts(body['propertiesWithHistory'], 'propertiesWithHistory');
  const idProperty = body['idProperty'] ? asText(body['idProperty'], 'idProperty') : undefined;
  if (idProperty)
    requireUnique(table, idProperty, { verb: 'read', emailAllowed: true, portalId: call.account.portalId });
  const archived = call.query.get('archived') === 'true';
  const max = history.length > 0 ? withHistoryMax : batchInputsMax;
  const ids = batchInputs(call, max).map(({ input }) =>
    uniqueKey(idProperty ?? '', asText(input['id'], 'id')),
  );
  const twice = repeated(ids);
  if (twice.length > 0) throw new Rejected(duplicateIds(twice));

  const byId = (id: string): StoredRecord | undefined =>
    call.settings.switches.batchReadResolvesMerged ? findRecord(table, id) : table.records.get(id);
  const view = viewOf(call, table);
  const found = new Set<StoredRecord>();
  const missing: string[] = [];
  for (const id of ids) {
    const record = idProperty ? findByKey(table, idProperty, id) : byId(id);
    if (record && (record.archivedAt !== undefined) === archived) found.add(record);
    else missing.push(id);
  }
  const results = [...found].map((record) =>
    recordReply(view, record, readProperties(view, record, asked), history),
  );
  const errors =
    missing.length === 0 ? [] : [batchErrorEntry(objectsNotFound(table.singular.toUpperCase(), missing))];
  return batchReply(call, results, errors, 200);
}
