import type { HubSpotClient } from './client';
import { hubspotPaths } from './paths';
import { readList } from './readList';
import { pipelineSchema, type HubSpotPipeline } from './schemas';

/** All pipelines of deals, tickets or a custom object, with their stages. One call. Throws `HubSpotFailure`. */
export async function listPipelines(client: HubSpotClient, objectType: string): Promise<HubSpotPipeline[]> {
  const path = hubspotPaths(client.apiVersion).pipelines(objectType);
  return readList(client, { endpoint: 'pipelines.list', path }, pipelineSchema);
}
