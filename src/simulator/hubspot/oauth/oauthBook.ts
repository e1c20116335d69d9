import { randomUUID } from 'node:crypto';
import type { Portal } from '../portal';
import { allScopes } from '../account/scopes';
import type { Settings } from '../settings';

/** An app as its developer registered it. */
export interface AppSetting {
  clientId: string;
  clientSecret: string;
  /** Compared to the letter. */
  redirectUris: string[];
}

/** An app installed in this account; kept over a restart. */
export interface Install {
  clientId: string;
  scopes: string[];
  /** The valid ones, newest last: one, or two while the newest was never used. */
  refreshTokens: string[];
}

/** What a bearer token of an app may do. */
export interface Bearer {
  clientId: string;
  scopes: readonly string[];
}

/** A person's answer on the consent page, waiting to be exchanged. */
export interface Consent {
  clientId: string;
  redirectUri: string;
  scopes: string[];
}

/** What of OAuth lives in memory only: codes and access tokens. A restart ends them. */
export interface OAuthBook {
  codes: Map<string, Consent & { expiresAt: number }>;
  accessTokens: Map<string, { clientId: string; expiresAt: number }>;
  /** Tokens of apps themselves, for the Webhooks Journal only. */
  appTokens: Map<string, { clientId: string; expiresAt: number }>;
}

/** A code must be exchanged soon: seconds in practice. */
const codeLifeMs = 60_000;

export function createOAuthBook(): OAuthBook {
  return { codes: new Map(), accessTokens: new Map(), appTokens: new Map() };
}

/** A single-use code for a person's consent. */
export function issueCode(book: OAuthBook, consent: Consent, now: number): string {
  const code = randomUUID();
  book.codes.set(code, { ...consent, expiresAt: now + codeLifeMs });
  return code;
}

/** Takes a code out of the book; undefined when it is unknown, used or too old. */
export function useCode(book: OAuthBook, code: string, now: number): Consent | undefined {
  const found = book.codes.get(code);
  book.codes.delete(code);
  return found && found.expiresAt > now ? found : undefined;
}

/** A new access token of an installed app. */
export function issueAccessToken(
  book: OAuthBook,
  settings: Settings,
  clientId: string,
  now: number,
): { token: string; lifeSeconds: number } {
  // As long as HubSpot says that they may become (facts 7: allow 512+ characters).
  const token = `sim-${Array.from({ length: 14 }, () => randomUUID()).join('')}`;
  book.accessTokens.set(token, { clientId, expiresAt: now + settings.accessTokenLifeMs });
  return { token, lifeSeconds: settings.accessTokenLifeMs / 1_000 };
}

/** A new token of an app itself. */
export function issueAppToken(
  book: OAuthBook,
  settings: Settings,
  clientId: string,
  now: number,
): { token: string; lifeSeconds: number } {
  const token = `sim-app-${randomUUID()}`;
  book.appTokens.set(token, { clientId, expiresAt: now + settings.accessTokenLifeMs });
  return { token, lifeSeconds: settings.accessTokenLifeMs / 1_000 };
}

/** Whose access token it is; undefined when unknown or its app is not installed any more. */
export function bearerOf(
  book: OAuthBook,
  portal: Portal,
  token: string,
): (Bearer & { expiresAt: number }) | undefined {
  const known = book.accessTokens.get(token);
  const install = known && portal.installs.get(known.clientId);
  return known && install ? { ...known, scopes: install.scopes } : undefined;
}

/** Why an authorize request shows an error page instead of asking; undefined when it is right. */
export function authorizeFault(settings: Settings, query: URLSearchParams): string | undefined {
  const app = settings.apps.find(({ clientId }) => clientId === query.get('client_id'));
  if (!app) return "We couldn't find an app with this client id.";
  if (!app.redirectUris.includes(query.get('redirect_uri') ?? ''))
    return "Authorization failed because the redirect URL doesn't match the registered redirect URL.";
  const required = scopesIn(query, 'scope');
  const unknown = [...required, ...scopesIn(query, 'optional_scope')].find(
    (scope) => !allScopes.includes(scope),
  );
  if (unknown !== undefined) return `Authorization failed because the scope ${unknown} doesn't exist.`;
  if (required.length === 0) return 'Authorization failed because no scope is asked for.';
  const lacking = required.find((scope) => settings.scopesWithheld.includes(scope));
  return lacking && `Authorization failed because this account doesn't have access to ${lacking}.`;
}

/** Scopes that a consent grants: all required ones, and of the optional ones those that the account has. */
export function grantedScopes(settings: Settings, query: URLSearchParams): string[] {
  const optional = scopesIn(query, 'optional_scope').filter(
    (scope) => !settings.scopesWithheld.includes(scope),
  );
  return [...new Set([...scopesIn(query, 'scope'), ...optional])];
}

export function scopesIn(query: URLSearchParams, name: 'scope' | 'optional_scope'): string[] {
  return (query.get(name) ?? '').split(' ').filter((scope) => scope !== '');
}
