import type { HubSpotClient } from './client';
import { hubspotPaths } from './paths';
import { readReply } from './readReply';
import { customObjectSchema, pageSchema, type CustomObject } from './schemas';

/** The custom objects of the portal; `objectTypeId` (`2-…`) is what every other call wants. One call. */
export async function listCustomObjects(client: HubSpotClient): Promise<CustomObject[]> {
  const reply = await client.send({
    method: 'GET',
    endpoint: 'customObjects.list',
    path: hubspotPaths(client.apiVersion).customObjects(),
    bucket: 'burst',
  });
  return readReply(reply, pageSchema(customObjectSchema)).results;
}
