import { readBatchReply, type BatchReading, type SentInput } from './batchReply';
import type { HubSpotClient, HubSpotReply } from './client';
import { isObject, readErrorBody, type ErrorBody } from './errorBody';
import { classifyFailure } from './failure';
import { defectFailure, replyFailure } from './hubspotFailure';
import { hubspotPaths } from './paths';
import { batchSizeMax } from './readBatch';
import { isSuccess } from './readReply';

export type WriteProperties = Record<string, string>;

export interface CreateInput {
  traceId: string;
  properties: WriteProperties;
  /** A unique property among `properties`, by which the result is recognised if no trace id comes back. */
  uniqueProperty?: string;
}
export interface UpdateInput {
  traceId: string;
  /** Record id. `email` and merged ids do not work here (facts §3.3). */
  id: string;
  properties: WriteProperties;
}
export interface UpsertInput {
  traceId: string;
  /** The value of `idProperty`, which must be unique in HubSpot. */
  id: string;
  idProperty: string;
  properties: WriteProperties;
}
interface BatchRequest<Input> {
  objectType: string;
  /** 1..100 inputs with distinct trace ids and, after folding, distinct keys. */
  inputs: readonly Input[];
  signal?: AbortSignal;
}

/**
 * Creates records (`batch/create`). Not idempotent: prefer `upsertBatch` with our own unique property.
 *
 * Like the other batch writes: one call; what concerns records comes back as outcomes (or as `wholeBatch`,
 * then nothing was written and the caller splits); what concerns the call (limits, tokens, scopes, outages,
 * deadlines) is thrown as `HubSpotFailure`.
 */
export function createBatch(
  client: HubSpotClient,
  request: BatchRequest<CreateInput>,
): Promise<BatchReading> {
  return writeBatch(client, 'create', request, (input) => {
    const value = input.uniqueProperty === undefined ? undefined : input.properties[input.uniqueProperty];
    return {
      wire: { properties: input.properties, objectWriteTraceId: input.traceId },
      sent: {
        traceId: input.traceId,
        unique: value === undefined ? null : { property: input.uniqueProperty!, value },
      },
    };
  });
}

/** Updates records by id (`batch/update`). See `createBatch` for outcomes and errors. */
export function updateBatch(
  client: HubSpotClient,
  request: BatchRequest<UpdateInput>,
): Promise<BatchReading> {
  return writeBatch(client, 'update', request, (input) => ({
    wire: { id: input.id, properties: input.properties, objectWriteTraceId: input.traceId },
    sent: { traceId: input.traceId, recordId: input.id },
  }));
}

/**
 * Creates or updates by a unique property (`batch/upsert`); repeating it changes nothing, so a lost reply is
 * harmless. `isNew` tells which it was. See `createBatch` for outcomes and errors.
 */
export function upsertBatch(
  client: HubSpotClient,
  request: BatchRequest<UpsertInput>,
): Promise<BatchReading> {
  return writeBatch(client, 'upsert', request, (input) => ({
    wire: {
      // a mixed-case e-mail here has cost contacts their other properties (facts §3.3)
      id: input.idProperty === 'email' ? input.id.trim().toLowerCase() : input.id,
      idProperty: input.idProperty,
      properties: input.properties,
      objectWriteTraceId: input.traceId,
    },
    sent: { traceId: input.traceId, unique: { property: input.idProperty, value: input.id } },
  }));
}

async function writeBatch<Input>(
  client: HubSpotClient,
  deed: 'create' | 'update' | 'upsert',
  request: BatchRequest<Input>,
  shape: (input: Input) => { wire: unknown; sent: SentInput },
): Promise<BatchReading> {
  const endpoint = `objects.batch${deed[0]!.toUpperCase()}${deed.slice(1)}`;
  if (request.inputs.length === 0) return { outcomes: new Map() };
  const shaped = request.inputs.map(shape);
  const sent = shaped.map((input) => input.sent);
  if (sent.length > batchSizeMax) throw defectFailure(endpoint, null, 'more than 100 inputs');
  if (new Set(sent.map((input) => input.traceId)).size < sent.length) {
    throw defectFailure(endpoint, null, 'a trace id stands twice in a batch');
  }
  const reply = await client.send({
    method: 'POST',
    endpoint,
    path: hubspotPaths(client.apiVersion).objectBatch(request.objectType, deed),
    body: { inputs: shaped.map((input) => input.wire) },
    bucket: 'burst',
    inputCount: sent.length,
    ...(request.signal ? { signal: request.signal } : {}),
  });
  const reading = readBatchReply(sent, reply);
  const action = reading.wholeBatch?.verdict.action;
  if (action !== undefined && action !== 'split') throw replyFailure(reply);
  return reading;
}

/** What became of archived ids. Archiving what is archived already succeeds, so a repeat is harmless. */
export interface ArchiveReading {
  archived: string[];
  /** Refused, with HubSpot's reason. */
  rejected: { id: string; category: string | null; message: string }[];
  /** Neither proved nor refused. */
  unproved: string[];
  /** HubSpot refused the whole batch because of some record: send the halves. */
  isSplitNeeded: boolean;
}

/** Moves records to the recycle bin (`batch/archive`, 204, restorable for 90 days). One call. */
export async function archiveBatch(
  client: HubSpotClient,
  request: { objectType: string; ids: readonly string[]; signal?: AbortSignal },
): Promise<ArchiveReading> {
  const ids = [...new Set(request.ids)];
  if (ids.length === 0) return { archived: [], rejected: [], unproved: [], isSplitNeeded: false };
  if (ids.length > batchSizeMax) throw defectFailure('objects.batchArchive', null, 'more than 100 inputs');
  const reply = await client.send({
    method: 'POST',
    endpoint: 'objects.batchArchive',
    path: hubspotPaths(client.apiVersion).objectBatch(request.objectType, 'archive'),
    body: { inputs: ids.map((id) => ({ id })) },
    bucket: 'burst',
    inputCount: ids.length,
    ...(request.signal ? { signal: request.signal } : {}),
  });
  return readArchiveReply(ids, reply);
}

/** Pure half of `archiveBatch`. Throws `HubSpotFailure` for what concerns the call. */
function readArchiveReply(ids: readonly string[], reply: HubSpotReply): ArchiveReading {
  const body = reply.body.kind === 'json' && isObject(reply.body.value) ? reply.body.value : {};
  if (!isSuccess(reply.status)) {
    const { action } = classifyFailure(reply);
    const error = readErrorBody(body);
    if (action === 'split') return { archived: [], rejected: [], unproved: [...ids], isSplitNeeded: true };
    if (action !== 'rejectRecord' && action !== 'resolveConflict') throw replyFailure(reply);
    const rejected = ids.map((id) => ({ id, category: error.category, message: error.message }));
    return { archived: [], rejected, unproved: [], isSplitNeeded: false };
  }
  // 204, or 200 in newer specs: an archive has no results, so here the absence of errors is the proof.
  if (reply.body.kind === 'html') throw replyFailure(reply);
  const errors = Array.isArray(body['errors']) ? body['errors'].map(readErrorBody) : [];
  const rejected = ids.flatMap((id) => {
    const error = errors.find(
      (item) => item.context['ids']?.includes(id) || item.context['id']?.includes(id),
    );
    return error ? [{ id, category: error.category, message: error.message }] : [];
  });
  const refused = new Set(rejected.map((item) => item.id));
  const others = ids.filter((id) => !refused.has(id));
  const isClear = errors.length === 0 || errors.every((item) => names(item, ids));
  return { archived: isClear ? others : [], rejected, unproved: isClear ? [] : others, isSplitNeeded: false };
}

function names(error: ErrorBody, ids: readonly string[]): boolean {
  return [...(error.context['ids'] ?? []), ...(error.context['id'] ?? [])].some((id) => ids.includes(id));
}
