import type { PortalConfig } from './schema/portals';
import type { SecretRef } from './secrets';

/**
 * Where the secret stands that signs a portal's webhooks: an app that is installed signs them with its own. Out:
 * undefined where the portal takes none.
 */
export function webhookSecretRef({ webhooks, oauth }: PortalConfig): SecretRef | undefined {
  return webhooks && (webhooks.clientSecret ?? oauth?.clientSecret);
}
