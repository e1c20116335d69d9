import type { Reply } from '../call';
import { rejectionBody, type Rejection } from '../rejection';
import { bearerOf } from '../oauth/oauthBook';
import { missingScope, scopeOf } from '../account/scopes';
import type { Simulator } from '../simulator';
import type { Route } from '../routes';
import type { Target } from '../target';

/** Longer addresses are refused with 414 by the edge (facts 4.2: about 8 kB observed). */
const addressLengthMax = 8000;

/** A refusal as a reply. */
export function refusal(rejection: Rejection): Reply {
  return { status: rejection.status, body: rejectionBody(rejection) };
}

/** The refusal of a call before its body matters: address, token, rate, scope. Counts it into its window. */
export function admission(
  simulator: Simulator,
  target: Target,
  authorization: string | undefined,
): Reply | undefined {
  if (target.address.length > addressLengthMax) {
    const body = Buffer.from('<html><h1>414 URI Too Long</h1></html>');
    return { status: 414, body, headers: { 'Content-Type': 'text/html' } };
  }
  if (target.route?.api === 'oauth') return undefined; // its caller is named in its form
  if (target.route?.api === 'journal') {
    // Exempt from the windows and the day (facts 2.1).
    const stranger = checkAppToken(simulator, authorization);
    return stranger && refusal(stranger);
  }
  const unknown = target.route?.api === 'token' ? undefined : checkToken(simulator, authorization);
  if (unknown) return refusal(unknown);
  const limited = simulator.limits.admit(target.bucket);
  if (limited) return { status: 429, ...limited };
  return target.route && missing(simulator, target.route, target.params, authorization);
}

function missing(
  { settings, portal, oauth }: Simulator,
  { api, writes }: Route,
  params: Record<string, string>,
  authorization: string | undefined,
): Reply | undefined {
  const granted = bearerOf(oauth, portal, bearerToken(authorization) ?? '')?.scopes;
  if (settings.scopesWithheld.length === 0 && granted === undefined) return undefined;
  const scope = scopeOf(portal, api, writes, params);
  if (scope === undefined) return undefined;
  const has = granted?.includes(scope) ?? true;
  return has && !settings.scopesWithheld.includes(scope) ? undefined : refusal(missingScope(scope));
}

/** The token of an Authorization header. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
}

function checkToken(simulator: Simulator, authorization: string | undefined): Rejection | undefined {
  const token = bearerToken(authorization);
  return verdict(
    simulator,
    simulator.settings.tokens.find((setting) => setting.token === token) ??
      bearerOf(simulator.oauth, simulator.portal, token ?? ''),
  );
}

/** The journal takes the token of an app itself, and no other. */
function checkAppToken(simulator: Simulator, authorization: string | undefined): Rejection | undefined {
  return verdict(simulator, simulator.oauth.appTokens.get(bearerToken(authorization) ?? ''));
}

function verdict(
  simulator: Simulator,
  known: { expiresAt: number | null } | undefined,
): Rejection | undefined {
  if (!known) {
    const message =
      'Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview';
    return { status: 401, category: 'INVALID_AUTHENTICATION', message };
  }
  const late = known.expiresAt === null ? -1 : simulator.now() - known.expiresAt;
  if (late < 0) return undefined;
  return {
    status: 401,
    category: 'EXPIRED_AUTHENTICATION',
    message: `The OAuth token used to make this call expired ${Math.floor(late / 1000)} second(s) ago.`,
    context: { 'expire time': [new Date(known.expiresAt ?? 0).toISOString()] },
  };
}
