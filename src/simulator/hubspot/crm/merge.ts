import { lifecycleStages } from '../account/catalog';
import { asText, bodyObject, param, type Call, type Reply } from '../call';
import { tableOf } from '../portal';
import { invalid, objectsNotFound, Rejected } from '../rejection';
import { findRecord, type ObjectTable, type StoredRecord } from './recordTable';
import { readProperties, recordReply } from './recordView';
import { viewOf } from './recordWrites';

/** A profile holds at most this many merged identities; the error has status 414 (facts 4.3). */
const identitiesMax = 250;

function sideOf(table: ObjectTable, id: string): StoredRecord {
  const record = findRecord(table, id);
  if (record && record.archivedAt === undefined) return record;
  throw new Rejected(objectsNotFound(table.singular.toUpperCase(), [id]));
}

/**
 * POST merge: one record from two. By switch a new id is minted or the primary's kept; old ids keep resolving on
 * single reads and updates. The primary's values win, gaps are filled, the loser's e-mails become secondary.
 */
export function mergeRecords(call: Call): Reply {
  const table = tableOf(call.portal, param(call, 'type'));
  const body = bodyObject(call);
  const primary = sideOf(table, asText(body['primaryObjectId'], 'primaryObjectId'));
  const loser = sideOf(table, asText(body['objectIdToMerge'], 'objectIdToMerge'));
  if (primary === loser) throw new Rejected(invalid('Cannot merge a record with itself'));
  if ((primary.mergedIds?.length ?? 0) + (loser.mergedIds?.length ?? 0) >= identitiesMax) {
    throw new Rejected({
      ...invalid(`Cannot have more than ${identitiesMax} identities on a profile`),
      status: 414,
    });
  }
  const keeps = call.settings.switches.mergeKeepsPrimaryId;
  const into = keeps ? primary.id : String(table.nextId);
  const fill = filled(table, primary, loser);
  const emails = secondaryEmails(table, primary, loser, fill);
  call.write({
    do: 'merge',
    type: table.typeId,
    primary: primary.id,
    loser: loser.id,
    into,
    fill,
    ...(emails && { emails }),
  });
  const merged = table.records.get(into) as StoredRecord;
  const view = viewOf(call, table);
  return { status: 200, body: recordReply(view, merged, readProperties(view, merged, [])) };
}

function filled(table: ObjectTable, primary: StoredRecord, loser: StoredRecord): Record<string, string> {
  const fill: Record<string, string> = {};
  for (const [name, value] of Object.entries(loser.properties)) {
    if (value !== '' && (primary.properties[name] ?? '') === '') fill[name] = value;
  }
  const rank = (record: StoredRecord): number =>
    lifecycleStages.indexOf((record.properties['lifecyclestage'] ?? '') as (typeof lifecycleStages)[number]);
  const stage = loser.properties['lifecyclestage'];
  if (stage && table.properties.has('lifecyclestage') && rank(loser) > rank(primary))
    fill['lifecyclestage'] = stage;
  return fill;
}

function secondaryEmails(
  table: ObjectTable,
  primary: StoredRecord,
  loser: StoredRecord,
  fill: Record<string, string>,
): string[] | undefined {
  if (table.typeId !== '0-1') return undefined;
  const first = fill['email'] ?? primary.properties['email'] ?? '';
  const all = [
    ...(primary.secondaryEmails ?? []),
    loser.properties['email'] ?? '',
    ...(loser.secondaryEmails ?? []),
  ];
  return [...new Set(all)].filter((email) => email !== '' && email !== first);
}
