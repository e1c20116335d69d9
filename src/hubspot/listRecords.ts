import type { HubSpotClient } from './client';
import { encodeQuery, hubspotPaths, type Query } from './paths';
import { readBatch } from './readBatch';
import { readReply } from './readReply';
import { recordPageSchema, type HubSpotRecord } from './schemas';

export interface ListRecordsRequest {
  objectType: string;
  /** 1..100, HubSpot's maximum for lists (facts §4.2). */
  limit: number;
  /** `next` of the page before. */
  after?: string | null;
  properties: readonly string[];
  /** Object types whose ids come along, for example `companies`. */
  associations?: readonly string[];
  /** true lists only archived records. */
  archived?: boolean;
  signal?: AbortSignal;
}

export interface RecordPage {
  records: HubSpotRecord[];
  /** Opaque cursor of the next page; null: this was the last one. */
  next: string | null;
}

/** HubSpot answers 414 from about 8 KB (facts §4.2); the origin needs room too. */
const pathBytesMax = 7500;

/**
 * One page of a complete list read (`GET objects/{type}`), in HubSpot's order, not capped at 10,000.
 *
 * One call; where the property list would make the address too long, two: the ids, then their properties by
 * batch read. A record that disappears between the two is left out, as if it had been archived before.
 * Throws `HubSpotFailure`.
 */
export async function listRecords(client: HubSpotClient, request: ListRecordsRequest): Promise<RecordPage> {
  const path = hubspotPaths(client.apiVersion).objects(request.objectType);
  const query: Query = {
    limit: request.limit,
    after: request.after,
    associations: request.associations,
    ...(request.archived ? { archived: true } : {}),
  };
  const full: Query = { ...query, properties: request.properties };
  const isTooLong = path.length + encodeQuery(full).length > pathBytesMax;
  const reply = await client.send({
    method: 'GET',
    endpoint: 'objects.list',
    path,
    query: isTooLong ? query : full,
    bucket: 'burst',
    ...(request.signal ? { signal: request.signal } : {}),
  });
  const page = readReply(reply, recordPageSchema);
  const records = isTooLong ? await withProperties(client, request, page.results) : page.results;
  return { records, next: page.paging?.next?.after ?? null };
}

async function withProperties(
  client: HubSpotClient,
  request: ListRecordsRequest,
  listed: HubSpotRecord[],
): Promise<HubSpotRecord[]> {
  if (listed.length === 0) return [];
  const read = await readBatch(client, {
    objectType: request.objectType,
    ids: listed.map((record) => record.id),
    properties: request.properties,
    ...(request.archived ? { archived: true } : {}),
    ...(request.signal ? { signal: request.signal } : {}),
  });
  const byId = new Map(read.records.map((record) => [record.id, record]));
  const found: HubSpotRecord[] = [];
  for (const { id, associations } of listed) {
    const record = byId.get(id);
    if (record) found.push(associations ? { ...record, associations } : record);
  }
  return found;
}
