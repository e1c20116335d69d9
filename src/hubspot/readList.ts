import type { z } from 'zod';
import type { HubSpotClient } from './client';
import { readReply } from './readReply';
import { pageSchema } from './schemas';

/** All entries of a list that HubSpot does not page. One call. Throws `HubSpotFailure`. */
export async function readList<Schema extends z.ZodType>(
  client: HubSpotClient,
  { endpoint, path, signal }: { endpoint: string; path: string; signal?: AbortSignal | undefined },
  entry: Schema,
): Promise<z.output<Schema>[]> {
  const reply = await client.send({
    ...{ method: 'GET', endpoint, path, bucket: 'burst' },
    ...(signal ? { signal } : {}),
  });
  return readReply(reply, pageSchema(entry)).results;
}
