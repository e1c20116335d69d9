import type { HubSpotClient } from './client';
import { hubspotPaths } from './paths';
import { readReply } from './readReply';
import { ownerSchema, pageSchema, type HubSpotOwner } from './schemas';

/**
 * One page of owners, active or archived (HubSpot never mixes them). In: `after` of the page before. Out: the
 * owners, and the next cursor or null. `id` is what owner properties hold, not `userId`. One call.
 * Throws `HubSpotFailure`.
 */
export async function listOwners(
  client: HubSpotClient,
  request: { after?: string | null; archived?: boolean; limit?: number } = {},
): Promise<{ owners: HubSpotOwner[]; next: string | null }> {
  const reply = await client.send({
    method: 'GET',
    endpoint: 'owners.list',
    path: hubspotPaths(client.apiVersion).owners(),
    query: { limit: request.limit ?? 100, after: request.after, archived: request.archived ?? false },
    bucket: 'burst',
  });
  const page = readReply(reply, pageSchema(ownerSchema));
  return { owners: page.results, next: page.paging?.next?.after ?? null };
}
