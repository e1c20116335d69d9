import type { HubSpotClient } from './client';
import { listCustomObjects } from './customObjects';

/** Ids of HubSpot's own object types (facts §3.1). */
const standardIds: Readonly<Record<string, string>> = {
  contacts: '0-1',
  companies: '0-2',
  deals: '0-3',
  tickets: '0-5',
  products: '0-7',
  line_items: '0-8',
};

/** The type id of an object type that needs no asking: one of HubSpot's own, or one that is given by its id. */
export function standardTypeId(objectType: string): string | null {
  return /^\d+-\d+$/.test(objectType) ? objectType : (standardIds[objectType] ?? null);
}

/**
 * The type id (`0-1`, `2-123`) of an object type given by id or name; a custom object's name is `p_name` or
 * `p{portal}_name`, its bare name is refused by HubSpot since June 2025 (its changelog). A custom object costs one call.
 * Null when the portal has no such type. Throws `HubSpotFailure`.
 */
export async function findObjectTypeId(client: HubSpotClient, objectType: string): Promise<string | null> {
  const standard = standardTypeId(objectType);
  if (standard) return standard;
  const custom = await listCustomObjects(client);
  const found = custom.find(
    ({ name, fullyQualifiedName }) => objectType === `p_${name}` || objectType === fullyQualifiedName,
  );
  return found?.objectTypeId ?? null;
}
