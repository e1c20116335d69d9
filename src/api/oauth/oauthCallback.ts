import { installPortal } from '../../db/oauth/oauthInstall';
import { exchangeCode, readTokenInfo, tokenTrouble, type GrantedTokens } from '../../hubspot/oauth';
import type { ApiDeps } from '../deps';
import type { Handler } from '../endpoint';
import type { InstallableApp } from './installableApps';
import { sendPage, type InstallPage } from './installPage';
import { endState } from './installState';
import { answeringPages } from './pageFailure';

type Deps = Pick<ApiDeps, 'pool' | 'apps' | 'keys' | 'log'>;

/** HubSpot's codes are 36 characters; what is far longer is none. */
const codeLengthMax = 2_000;

/**
 * `GET /oauth/callback`: where HubSpot sends the browser back. Exchanges the code, and keeps the tokens only where they
 * are of the account that the configuration names. Every end is a page that says what to do.
 */
export function oauthCallback(deps: Deps): Handler {
  return answeringPages(deps, async (request, response) => {
    const { state, code, error } = request.query;
    const portal = await endState(deps, request, state);
    const app = deps.apps.find((candidate) => candidate.portal === portal);
    if (!app) return sendPage(response, notBegun(deps.apps));
    const page = await conclude(deps, app, code, error);
    if (page.status !== 200)
      deps.log.warn(
        { event: 'oauth_not_installed', portal, status: page.status, why: page.title },
        'nothing was installed',
      );
    sendPage(response, page);
  });
}

async function conclude(
  deps: Deps,
  app: InstallableApp,
  code: unknown,
  error: unknown,
): Promise<InstallPage> {
  if (error !== undefined) return denied(app);
  if (typeof code !== 'string' || code === '' || code.length > codeLengthMax) return notBegun([app]);
  let granted: Granted;
  try {
    granted = await grantedBy(app, code);
  } catch (failure) {
    const trouble = tokenTrouble(failure);
    if (!trouble) throw failure;
    deps.log.warn({ event: 'oauth_call_failed', portal: app.portal, err: failure }, trouble.reason);
    return failed(app, trouble);
  }
  if (granted.portalId !== app.portalId) return otherAccount(app, granted.portalId);
  const missing = app.scopes.filter((scope) => !granted.scopes.includes(scope));
  if (missing.length > 0) return lacking(app, missing);
  return keep(deps, app, granted);
}

type Granted = GrantedTokens & { portalId: string; scopes: string[] };

/** The account is the one that the token names, whatever anybody's address says. */
async function grantedBy(app: InstallableApp, code: string): Promise<Granted> {
  const tokens = await exchangeCode(app, code);
  const { portalId, scopes } = tokens;
  if (portalId !== null && scopes !== null) return { ...tokens, portalId, scopes };
  return { ...tokens, ...(await readTokenInfo(app, tokens.accessToken)) };
}

async function keep(deps: Deps, app: InstallableApp, granted: Granted): Promise<InstallPage> {
  const { portal, portalId, clientId } = app;
  const isKept = await installPortal(
    deps.pool,
    deps.keys,
    { name: portal, portalId },
    { ...granted, clientId },
  );
  if (!isKept) return boundOtherwise(app);
  deps.log.info({ event: 'oauth_installed', portal, portalId, scopes: granted.scopes.length }, 'installed');
  const lines = [
    `Tributary is connected to HubSpot account ${portalId} as portal ${portal}. You can close this page.`,
    'What waited for it goes on within a minute.',
    'A portal that is new here is in hold: nothing is written before a person says so (tributary setup, check, plan, apply).',
  ];
  return { status: 200, title: 'Installed', lines };
}

const again = ({ installUrl }: InstallableApp) => ({ links: [{ href: installUrl, text: 'Begin again' }] });

function notBegun(apps: InstallableApp[]): InstallPage {
  return {
    status: 400,
    title: 'This installation was not begun here',
    lines: [
      'It was begun in another browser, more than ten minutes ago, or ended already. Nothing was installed.',
    ],
    links: apps.map(({ portal, installUrl }) => ({ href: installUrl, text: `Install for portal ${portal}` })),
  };
}

function denied(app: InstallableApp): InstallPage {
  const lines = ['HubSpot says that access was not given. Nothing was installed.'];
  return { status: 403, title: 'Not installed', lines, ...again(app) };
}

function failed(
  app: InstallableApp,
  { fault, reason }: NonNullable<ReturnType<typeof tokenTrouble>>,
): InstallPage {
  const what =
    fault === 'configuration'
      ? 'The configuration of the app must be corrected first: whoever runs Tributary finds the reason in its log.'
      : fault === 'passing'
        ? 'HubSpot did not answer as it should. Try again in a few minutes.'
        : 'Begin again.';
  const lines = [`${reason[0]?.toUpperCase()}${reason.slice(1)}.`, what, 'Nothing was installed.'];
  return { status: fault === 'badCode' ? 400 : 502, title: 'Not installed', lines, ...again(app) };
}

function otherAccount(app: InstallableApp, chosen: string): InstallPage {
  return {
    status: 403,
    title: 'This is another HubSpot account',
    lines: [
      `You chose account ${chosen}; portal ${app.portal} is bound to account ${app.portalId}. Its tokens were thrown away.`,
      'To remove the app from the account that you chose: Settings, Integrations, Connected Apps.',
    ],
    ...again(app),
  };
}

function lacking(app: InstallableApp, missing: string[]): InstallPage {
  const lines = [
    `These scopes are needed and were not granted: ${missing.join(', ')}.`,
    'Nothing was installed.',
  ];
  return { status: 403, title: 'Scopes are missing', lines, ...again(app) };
}

function boundOtherwise(app: InstallableApp): InstallPage {
  const lines = [
    `This database keeps the state of portal ${app.portal} for another account, or of account ${app.portalId} under another name.`,
    'Use the name that it had, or another database. Nothing was installed.',
  ];
  return { status: 409, title: 'This portal is bound otherwise', lines };
}
