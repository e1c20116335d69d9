import type { HubSpotClient } from './client';
import { hubspotPaths } from './paths';
import { readReply } from './readReply';
import { pageSchema, pipelineSchema, type HubSpotPipeline } from './schemas';

/** All pipelines of deals, tickets or a custom object, with their stages. One call. Throws `HubSpotFailure`. */
export async function listPipelines(client: HubSpotClient, objectType: string): Promise<HubSpotPipeline[]> {
  const reply = await client.send({
    method: 'GET',
    endpoint: 'pipelines.list',
    path: hubspotPaths(client.apiVersion).pipelines(objectType),
    bucket: 'burst',
  });
  return readReply(reply, pageSchema(pipelineSchema)).results;
}
