import type { PortalReference } from '../db/staging/referenceData';
import { listAssociationLabels } from '../hubspot/associations';
import type { HubSpotClient } from '../hubspot/client';
import { HubSpotFailure } from '../hubspot/hubspotFailure';
import { findObjectTypeId } from '../hubspot/objectTypeIds';
import { listOwners } from '../hubspot/owners';
import { listPipelines } from '../hubspot/pipelines';
import { listProperties } from '../hubspot/properties';
import { listPropertyValidations } from '../hubspot/propertyValidations';
import type { PropertyValidation } from '../hubspot/schemas';
import type { ActivityContext } from './context';
import type { ObjectSettings } from './deps';

const ownersPagesMax = 1_000;

/** What HubSpot defines of an object type: properties, owners, pipelines, labels. Some calls. Throws `HubSpotFailure`. */
export async function readReference(
  context: ActivityContext,
  client: HubSpotClient,
  object: ObjectSettings,
): Promise<PortalReference> {
  const { hubspotType } = object;
  const properties = await listProperties(client, hubspotType);
  const labels: PortalReference['labels'] = [];
  for (const toObject of object.associatedWith) {
    const types = await listAssociationLabels(client, {
      fromType: hubspotType,
      toType: context.hubspotType(toObject),
    });
    for (const { category, typeId, label } of types)
      labels.push({ toObject, category, typeId, label: label ?? null });
  }
  const typeId = await readTypeId(client, hubspotType);
  return {
    ...(typeId === null ? {} : { typeId }),
    properties: properties.map(({ name, type, fieldType, options }) => ({
      name,
      type,
      fieldType,
      options: (options ?? []).map(({ label, value }) => ({ label: label ?? value, value })),
    })),
    owners: await readOwners(client),
    pipelines: await readPipelines(client, hubspotType),
    labels,
  };
}

async function readOwners(client: HubSpotClient): Promise<Record<string, string>> {
  const owners: Record<string, string> = {};
  let after: string | null = null;
  for (let page = 0; page < ownersPagesMax; page += 1) {
    const read: Awaited<ReturnType<typeof listOwners>> = await listOwners(client, { after });
    for (const { id, email } of read.owners) if (email) owners[email.toLowerCase()] = id;
    after = read.next;
    if (after === null) break;
  }
  return owners;
}

/** Object types without pipelines answer 400 or 404: they have none. */
async function readPipelines(
  client: HubSpotClient,
  objectType: string,
): Promise<PortalReference['pipelines']> {
  try {
    const pipelines = await listPipelines(client, objectType);
    return pipelines.map(({ id, label, stages }) => ({
      id,
      label,
      stages: stages.map((stage) => ({ id: stage.id, label: stage.label })),
    }));
  } catch (error) {
    if (isNotOffered(error)) return [];
    throw error;
  }
}

/** Without the scope to read schemas a custom object is known by nothing but its name; its webhooks are ignored then. */
async function readTypeId(client: HubSpotClient, objectType: string): Promise<string | null> {
  try {
    return await findObjectTypeId(client, objectType);
  } catch (error) {
    if (isNotOffered(error)) return null;
    throw error;
  }
}

/** Validation rules exist only in dated versions and with a scope of their own; without them there are none to check. */
export async function readValidations(
  client: HubSpotClient,
  objectType: string,
): Promise<PropertyValidation[]> {
  try {
    const typeId = await findObjectTypeId(client, objectType);
    return typeId === null ? [] : await listPropertyValidations(client, typeId);
  } catch (error) {
    if (isNotOffered(error)) return [];
    throw error;
  }
}

function isNotOffered(error: unknown): boolean {
  return (
    error instanceof HubSpotFailure && error.status !== null && [400, 403, 404, 405].includes(error.status)
  );
}
