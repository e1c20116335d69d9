import { z } from 'zod';
import { createExchange, type Exchange, type ExchangeOptions, type HubSpotReply } from './exchange';
import { HubSpotFailure } from './hubspotFailure';
import { hubspotPaths, type ApiVersion } from './paths';
import { expectSuccess, isSuccess, readReply } from './readReply';
import { TokenFailure, tokenFailure, type TokenFault } from './tokenFailure';

/**
 * OAuth's endpoints (facts §7). One function per endpoint and grant, exactly one HTTP request each. All throw
 * `HubSpotFailure` (a `TokenFailure` where HubSpot refuses), whose text holds no token, code or secret.
 */

/** Our app at HubSpot, and the way there. */
export interface OAuthApp {
  exchange: Exchange;
  apiVersion: ApiVersion;
  clientId: string;
  clientSecret: string;
  /** As registered with the app, to the letter. */
  redirectUri: string;
}

/** An app with its way to HubSpot. */
export function connectApp<App extends Omit<OAuthApp, 'exchange'>>(
  app: App,
  options: ExchangeOptions,
): App & OAuthApp {
  return { ...app, exchange: createExchange(options) };
}

export interface GrantedTokens {
  accessToken: string;
  refreshToken: string;
  /** How long the access token lives. */
  lifeMs: number;
  /** Whose account and which scopes; null where the reply does not say: then `readTokenInfo` does. */
  portalId: string | null;
  scopes: string[] | null;
}

const hubId = z.union([z.int().positive(), z.string().regex(/^[1-9]\d{0,18}$/)]).transform(String);
const scopes = z.array(z.string().max(200)).max(1_000);
/** "allow 512+ characters" (facts §7). */
const token = z.string().min(1).max(20_000);

const grantedSchema = z.looseObject({
  access_token: token,
  refresh_token: token,
  expires_in: z.number().positive().max(31_536_000),
  hub_id: hubId.nullish(),
  scopes: scopes.nullish(),
});

/** Tokens for the code that HubSpot sent back with a person's consent. */
export function exchangeCode(app: OAuthApp, code: string): Promise<GrantedTokens> {
  return grant(app, 'oauth.exchangeCode', {
    grant_type: 'authorization_code',
    code,
    redirect_uri: app.redirectUri,
  });
}

/** A new access token. The refresh token usually stays the same; whatever comes back is the one to keep. */
export function refreshTokens(app: OAuthApp, refreshToken: string): Promise<GrantedTokens> {
  return grant(app, 'oauth.refresh', { grant_type: 'refresh_token', refresh_token: refreshToken });
}

async function grant(app: OAuthApp, endpoint: string, form: Record<string, string>): Promise<GrantedTokens> {
  const reply = await app.exchange({
    method: 'POST',
    endpoint,
    path: hubspotPaths(app.apiVersion).oauthToken(),
    form: { ...form, client_id: app.clientId, client_secret: app.clientSecret },
  });
  const granted = readReply(refusing(reply), grantedSchema);
  return {
    accessToken: granted.access_token,
    refreshToken: granted.refresh_token,
    lifeMs: granted.expires_in * 1_000,
    portalId: granted.hub_id ?? null,
    scopes: granted.scopes ?? null,
  };
}

/** Whose account a token opens, and what it may do. */
export async function readTokenInfo(
  app: OAuthApp,
  accessToken: string,
): Promise<{ portalId: string; scopes: string[] }> {
  const reply = await app.exchange({
    method: 'POST',
    endpoint: 'oauth.introspect',
    path: hubspotPaths(app.apiVersion).oauthIntrospect(),
    form: {
      client_id: app.clientId,
      client_secret: app.clientSecret,
      token: accessToken,
      token_type_hint: 'access_token',
    },
  });
  const schema = z.looseObject({ active: z.literal(true), hub_id: hubId, scopes });
  const info = readReply(refusing(reply), schema);
  return { portalId: info.hub_id, scopes: info.scopes };
}

/** Uninstalls the app from the account that the token opens; all its tokens end with it. */
export async function uninstallApp(app: OAuthApp, accessToken: string): Promise<void> {
  const reply = await app.exchange({
    method: 'DELETE',
    endpoint: 'oauth.uninstall',
    path: hubspotPaths(app.apiVersion).externalInstall(),
    token: accessToken,
  });
  expectSuccess(reply);
}

/** What a failed call of this file means, and in plain words; null for any other error. */
export function tokenTrouble(error: unknown): { fault: TokenFault; reason: string } | null {
  if (!(error instanceof HubSpotFailure)) return null;
  const { reason } = error.verdict;
  if (error instanceof TokenFailure) return { fault: error.fault, reason };
  return { fault: error.action.startsWith('retry') ? 'passing' : 'configuration', reason };
}

/** @throws TokenFailure for a reply that is no success */
function refusing(reply: HubSpotReply): HubSpotReply {
  if (isSuccess(reply.status)) return reply;
  throw tokenFailure(reply);
}
