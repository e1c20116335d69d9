import type { PortalConfig } from './schema/portals';
import { resolveSecret, type SecretReaders } from './secrets';

/** HubSpot's public API. */
const defaultHubSpotBaseUrl = 'https://api.hubapi.com';

/**
 * Where a portal's API is: HUBSPOT_BASE_URL, else the configuration, else HubSpot itself; without a closing
 * slash. Throws where the configured reference is not there.
 */
export function hubspotBaseUrl(portal: PortalConfig, readers: SecretReaders): string {
  const overriding = readers.env['HUBSPOT_BASE_URL'];
  const configured = portal.baseUrl ? resolveSecret(portal.baseUrl, readers) : defaultHubSpotBaseUrl;
  return (overriding || configured).replace(/\/+$/, '');
}
