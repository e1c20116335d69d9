import type { HubSpotClient } from './client';
import { hubspotPaths } from './paths';
import { readList } from './readList';
import { customObjectSchema, type CustomObject } from './schemas';

/** The custom objects of the portal; `objectTypeId` (`2-…`) is what every other call wants. One call. */
export async function listCustomObjects(client: HubSpotClient): Promise<CustomObject[]> {
  const path = hubspotPaths(client.apiVersion).customObjects();
  return readList(client, { endpoint: 'customObjects.list', path }, customObjectSchema);
}
