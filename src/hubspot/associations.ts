import { z } from 'zod';
import {
  idOf,
  readAssociationReply,
  type AssociationReading,
  type AssociationType,
  type SentAssociation,
} from './associationReply';
import type { HubSpotClient } from './client';
import { readErrorBody } from './errorBody';
import { defectFailure, replyFailure } from './hubspotFailure';
import { hubspotPaths } from './paths';
import { readList } from './readList';
import { readReply } from './readReply';
import { associationLabelSchema, type AssociationLabel } from './schemas';

/** HubSpot's maxima per call (facts §5); a batch archive's is in distinct `from` ids and UNCERTAIN. */
export const associationCreateMax = 2000;
export const associationReadMax = 1000;
export const associationArchiveMax = 100;

interface PairRequest {
  fromType: string;
  toType: string;
  signal?: AbortSignal;
}

/**
 * Writes associations with their full set of types (`batch/create`). Labels that are not named are removed by
 * HubSpot, so send theirs plus ours. An input without types becomes unlabelled only through a type id, so every
 * input needs at least one. One call; repeating it changes nothing. Outcomes and errors as in `createBatch`.
 */
export async function createAssociations(
  client: HubSpotClient,
  request: PairRequest & { inputs: readonly SentAssociation[] },
): Promise<AssociationReading> {
  const endpoint = 'associations.batchCreate';
  const { inputs } = request;
  if (inputs.length === 0) return { outcomes: new Map() };
  if (inputs.length > associationCreateMax) throw defectFailure(endpoint, null, 'more than 2000 inputs');
  if (inputs.some((input) => input.types.length === 0)) {
    throw defectFailure(endpoint, null, 'an association without a type');
  }
  return write(client, request, inputs, {
    endpoint,
    path: hubspotPaths(client.apiVersion).associationBatch(request.fromType, request.toType, 'create'),
    body: typedPairs(inputs),
    proof: 'results',
  });
}

/**
 * Removes whole associations (`batch/archive`), all labels included. One call; a repeat is harmless. Outcomes
 * and errors as in `createBatch`.
 */
export async function archiveAssociations(
  client: HubSpotClient,
  request: PairRequest & { inputs: readonly { fromId: string; toIds: readonly string[] }[] },
): Promise<AssociationReading> {
  const endpoint = 'associations.batchArchive';
  if (request.inputs.length === 0) return { outcomes: new Map() };
  if (request.inputs.length > associationArchiveMax) {
    throw defectFailure(endpoint, null, 'more than 100 inputs');
  }
  const pairs = request.inputs.flatMap(({ fromId, toIds }) =>
    toIds.map((toId) => ({ fromId, toId, types: [] })),
  );
  const body = {
    inputs: request.inputs.map(({ fromId, toIds }) => ({
      from: { id: fromId },
      to: toIds.map((id) => ({ id })),
    })),
  };
  return write(client, request, pairs, {
    endpoint,
    path: hubspotPaths(client.apiVersion).associationBatch(request.fromType, request.toType, 'archive'),
    body,
    proof: 'noErrors',
  });
}

/** Removes some labels of associations and keeps the rest (`batch/labels/archive`). As `archiveAssociations`. */
export async function archiveAssociationLabels(
  client: HubSpotClient,
  request: PairRequest & { inputs: readonly SentAssociation[] },
): Promise<AssociationReading> {
  const endpoint = 'associations.labelsArchive';
  const { inputs } = request;
  if (inputs.length === 0) return { outcomes: new Map() };
  if (inputs.length > associationArchiveMax) throw defectFailure(endpoint, null, 'more than 100 inputs');
  return write(client, request, inputs, {
    endpoint,
    path: hubspotPaths(client.apiVersion).associationLabelsArchive(request.fromType, request.toType),
    body: typedPairs(inputs),
    proof: 'noErrors',
  });
}

/** The body of a batch of pairs with their types. */
function typedPairs(pairs: readonly SentAssociation[]) {
  return {
    inputs: pairs.map(({ fromId, toId, types }) => ({
      from: { id: fromId },
      to: { id: toId },
      types: types.map((type) => ({ associationCategory: type.category, associationTypeId: type.typeId })),
    })),
  };
}

async function write(
  client: HubSpotClient,
  request: PairRequest,
  sent: readonly SentAssociation[],
  call: { endpoint: string; path: string; body: unknown; proof: 'results' | 'noErrors' },
): Promise<AssociationReading> {
  const reply = await client.send({
    method: 'POST',
    endpoint: call.endpoint,
    path: call.path,
    body: call.body,
    bucket: 'associations',
    inputCount: sent.length,
    ...(request.signal ? { signal: request.signal } : {}),
  });
  const reading = readAssociationReply(sent, reply, call.proof);
  const action = reading.wholeBatch?.verdict.action;
  if (action !== undefined && action !== 'split') throw replyFailure(reply);
  return reading;
}

export interface ReadAssociation {
  toId: string;
  types: (AssociationType & { label: string | null })[];
}

export interface AssociationsRead {
  /** By `from` id, for every id asked for that HubSpot did not fail; an empty list means "none". */
  byFromId: Map<string, ReadAssociation[]>;
  /** What is left to ask: pass these as the next call's inputs. */
  more: { id: string; after: string }[];
  /** Ids whose associations could not be read, with HubSpot's category. Not "none". */
  failed: { id: string; category: string | null }[];
}

const batchReadReplySchema = z.looseObject({
  results: z.array(
    z.looseObject({
      from: z.looseObject({ id: z.unknown() }),
      to: z.array(
        z.looseObject({
          toObjectId: z.unknown(),
          associationTypes: z.array(
            z.looseObject({ category: z.string(), typeId: z.number(), label: z.string().nullish() }),
          ),
        }),
      ),
      paging: z.looseObject({ next: z.looseObject({ after: z.unknown() }).nullish() }).nullish(),
    }),
  ),
  errors: z.array(z.unknown()).optional(),
});

/**
 * Reads the associations of up to 1,000 records with one other type (`batch/read`). One call. "No associations"
 * is answered as a 207 error (facts §5) and becomes an empty list here. Throws `HubSpotFailure`.
 */
export async function readAssociations(
  client: HubSpotClient,
  request: PairRequest & { inputs: readonly { id: string; after?: string }[] },
): Promise<AssociationsRead> {
  const endpoint = 'associations.batchRead';
  const byFromId = new Map<string, ReadAssociation[]>();
  if (request.inputs.length === 0) return { byFromId, more: [], failed: [] };
  if (request.inputs.length > associationReadMax)
    throw defectFailure(endpoint, null, 'more than 1000 inputs');
  const reply = await client.send({
    method: 'POST',
    endpoint,
    path: hubspotPaths(client.apiVersion).associationBatch(request.fromType, request.toType, 'read'),
    body: { inputs: request.inputs.map(({ id, after }) => (after === undefined ? { id } : { id, after })) },
    bucket: 'associations',
    ...(request.signal ? { signal: request.signal } : {}),
  });
  const body = readReply(reply, batchReadReplySchema);
  const more: AssociationsRead['more'] = [];
  for (const result of body.results) {
    const id = idOf(result.from.id);
    if (id === null) continue;
    const after = idOf(result.paging?.next?.after);
    if (after !== null) more.push({ id, after });
    byFromId.set(id, [...(byFromId.get(id) ?? []), ...result.to.flatMap(readTo)]);
  }
  const asked = new Set(request.inputs.map((input) => input.id));
  const errors = (body.errors ?? []).map((item) => {
    const error = readErrorBody(item);
    const named = new Set(
      Object.values(error.context)
        .flat()
        .filter((id) => asked.has(id)),
    );
    return { ...error, named };
  });
  const failed: AssociationsRead['failed'] = [];
  for (const { id } of request.inputs) {
    if (byFromId.has(id)) continue;
    // an error that names none of ours speaks for all that are left
    const error = errors.find((item) => item.named.has(id)) ?? errors.find((item) => item.named.size === 0);
    if (!error || error.subCategory === 'crm.associations.NO_ASSOCIATIONS_FOUND') byFromId.set(id, []);
    else failed.push({ id, category: error.category });
  }
  return { byFromId, more, failed };
}

function readTo(
  item: z.infer<typeof batchReadReplySchema>['results'][number]['to'][number],
): ReadAssociation[] {
  const toId = idOf(item.toObjectId);
  if (toId === null) return [];
  const types = item.associationTypes.map(({ category, typeId, label }) => ({
    category,
    typeId,
    label: label ?? null,
  }));
  return [{ toId, types }];
}

/**
 * The association types between two object types in this direction, custom labels included. Their ids differ
 * from portal to portal, so they are read, never written into code (facts §5). One call.
 */
export async function listAssociationLabels(
  client: HubSpotClient,
  request: PairRequest,
): Promise<AssociationLabel[]> {
  const path = hubspotPaths(client.apiVersion).associationLabels(request.fromType, request.toType);
  return readList(
    client,
    { endpoint: 'associations.labels', path, signal: request.signal },
    associationLabelSchema,
  );
}
