import { z } from 'zod';
import type { HubSpotClient } from './client';
import { readErrorBody } from './errorBody';
import { replyFailure } from './hubspotFailure';
import { hubspotPaths } from './paths';
import { readList } from './readList';
import { isSuccess, readReply } from './readReply';
import { propertyGroupSchema, propertySchema, type HubSpotProperty, type PropertyGroup } from './schemas';

export interface PropertyDefinition {
  name: string;
  label: string;
  type: string;
  fieldType: string;
  groupName: string;
  description?: string;
  options?: readonly { label: string; value: string; displayOrder?: number; hidden?: boolean }[];
  /** Can be set only here, at creation (facts §6). */
  hasUniqueValue?: boolean;
}

/** All properties of an object type; HubSpot does not page them. One call. Throws `HubSpotFailure`. */
export async function listProperties(client: HubSpotClient, objectType: string): Promise<HubSpotProperty[]> {
  const path = hubspotPaths(client.apiVersion).properties(objectType);
  return readList(client, { endpoint: 'properties.list', path }, propertySchema);
}

/** All property groups of an object type. One call. Throws `HubSpotFailure`. */
export async function listPropertyGroups(
  client: HubSpotClient,
  objectType: string,
): Promise<PropertyGroup[]> {
  const path = hubspotPaths(client.apiVersion).propertyGroups(objectType);
  return readList(client, { endpoint: 'properties.listGroups', path }, propertyGroupSchema);
}

/**
 * Creates a property. Out: `created`, or `exists` when the portal has one of that name already (which is
 * success: two set-ups may race). One call. Throws `HubSpotFailure`.
 */
export async function createProperty(
  client: HubSpotClient,
  objectType: string,
  property: PropertyDefinition,
): Promise<'created' | 'exists'> {
  const options = property.options?.map((option, index) => ({
    label: option.label,
    value: option.value,
    displayOrder: option.displayOrder ?? index,
    hidden: option.hidden ?? false,
  }));
  return create(client, {
    endpoint: 'properties.create',
    path: hubspotPaths(client.apiVersion).properties(objectType),
    body: { ...property, ...(options ? { options } : {}) },
  });
}

/** Creates a property group. As `createProperty`. */
export async function createPropertyGroup(
  client: HubSpotClient,
  objectType: string,
  group: { name: string; label: string },
): Promise<'created' | 'exists'> {
  return create(client, {
    endpoint: 'properties.createGroup',
    path: hubspotPaths(client.apiVersion).propertyGroups(objectType),
    body: group,
  });
}

async function create(
  client: HubSpotClient,
  call: { endpoint: string; path: string; body: unknown },
): Promise<'created' | 'exists'> {
  const reply = await client.send({ method: 'POST', bucket: 'burst', ...call });
  if (isSuccess(reply.status)) {
    readReply(reply, z.looseObject({ name: z.string() }));
    return 'created';
  }
  // Status and category of "already exists" are not documented (facts §6, UNCERTAIN): 409, or a 400 that says so.
  const error = readErrorBody(reply.body.kind === 'json' ? reply.body.value : null);
  const says = /already (exists|in use)/i.test(error.message) || /ALREADY_EXISTS/i.test(error.category ?? '');
  if (reply.status === 409 || (reply.status === 400 && says)) return 'exists';
  throw replyFailure(reply);
}
