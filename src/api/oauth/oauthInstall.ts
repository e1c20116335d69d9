import type { ApiDeps } from '../deps';
import type { Handler } from '../endpoint';
import type { InstallableApp } from './installableApps';
import { sendPage, type InstallPage } from './installPage';
import { beginState } from './installState';
import { answeringPages } from './pageFailure';

/** `GET /oauth/install?portal=…`: sends the browser to HubSpot's consent page. */
export function oauthInstall(deps: Pick<ApiDeps, 'pool' | 'apps' | 'log'>): Handler {
  return answeringPages(deps, async (request, response) => {
    const { portal } = request.query;
    const app =
      portal === undefined && deps.apps.length === 1
        ? deps.apps[0]
        : deps.apps.find((candidate) => candidate.portal === portal);
    if (!app) return sendPage(response, choice(deps.apps, portal !== undefined));
    const state = await beginState(deps, request, response, app);
    response.set('Cache-Control', 'no-store').redirect(302, authorizeUrl(app, state));
  });
}

/** Spaces as %20, as HubSpot's documentation has them (facts §7). */
function authorizeUrl(app: InstallableApp, state: string): string {
  const query = Object.entries({
    client_id: app.clientId,
    redirect_uri: app.redirectUri,
    scope: app.scopes.join(' '),
    ...(app.optionalScopes.length === 0 ? {} : { optional_scope: app.optionalScopes.join(' ') }),
    state,
  }).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `${app.authorizeUrl}/oauth/authorize?${query.join('&')}`;
}

function choice(apps: InstallableApp[], isUnknown: boolean): InstallPage {
  if (apps.length === 0) {
    const lines = ['No portal of the configuration is connected by an app; all have tokens.'];
    return { status: 404, title: 'Nothing to install', lines };
  }
  return {
    status: isUnknown ? 404 : 200,
    title: isUnknown ? 'There is no such portal' : 'Which portal?',
    lines: ['These portals are connected by an app:'],
    links: apps.map(({ portal, portalId, installUrl }) => ({
      href: installUrl,
      text: `${portal} (HubSpot account ${portalId})`,
    })),
  };
}
