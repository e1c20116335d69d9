import { hubspotBaseUrl } from './portalTarget';
import type { TributaryConfig } from './schema';
import { resolveSecret, type SecretReaders } from './secrets';
import { secretValue, type SecretValue } from './secretValue';
import { hubspotTypeOf } from './toRules';

/** The app by which a portal is connected, with everything that an installation and a refresh need. */
export interface OAuthAppSettings {
  /** Name of ours. */
  portal: string;
  /** The account that may be installed, and no other. */
  portalId: string;
  clientId: string;
  clientSecret: SecretValue;
  redirectUri: string;
  /** Where a person begins to install. */
  installUrl: string;
  /** Host of HubSpot's consent page, without a closing slash. */
  authorizeUrl: string;
  scopes: string[];
  optionalScopes: string[];
  apiVersion: TributaryConfig['portals'][string]['apiVersion'];
  baseUrl: string;
}

const defaultAuthorizeUrl = 'https://app.hubspot.com';

/** Out: null for a portal with a token. Throws where a reference is not there. */
export function oauthAppOf(
  config: TributaryConfig,
  name: string,
  readers: SecretReaders,
): OAuthAppSettings | null {
  const portal = config.portals[name];
  if (!portal?.oauth || portal.portalId === undefined) return null;
  const { clientId, clientSecret, redirectUri, authorizeUrl, scopes, optionalScopes } = portal.oauth;
  const callback = resolveSecret(redirectUri, readers);
  const host = authorizeUrl ? resolveSecret(authorizeUrl, readers) : defaultAuthorizeUrl;
  return {
    portal: name,
    portalId: String(portal.portalId),
    clientId: resolveSecret(clientId, readers),
    clientSecret: secretValue(resolveSecret(clientSecret, readers)),
    redirectUri: callback,
    installUrl: new URL(`install?portal=${encodeURIComponent(name)}`, callback).href,
    authorizeUrl: host.replace(/\/+$/, ''),
    scopes: scopes ?? neededScopes(config),
    optionalScopes,
    apiVersion: portal.apiVersion,
    baseUrl: hubspotBaseUrl(portal, readers),
  };
}

/** All apps of the configuration, in the order of its portals. */
export function oauthAppsOf(config: TributaryConfig, readers: SecretReaders): OAuthAppSettings[] {
  return Object.keys(config.portals).flatMap((name) => oauthAppOf(config, name, readers) ?? []);
}

/** What reading and writing the configured objects, their definitions and owners needs (facts §7). */
function neededScopes(config: TributaryConfig): string[] {
  const objects = Object.keys(config.objects).flatMap((name) => scopesOf(hubspotTypeOf(config, name)));
  return [...new Set(['oauth', 'crm.objects.owners.read', ...objects])];
}

function scopesOf(hubspotType: string): string[] {
  if (hubspotType === 'tickets') return ['tickets'];
  const family = /^(?:p\d*_|2-)/.test(hubspotType) ? 'custom' : hubspotType;
  return ['objects', 'schemas'].flatMap((kind) =>
    ['read', 'write'].map((verb) => `crm.${kind}.${family}.${verb}`),
  );
}
