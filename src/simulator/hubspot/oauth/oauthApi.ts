import { randomUUID } from 'node:crypto';
import { bodyObject, type Call, type Reply } from '../call';
import {
  bearerOf,
  issueAccessToken,
  issueAppToken,
  useCode,
  type AppSetting,
  type Install,
} from './oauthBook';
import { Rejected, type Rejection } from '../rejection';

/** POST oauth/token: tokens for a code or for a refresh token (facts 7). */
export function token(call: Call): Reply {
  const app = caller(call);
  switch (field(call, 'grant_type')) {
    case 'authorization_code':
      return granted(call, installOf(call, app));
    case 'refresh_token':
      return granted(call, refreshedInstall(call, app));
    case 'client_credentials':
      return grantedApp(call, app);
    default:
      throw new Rejected(refused('BAD_GRANT_TYPE', 'unsupported_grant_type', 'unsupported grant_type'));
  }
}

/** A token of the app itself, for the Webhooks Journal (facts 8.2). */
function grantedApp(call: Call, app: AppSetting): Reply {
  const scopes = field(call, 'scope').split(' ');
  if (!scopes.every((scope) => scope.startsWith('developer.webhooks_journal.')))
    throw new Rejected(refused('BAD_SCOPES', 'invalid_scope', 'missing or invalid scopes'));
  const access = issueAppToken(call.oauth, call.settings, app.clientId, call.stamp.at);
  const body = { token_type: 'bearer', access_token: access.token, expires_in: access.lifeSeconds, scopes };
  return { status: 200, body };
}

/** POST oauth/token/introspect: whose token it is. An unknown or expired one is `active: false`. */
export function introspect(call: Call): Reply {
  const app = caller(call);
  const bearer = bearerOf(call.oauth, call.portal, field(call, 'token'));
  if (!bearer || bearer.clientId !== app.clientId || bearer.expiresAt <= call.stamp.at)
    return { status: 200, body: { active: false } };
  return {
    status: 200,
    body: {
      active: true,
      hub_id: call.account.portalId,
      user_id: 1,
      app_id: 1,
      client_id: app.clientId,
      hub_domain: call.account.uiDomain,
      scopes: bearer.scopes,
      expires_in: Math.floor((bearer.expiresAt - call.stamp.at) / 1_000),
      token_use: 'access_token',
    },
  };
}

/** POST oauth/token/revoke: ends a refresh token; access tokens that were issued live on (facts 7). */
export function revoke(call: Call): Reply {
  const app = caller(call);
  const install = call.portal.installs.get(app.clientId);
  const revoked = field(call, 'token');
  if (install?.refreshTokens.includes(revoked)) {
    const refreshTokens = install.refreshTokens.filter((refreshToken) => refreshToken !== revoked);
    call.write({ do: 'install', install: { ...install, refreshTokens } });
  }
  return { status: 204 };
}

/** DELETE external-install: the app of the bearer leaves the account. */
export function uninstall(call: Call): Reply {
  if (call.bearer === undefined) {
    const message = 'This endpoint takes the access token of an installed app only.';
    throw new Rejected({ status: 403, category: 'INVALID_AUTHENTICATION', message });
  }
  call.write({ do: 'uninstall', clientId: call.bearer.clientId });
  return { status: 204 };
}

function installOf(call: Call, app: AppSetting): Install {
  const consent = useCode(call.oauth, field(call, 'code'), call.stamp.at);
  if (!consent || consent.clientId !== app.clientId)
    throw new Rejected(refused('BAD_AUTH_CODE', 'invalid_grant', 'missing or unknown auth code'));
  if (consent.redirectUri !== field(call, 'redirect_uri'))
    throw new Rejected(refused('BAD_REDIRECT_URI', 'invalid_grant', 'redirect_uri does not match'));
  const { clientId, scopes } = consent;
  // A new consent replaces the installation that was there.
  const install = { clientId, scopes, refreshTokens: [randomUUID()] };
  call.write({ do: 'install', install });
  return install;
}

function refreshedInstall(call: Call, app: AppSetting): Install {
  const install = call.portal.installs.get(app.clientId);
  const given = field(call, 'refresh_token');
  if (!install?.refreshTokens.includes(given)) {
    const message = 'refresh token is invalid, expired or revoked';
    throw new Rejected(refused('BAD_REFRESH_TOKEN', 'invalid_grant', message));
  }
  if (!call.settings.switches.refreshTokenChanges) return install;
  // The one that was used stays valid until its successor is used: a lost reply is recoverable.
  const next = { ...install, refreshTokens: [given, randomUUID()] };
  call.write({ do: 'install', install: next });
  return next;
}

function granted(call: Call, install: Install): Reply {
  const { settings, account } = call;
  const access = issueAccessToken(call.oauth, settings, install.clientId, call.stamp.at);
  const about = settings.switches.tokenReplyNamesPortal
    ? { hub_id: account.portalId, scopes: install.scopes, user_id: 1 }
    : {};
  return {
    status: 200,
    body: {
      token_type: 'bearer',
      token_use: 'access_token',
      access_token: access.token,
      refresh_token: install.refreshTokens.at(-1),
      expires_in: access.lifeSeconds,
      ...about,
    },
  };
}

/** The app whose id and secret stand in the form. */
function caller(call: Call): AppSetting {
  if (call.query.size > 0) {
    const message = 'parameters belong into the request body';
    throw new Rejected(refused('BAD_REQUEST', 'invalid_request', message));
  }
  const app = call.settings.apps.find(({ clientId }) => clientId === field(call, 'client_id'));
  if (!app) throw new Rejected(refused('BAD_CLIENT_ID', 'invalid_client', 'missing or unknown client id'));
  if (app.clientSecret !== field(call, 'client_secret'))
    throw new Rejected(refused('BAD_CLIENT_SECRET', 'invalid_client', 'missing or invalid client secret'));
  return app;
}

function field(call: Call, name: string): string {
  const value = bodyObject(call)[name];
  return typeof value === 'string' ? value : '';
}

/** OAuth's own family of error bodies (facts 7). */
function refused(status: string, error: string, message: string): Rejection {
  return { status: 400, message, extra: { status, error, error_description: message } };
}
