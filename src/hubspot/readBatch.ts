import type { HubSpotClient } from './client';
import { readErrorBody } from './errorBody';
import { defectFailure } from './hubspotFailure';
import { hubspotPaths } from './paths';
import { readReply } from './readReply';
import { batchReadSchema, recordSchema, type HubSpotRecord } from './schemas';

/** HubSpot's maximum for every object batch endpoint (facts §3.2). */
export const batchSizeMax = 100;

export interface ReadBatchRequest {
  objectType: string;
  /** 1..100 record ids, or values of `idProperty`. Duplicates are sent once. */
  ids: readonly string[];
  /** A unique property, or `email` for contacts. */
  idProperty?: string;
  properties: readonly string[];
  propertiesWithHistory?: readonly string[];
  archived?: boolean;
  signal?: AbortSignal;
}

export interface BatchRead {
  records: HubSpotRecord[];
  /** Asked for and named by HubSpot as not found. A merged record is neither: it answers with its new id. */
  missing: string[];
}

/**
 * Reads up to 100 records by id or unique value (`POST objects/{type}/batch/read`). One call. Not a search: it
 * does not lag and is not limited to 5 per second. Associations never come along (facts §3.2).
 * Throws `HubSpotFailure`.
 */
export async function readBatch(client: HubSpotClient, request: ReadBatchRequest): Promise<BatchRead> {
  const ids = [...new Set(request.ids)];
  if (ids.length === 0) return { records: [], missing: [] };
  if (ids.length > batchSizeMax) throw defectFailure('objects.batchRead', null, 'more than 100 inputs');
  const reply = await client.send({
    method: 'POST',
    endpoint: 'objects.batchRead',
    path: hubspotPaths(client.apiVersion).objectBatch(request.objectType, 'read'),
    query: request.archived ? { archived: true } : {},
    body: {
      properties: request.properties,
      propertiesWithHistory: request.propertiesWithHistory ?? [],
      ...(request.idProperty === undefined ? {} : { idProperty: request.idProperty }),
      inputs: ids.map((id) => ({ id })),
    },
    bucket: 'burst',
    ...(request.signal ? { signal: request.signal } : {}),
  });
  // A missing record is 207; a 404 here is an unknown object type, and unknown is not empty: it throws.
  const body = readReply(reply, batchReadSchema);
  const named = (body.errors ?? []).map(readErrorBody).flatMap((error) => error.context['ids'] ?? []);
  const asked = new Set(ids);
  return { records: body.results, missing: [...new Set(named)].filter((id) => asked.has(id)) };
}

/**
 * One record by id or unique value (`GET objects/{type}/{id}`), or null when HubSpot has none. One call. Finds
 * a contact by a secondary e-mail too, and a merged record by its old id (the answer's id then differs).
 * Throws `HubSpotFailure`.
 */
export async function getRecord(
  client: HubSpotClient,
  request: {
    objectType: string;
    id: string;
    idProperty?: string;
    properties: readonly string[];
    archived?: boolean;
    signal?: AbortSignal;
  },
): Promise<HubSpotRecord | null> {
  const reply = await client.send({
    method: 'GET',
    endpoint: 'objects.get',
    path: hubspotPaths(client.apiVersion).object(request.objectType, request.id),
    query: {
      idProperty: request.idProperty,
      properties: request.properties,
      ...(request.archived ? { archived: true } : {}),
    },
    bucket: 'burst',
    ...(request.signal ? { signal: request.signal } : {}),
  });
  if (reply.status === 404) return null;
  return readReply(reply, recordSchema);
}
