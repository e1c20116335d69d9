import type { HubSpotClient } from './client';
import { hubspotPaths } from './paths';
import { readList } from './readList';
import { validationSchema, type PropertyValidation } from './schemas';

/**
 * The validation rules an admin has set, for all properties of an object type (`0-1`, `0-2`, `2-…`; the type
 * *id*, not its name). Since `2026-09` they hold for API writes too (facts §1.4). One call. A portal whose
 * version or scopes do not offer them answers 404 or 403, which is thrown as `HubSpotFailure`.
 */
export async function listPropertyValidations(
  client: HubSpotClient,
  objectTypeId: string,
): Promise<PropertyValidation[]> {
  const path = hubspotPaths(client.apiVersion).propertyValidations(objectTypeId);
  return readList(client, { endpoint: 'propertyValidations.list', path }, validationSchema);
}
