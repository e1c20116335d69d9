import type { HubSpotClient } from './client';
import { hubspotPaths } from './paths';
import { readReply } from './readReply';
import { searchSchema, type HubSpotRecord } from './schemas';

export interface SearchFilter {
  propertyName: string;
  operator: string;
  value?: string;
  highValue?: string;
  values?: readonly string[];
}

export interface SearchRequest {
  objectType: string;
  /** OR of ANDs; at most 5 groups of 6 filters, 18 in all, 3,000 characters of body (facts §4.1). */
  filterGroups: readonly { filters: readonly SearchFilter[] }[];
  /** One rule only. HubSpot's order by modification time is not reliable (facts §4.1). */
  sort?: { propertyName: string; direction: 'ASCENDING' | 'DESCENDING' };
  properties: readonly string[];
  /** 1..200. */
  limit: number;
  after?: string | null;
  signal?: AbortSignal;
}

/**
 * One page of a search: its own quota of 5 per second and account, at most 10,000 results per query, and it lags
 * behind writes. Never for identity or in the hot path (DESIGN §5.7). One call. Throws `HubSpotFailure`.
 */
export async function searchRecords(
  client: HubSpotClient,
  request: SearchRequest,
): Promise<{ records: HubSpotRecord[]; total: number; next: string | null }> {
  const reply = await client.send({
    method: 'POST',
    endpoint: 'objects.search',
    path: hubspotPaths(client.apiVersion).objectSearch(request.objectType),
    body: {
      filterGroups: request.filterGroups,
      properties: request.properties,
      limit: request.limit,
      ...(request.sort ? { sorts: [request.sort] } : {}),
      ...(request.after ? { after: request.after } : {}),
    },
    bucket: 'search',
    ...(request.signal ? { signal: request.signal } : {}),
  });
  const page = readReply(reply, searchSchema);
  return { records: page.results, total: page.total, next: page.paging?.next?.after ?? null };
}
