import { mergedIdsOf, mergedIdsProperty } from '../../domain/receive/mergedIds';
import type { AssociationsToRead } from '../../domain/receive/readEvents';
import { chunks } from '../../domain/receive/receiveParts';
import { associationReadMax, readAssociations, type ReadAssociation } from '../../hubspot/associations';
import type { HubSpotClient } from '../../hubspot/client';
import { batchSizeMax, getRecord, readBatch } from '../../hubspot/readBatch';
import type { HubSpotRecord } from '../../hubspot/schemas';

export interface ChangedRead {
  records: HubSpotRecord[];
  /** HubSpot has these no more. */
  missing: string[];
  /** Every id that went into one of the records, long ago or lately, asked for or not. */
  merges: { fromId: string; toId: string }[];
  calls: number;
}

/**
 * Reads changed records of one object type, 100 per call. Every id comes back as a record, as missing, or as merged into
 * a record; a merge that HubSpot does not explain costs one more call.
 * @throws HubSpotFailure
 */
export async function readChangedRecords(
  client: HubSpotClient,
  objectType: string,
  properties: readonly string[],
  ids: readonly string[],
): Promise<ChangedRead> {
  const request = { objectType, properties: [...new Set([...properties, mergedIdsProperty])] };
  const parts = chunks(ids, batchSizeMax);
  const reads = await Promise.all(parts.map((part) => readBatch(client, { ...request, ids: part })));
  const records = new Map(reads.flatMap((read) => read.records.map((record) => [record.id, record])));
  const missing = new Set(reads.flatMap((read) => read.missing));
  const into = new Map<string, string>();
  for (const { id, properties: held } of records.values())
    for (const merged of mergedIdsOf(held)) into.set(merged, id);
  let calls = parts.length;
  for (const id of ids) {
    if (records.has(id) || missing.has(id)) continue;
    let toId = into.get(id);
    if (toId === undefined) {
      calls += 1;
      const record = await getRecord(client, { ...request, id });
      if (record) records.set(record.id, record);
      toId = record?.id;
    }
    if (toId === undefined) missing.add(id);
    else if (toId !== id) into.set(id, toId);
  }
  const merges = [...into].map(([fromId, toId]) => ({ fromId, toId }));
  return { records: [...records.values()], missing: [...missing], merges, calls };
}

export interface AssociationsOfType {
  objectType: string;
  toObject: string;
  /** Those whose associations were read completely; what could not be read stays as it is known. */
  fromIds: string[];
  associations: { fromId: string; to: ReadAssociation[] }[];
}

/** Reads associations, 1,000 records per call and pair of object types. @throws HubSpotFailure */
export async function readChangedAssociations(
  client: HubSpotClient,
  hubspotType: (objectType: string) => string,
  wanted: readonly AssociationsToRead[],
): Promise<{ read: AssociationsOfType[]; calls: number }> {
  const groups = new Map<string, AssociationsOfType & { ids: Set<string> }>();
  for (const { objectType, id, toObject } of wanted) {
    const key = `${objectType}>${toObject}`;
    const group = groups.get(key) ?? { objectType, toObject, fromIds: [], associations: [], ids: new Set() };
    groups.set(key, group);
    group.ids.add(id);
  }
  let calls = 0;
  for (const group of groups.values()) {
    const { objectType, toObject } = group;
    let inputs: { id: string; after?: string }[] = [...group.ids].map((id) => ({ id }));
    while (inputs.length > 0) {
      const part = inputs.slice(0, associationReadMax);
      const pair = { fromType: hubspotType(objectType), toType: hubspotType(toObject) };
      const { byFromId, more, failed } = await readAssociations(client, { ...pair, inputs: part });
      calls += 1;
      for (const [fromId, to] of byFromId) group.associations.push({ fromId, to });
      for (const { id } of failed) group.ids.delete(id);
      inputs = [...more, ...inputs.slice(associationReadMax)];
    }
    group.fromIds = [...group.ids];
  }
  return { read: [...groups.values()], calls };
}
