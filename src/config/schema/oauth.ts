import { z } from 'zod';
import { secretRef, section, setting } from './values';

const scope = z.string().regex(/^[a-z][\w.-]{0,99}$/i, 'a scope is a word like crm.objects.contacts.read');

/** How a portal is connected by installing an app instead of by a token. */
export const oauth = section({
  clientId: setting.describe("The app's client id, or where it stands."),
  clientSecret: secretRef.describe("Where the app's client secret stands: `env:NAME` or `file:/path`."),
  redirectUri: setting.describe(
    'Address of `/oauth/callback` of the API as browsers reach it, to the letter as it is registered with the app.',
  ),
  authorizeUrl: setting
    .optional()
    .describe(
      'Host of the consent page, e.g. `https://app-eu1.hubspot.com`. Default: https://app.hubspot.com, which redirects.',
    ),
  scopes: z
    .array(scope)
    .min(1)
    .max(200)
    .optional()
    .describe('Scopes that an installation must grant. Default: reading and writing the configured objects.'),
  optionalScopes: z.array(scope).max(200).default([]).describe('Scopes that an account may lack.'),
}).describe('Connects the portal by installing an app, see `docs/oauth.md`.');
