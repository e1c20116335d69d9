import { createLabel } from './crm/associationLabels';
import { asArray, asText, type Call } from './call';
import { commitLink } from './crm/linkWrites';
import { readTypes } from './crm/linkSpecs';
import { unlabeledType } from './crm/linkWrites';
import { planWrite, type Overlay } from './crm/planWrite';
import { tableOf } from './portal';
import { createProperty } from './account/propertiesApi';
import { sceneOf } from './crm/recordWrites';
import { createSchema } from './account/schemasApi';
import { invalid, Rejected } from './rejection';
import { liveRecord, uniqueKey, type Stamp } from './crm/recordTable';
import type { Owner, Pipeline } from './account/referenceData';
import { perform, type Simulator } from './simulator';

/** A record to be put in, with an id of one's own if wanted. Times are ISO. */
export interface SeedRecord {
  objectType: string;
  id?: string;
  properties: Record<string, unknown>;
  secondaryEmails?: string[];
  createdAt?: string;
  archived?: boolean;
  sourceType?: string;
  sourceId?: string;
}

/** An association to be put in; without types the unlabeled one. */
export interface SeedAssociation {
  from: { objectType: string; id: string };
  to: { objectType: string; id: string };
  types?: { associationCategory: string; associationTypeId: number }[];
}

/** What a portal can be filled with, in this order. Bodies of schemas, properties and labels are the API's own. */
export interface Seed {
  schemas?: Record<string, unknown>[];
  properties?: Record<string, Record<string, unknown>[]>;
  labels?: { from: string; to: string; name: string; label: string; inverseLabel?: string }[];
  owners?: Owner[];
  pipelines?: Record<string, Pipeline[]>;
  validationRules?: {
    objectType: string;
    property: string;
    rules: { ruleType: string; ruleArguments: string[] }[];
  }[];
  records?: SeedRecord[];
  associations?: SeedAssociation[];
}

export interface Seeded {
  records: number;
  associations: number;
  ids: string[];
}

/** Lines of the journal stay below this many changes. */
const sliceSize = 500;

/**
 * Fills the portal outside of limits and rules of the API, but with its checks of values. Rejected (400) names the
 * first wrong entry; what came before it stays.
 */
export function seedPortal(simulator: Simulator, seed: Seed): Seeded {
  seedDefinitions(simulator, seed);
  const records = asArray(seed.records, 'records') as SeedRecord[];
  const ids: string[] = [];
  for (let start = 0; start < records.length;) {
    const stamp = stampOf(simulator, records[start] as SeedRecord);
    let end = start;
    while (
      end < records.length &&
      end - start < sliceSize &&
      sameStamp(simulator, records[end] as SeedRecord, stamp)
    )
      end++;
    perform(simulator, { stamp, untold: true }, (call) => {
      for (let at = start; at < end; at++) ids.push(seedRecord(call, records[at] as SeedRecord, at));
    });
    start = end;
  }
  const associations = asArray(seed.associations, 'associations') as SeedAssociation[];
  for (let start = 0; start < associations.length; start += sliceSize) {
    perform(simulator, { untold: true }, (call) =>
      associations.slice(start, start + sliceSize).forEach((one) => seedAssociation(call, one)),
    );
  }
  return { records: records.length, associations: associations.length, ids };
}

function seedDefinitions(simulator: Simulator, seed: Seed): void {
  for (const body of seed.schemas ?? []) perform(simulator, { body }, createSchema);
  for (const [type, bodies] of Object.entries(seed.properties ?? {})) {
    const given = { groupName: 'information' };
    for (const body of bodies)
      perform(simulator, { params: { type }, body: { ...given, ...body } }, createProperty);
  }
  for (const { from, to, ...body } of seed.labels ?? [])
    perform(simulator, { params: { from, to }, body }, createLabel);
  perform(simulator, {}, (call) => {
    for (const owner of seed.owners ?? []) call.write({ do: 'owner', owner });
    for (const [type, pipelines] of Object.entries(seed.pipelines ?? {})) {
      call.write({ do: 'pipelines', type: tableOf(call.portal, type).typeId, pipelines });
    }
    for (const { objectType, property, rules } of seed.validationRules ?? []) {
      call.write({ do: 'rules', type: tableOf(call.portal, objectType).typeId, property, rules });
    }
  });
}

function stampOf(simulator: Simulator, record: SeedRecord): Stamp {
  const at = record.createdAt === undefined ? simulator.now() : Date.parse(record.createdAt);
  return { at, type: record.sourceType ?? 'IMPORT', id: record.sourceId ?? 'seed' };
}

function sameStamp(simulator: Simulator, record: SeedRecord, stamp: Stamp): boolean {
  const other = stampOf(simulator, record);
  return (
    (record.createdAt === undefined || other.at === stamp.at) &&
    other.type === stamp.type &&
    other.id === stamp.id
  );
}

function seedRecord(call: Call, record: SeedRecord, at: number): string {
  const table = tableOf(call.portal, record.objectType);
  const id = record.id === undefined ? String(table.nextId) : asText(record.id, 'id');
  if (!/^\d{1,15}$/.test(id) || table.records.has(id))
    throw new Rejected(invalid(`Record ${at}: id ${id} cannot be used`));
  const overlay: Overlay = new Map();
  const planned = planWrite(sceneOf(call, table, overlay), undefined, record.properties, id);
  if ('status' in planned) throw new Rejected({ ...planned, message: `Record ${at}: ${planned.message}` });
  const emails = record.secondaryEmails?.map((email) => uniqueKey('email', email));
  const taken = emails?.find((email) => table.unique.get('email')?.has(email) ?? true);
  if (taken !== undefined)
    throw new Rejected(invalid(`Record ${at}: secondary e-mail ${taken} cannot be used`));
  call.write({
    do: 'create',
    type: table.typeId,
    id,
    properties: planned.properties,
    ...(emails && { emails }),
  });
  if (record.archived) call.write({ do: 'archive', type: table.typeId, id });
  return id;
}

function seedAssociation(call: Call, association: SeedAssociation): void {
  const from = tableOf(call.portal, association.from.objectType);
  const to = tableOf(call.portal, association.to.objectType);
  const unlabeled = unlabeledType(call, from.typeId, to.typeId);
  const types = association.types
    ? readTypes(call, from.typeId, to.typeId, association.types)
    : unlabeled
      ? [unlabeled]
      : invalid(`No default association type from ${from.name} to ${to.name}`);
  if ('status' in types) throw new Rejected(types);
  const [fromId, toId] = [asText(association.from.id, 'from.id'), asText(association.to.id, 'to.id')];
  if (!liveRecord(from, fromId) || !liveRecord(to, toId)) {
    throw new Rejected(invalid(`Association ${from.name} ${fromId} to ${to.name} ${toId}: no such record`));
  }
  commitLink(call, { from: from.typeId, fromId, to: to.typeId, toId, types });
}
