import { batchErrorEntry, invalid, Rejected, type Rejection } from '../rejection';
import { batchInputs, batchReply, repeated } from './batch';
import { asArray, asObject, asText, isDated, param, type Call, type Reply } from '../call';
import { readTypes } from './linkSpecs';
import { commitLink, removeTypes, unlabeledType, type LinkWish } from './linkWrites';
import { linkKeys, linkTypes } from './links';
import { tableOf } from '../portal';
import { liveRecord, type ObjectTable } from './recordTable';

/** Association batches take more inputs than object batches (facts 5). */
const linkCreatesMax = 2000;
const linkReadsMax = 1000;
/** UNCERTAIN in the facts; the strict reading. */
const unlinksMax = 100;

interface Pair {
  input: Record<string, unknown>;
  fromId: string;
  toId: string;
}

interface Ends {
  from: ObjectTable;
  to: ObjectTable;
}

/** The object types of the path. */
export function endsOf(call: Call): Ends {
  return { from: tableOf(call.portal, param(call, 'from')), to: tableOf(call.portal, param(call, 'to')) };
}

const idOf = (value: unknown, what: string): string => asText(asObject(value, what)['id'], `${what}.id`);

function pairs(call: Call): Pair[] {
  const inputs = batchInputs(call, linkCreatesMax).map(({ input }) => ({
    input,
    fromId: idOf(input['from'], 'from'),
    toId: idOf(input['to'], 'to'),
  }));
  const twice = repeated(inputs.map(({ fromId, toId }) => `${fromId}-${toId}`));
  if (twice.length > 0)
    throw new Rejected(invalid(`Duplicate associations found in batch input: [${twice.join(', ')}]`));
  return inputs;
}

function missingEnd(ends: Ends, { fromId, toId }: Pair): Rejection | undefined {
  const [end, table, id] = !liveRecord(ends.from, fromId)
    ? (['FROM', ends.from, fromId] as const)
    : (['TO', ends.to, toId] as const);
  if (end === 'TO' && liveRecord(ends.to, toId)) return undefined;
  return {
    status: 400,
    category: 'VALIDATION_ERROR',
    subCategory: `crm.associations.${end}_OBJECT_NOT_FOUND`,
    message: `${table.singular} with ID ${id} does not exist`,
    context: { fromObjectId: [fromId], toObjectId: [toId] },
  };
}

/** Ids in association replies: strings, or numbers by switch (facts 5). */
export function linkId(call: Call, id: string): string | number {
  return call.settings.switches.assocIdsAsNumbers ? Number(id) : id;
}

function writeAll(
  call: Call,
  typesOf: (pair: Pair, ends: Ends) => LinkWish['types'] | Rejection,
  result: (wish: LinkWish) => Record<string, unknown>[],
  status: number,
): Reply {
  const ends = endsOf(call);
  const inputs = pairs(call);
  const outcomes = inputs.map((pair): LinkWish | Rejection => {
    const types = typesOf(pair, ends);
    if ('status' in types) return types;
    const { fromId, toId } = pair;
    return missingEnd(ends, pair) ?? { from: ends.from.typeId, fromId, to: ends.to.typeId, toId, types };
  });
  const refused = outcomes.filter((outcome): outcome is Rejection => 'status' in outcome);
  const missing = refused.filter(({ context }) => context?.['toObjectId']);
  if (missing.length > 0 && call.settings.switches.associationMissing === 'whole400') {
    const ids = missing.flatMap(({ context }) => context?.['toObjectId'] ?? []);
    throw new Rejected(invalid('One or more associations are invalid', { INVALID_OBJECT_IDS: ids }));
  }
  const done = outcomes.filter((outcome): outcome is LinkWish => !('status' in outcome));
  for (const wish of done) commitLink(call, wish);
  const errors = refused.map((rejection) => batchErrorEntry(rejection));
  return batchReply(call, done.flatMap(result), errors, status);
}

/** POST batch/create: associations with given types. 201 in v4, 200 in dated versions. */
export function batchLink(call: Call): Reply {
  const result = ({ from, fromId, to, toId, types }: LinkWish): Record<string, unknown>[] => [
    {
      fromObjectTypeId: from,
      fromObjectId: linkId(call, fromId),
      toObjectTypeId: to,
      toObjectId: linkId(call, toId),
      labels: types.flatMap(({ label }) => label ?? []),
    },
  ];
  const typesOf = ({ input }: Pair, { from, to }: Ends) =>
    readTypes(call, from.typeId, to.typeId, input['types']);
  return writeAll(call, typesOf, result, isDated(call) ? 200 : 201);
}

/** POST batch/associate/default: unlabeled associations; both directions are in the results. */
export function batchLinkDefault(call: Call): Reply {
  return writeAll(
    call,
    (_pair, { from, to }) => defaultTypes(call, from, to),
    (wish) => defaultResults(wish),
    200,
  );
}

/** The unlabeled type between two object types, or the refusal when there is none. */
export function defaultTypes(call: Call, from: ObjectTable, to: ObjectTable): LinkWish['types'] | Rejection {
  const type = unlabeledType(call, from.typeId, to.typeId);
  return type ? [type] : invalid(`No default association type from ${from.typeId} to ${to.typeId}`);
}

/** What a default association answers: the pair in both directions with their type ids. */
export function defaultResults({ fromId, toId, types, from, to }: LinkWish): Record<string, unknown>[] {
  return types.flatMap(({ category, typeId, inverse }) => [
    {
      from: { id: fromId },
      to: { id: toId },
      associationSpec: { associationCategory: category, associationTypeId: typeId },
    },
    ...(from === to && fromId === toId
      ? []
      : [
          {
            from: { id: toId },
            to: { id: fromId },
            associationSpec: { associationCategory: category, associationTypeId: Number(inverse.slice(1)) },
          },
        ]),
  ]);
}

/** POST batch/archive: ends associations, whatever types they have. */
export function batchUnlink(call: Call): Reply {
  const { from, to } = endsOf(call);
  for (const { input } of batchInputs(call, unlinksMax)) {
    const fromId = idOf(input['from'], 'from');
    for (const target of asArray(input['to'], 'to')) {
      const toId = idOf(target, 'to');
      if (linkKeys(call.portal.links, from.typeId, fromId, to.typeId, toId).length === 0) continue;
      call.write({ do: 'link', from: from.typeId, fromId, to: to.typeId, toId, keys: [] });
    }
  }
  return archivedReply(call);
}

/** POST batch/labels/archive: takes the given types away; the unlabeled type takes all. */
export function batchUnlabel(call: Call): Reply {
  const { from, to } = endsOf(call);
  const wishes = pairs(call).map(({ input, fromId, toId }): LinkWish => {
    const types = readTypes(call, from.typeId, to.typeId, input['types']);
    if ('status' in types) throw new Rejected(types);
    return { from: from.typeId, fromId, to: to.typeId, toId, types };
  });
  for (const wish of wishes) removeTypes(call, wish);
  return archivedReply(call);
}

/** 204 in v4; the dated specs say 200 (facts 5). */
function archivedReply(call: Call): Reply {
  return isDated(call) ? batchReply(call, [], [], 200) : { status: 204 };
}

/** POST batch/read: per record its associations; a record without any is an error in a 207. */
export function batchReadLinks(call: Call): Reply {
  const ends = endsOf(call);
  const results: Record<string, unknown>[] = [];
  const errors: Record<string, unknown>[] = [];
  for (const { input } of batchInputs(call, linkReadsMax)) {
    const id = asText(input['id'], 'id');
    const after =
      input['after'] === undefined || input['after'] === null ? '0' : asText(input['after'], 'after');
    const { to, next } = linkPage(call, ends, id, after);
    if (to.length > 0) {
      results.push({ from: { id }, to, ...(next && { paging: { next: { after: next } } }) });
    } else {
      errors.push(batchErrorEntry(noAssociations(ends, id)));
    }
  }
  return batchReply(call, results, errors, 200);
}

function noAssociations(ends: Ends, id: string): Rejection {
  return {
    status: 404,
    category: 'OBJECT_NOT_FOUND',
    subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND',
    message: `No ${ends.to.singular} is associated with ${ends.from.singular} ${id}.`,
    context: { fromObjectId: [id], fromObjectType: [ends.from.typeId], toObjectType: [ends.to.typeId] },
  };
}

/** Associations of one record per page. */
const linkPageSize = 500;

/** One page of a record's associations to live records, by ascending id from `after` on. */
export function linkPage(
  call: Call,
  { from, to }: Ends,
  fromId: string,
  after: string,
  limit = linkPageSize,
): { to: Record<string, unknown>[]; next?: string } {
  const types = linkTypes(call.portal.links, from.typeId, to.typeId);
  const links = liveRecord(from, fromId)
    ? (call.portal.links.pairs.get(`${from.typeId}>${to.typeId}`)?.get(fromId) ?? [])
    : [];
  const live = [...links]
    .filter(([id]) => Number(id) >= Number(after) && liveRecord(to, id))
    .sort(([a], [b]) => Number(a) - Number(b));
  const page = live.slice(0, limit).map(([id, keys]) => ({
    toObjectId: linkId(call, id),
    associationTypes: keys.flatMap((key) => {
      const type = types.find((candidate) => candidate.key === key);
      return type ? [{ category: type.category, typeId: type.typeId, label: type.label }] : [];
    }),
  }));
  const next = live[limit]?.[0];
  return { to: page, ...(next !== undefined && { next }) };
}
