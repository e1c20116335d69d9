import { batchInputs, isPartial, repeated, runWrites, type BatchInput } from './batch';
import { asObject, asText, param, type Call, type Reply } from '../call';
import { findByKey, requireUnique } from './findByKey';
import { tableOf } from '../portal';
import { planCreate, planUpdate, sceneOf, liveOrMissing } from './recordWrites';
import { batchErrorEntry, duplicateIds, invalid, objectsNotFound, Rejected } from '../rejection';
import { uniqueKey, type ObjectTable } from './recordTable';

const propertiesOf = (input: Record<string, unknown>): Record<string, unknown> =>
  asObject(input['properties'] ?? {}, 'properties');

function refuseDuplicates(keys: string[]): void {
  const twice = repeated(keys);
  if (twice.length > 0) throw new Rejected(duplicateIds(twice));
}

/** POST batch/create: 201, or 207 with trace ids on every input. */
export function batchCreate(call: Call): Reply {
  const table = tableOf(call.portal, param(call, 'type'));
  const inputs = batchInputs(call);
  const scene = sceneOf(call, table);
  return runWrites(
    call,
    inputs,
    ({ input }) => planCreate(call, scene, propertiesOf(input), input['associations']),
    { partial: isPartial(call, inputs), status: 201 },
  );
}

interface Keyed extends BatchInput {
  id: string;
  idProperty: string | undefined;
}

function keyedInputs(call: Call, table: ObjectTable, verb: 'update' | 'upsert'): Keyed[] {
  const inputs = batchInputs(call).map((entry): Keyed => {
    const idProperty = entry.input['idProperty'];
    const id = asText(entry.input['id'], 'id');
    if (idProperty === undefined || idProperty === null || idProperty === '') {
      if (verb === 'upsert') throw new Rejected(invalid('idProperty is required for upsert'));
      return { ...entry, id, idProperty: undefined };
    }
    const name = asText(idProperty, 'idProperty');
    requireUnique(table, name, { verb, emailAllowed: verb === 'upsert', portalId: call.account.portalId });
    return { ...entry, id: uniqueKey(name, id), idProperty: name };
  });
  refuseDuplicates(inputs.map(({ id }) => id));
  return inputs;
}

/** POST batch/update: by record id or a unique custom property, never by e-mail; merged ids are not followed. */
export function batchUpdate(call: Call): Reply {
  const table = tableOf(call.portal, param(call, 'type'));
  const keyed = keyedInputs(call, table, 'update');
  const typeName = table.singular.toUpperCase();
  const find = ({ id, idProperty }: Keyed) =>
    idProperty === undefined
      ? liveOrMissing(table, id)
      : (findByKey(table, idProperty, id) ?? objectsNotFound(typeName, [id]));
  const partial = isPartial(call, keyed);
  const missing = partial ? [] : keyed.filter((input) => 'status' in find(input));
  if (missing.length > 0 && call.settings.switches.batchUpdateMissing === 'whole404') {
    throw new Rejected(
      objectsNotFound(
        typeName,
        missing.map(({ id }) => id),
      ),
    );
  }
  const wanted = keyed.filter((input) => !missing.includes(input));
  // Two keys may lead to one record.
  const found = wanted.map(find).flatMap((record) => ('status' in record ? [] : [record.id]));
  refuseDuplicates(found);
  const scene = sceneOf(call, table);
  const reply = runWrites(
    call,
    wanted,
    (entry) => {
      const record = find(entry as Keyed);
      return 'status' in record ? record : planUpdate(call, scene, record, propertiesOf(entry.input));
    },
    { partial, status: 200 },
  );
  return missing.length === 0 ? reply : withMissing(call, reply, typeName, missing);
}

function withMissing(call: Call, reply: Reply, typeName: string, missing: Keyed[]): Reply {
  const error = batchErrorEntry(
    objectsNotFound(
      typeName,
      missing.map(({ id }) => id),
    ),
  );
  const body = { ...(reply.body as object), numErrors: 1, errors: [error] };
  return { status: call.settings.switches.batchPartial === '207' ? 207 : reply.status, body };
}

/** POST batch/upsert: by e-mail or a unique custom property; results say whether they are new. */
export function batchUpsert(call: Call): Reply {
  const table = tableOf(call.portal, param(call, 'type'));
  const keyed = keyedInputs(call, table, 'upsert');
  const scene = sceneOf(call, table);
  const { upsertByEmailPartial, upsertMixedCaseEmailLosesProperties } = call.settings.switches;
  const byEmail = keyed.some(({ idProperty }) => idProperty === 'email');
  const traced = isPartial(call, keyed);
  if (byEmail && traced && upsertByEmailPartial === 'rejected') {
    throw new Rejected(invalid('Partial upserts are not supported with email as idProperty'));
  }
  return runWrites(
    call,
    keyed,
    (entry) => {
      const { id, idProperty = '', input } = entry as Keyed;
      const record = findByKey(table, idProperty, id);
      const properties = propertiesOf(input);
      if (record) return withNew(planUpdate(call, scene, record, properties), false);
      const mixed = idProperty === 'email' && asText(input['id'], 'id') !== id;
      const kept = mixed && upsertMixedCaseEmailLosesProperties ? {} : properties;
      // Associations in an upsert are ignored (facts 3.2).
      return withNew(planCreate(call, scene, { [idProperty]: id, ...kept }, undefined), true);
    },
    { partial: traced && (!byEmail || upsertByEmailPartial === 'partial'), status: 200 },
  );
}

function withNew(planned: ReturnType<typeof planUpdate>, isNew: boolean): ReturnType<typeof planUpdate> {
  if ('status' in planned) return planned;
  return { commit: () => ({ ...planned.commit(), new: isNew }) };
}

/** POST batch/archive: 204, unknown ids ignored. */
export function batchArchive(call: Call): Reply {
  const table = tableOf(call.portal, param(call, 'type'));
  const ids = batchInputs(call).map(({ input }) => asText(input['id'], 'id'));
  refuseDuplicates(ids);
  for (const id of ids) {
    if (!('status' in liveOrMissing(table, id))) call.write({ do: 'archive', type: table.typeId, id });
  }
  return { status: 204 };
}
