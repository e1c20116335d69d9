import type { IncomingMessage, ServerResponse } from 'node:http';
import { authorizeFault, grantedScopes, issueCode, scopesIn } from './oauthBook';
import { pageFrame } from '../page/pageFrame';
import { readBody } from '../requestBody';
import type { Simulator } from '../simulator';

/** `/oauth/authorize`, and the form that names an account beforehand. */
const consentPath = /^\/oauth\/(?:(\d+)\/)?authorize$/;

/** Whether an address is the page where a person lets an app in. */
export function isConsent(address: string): boolean {
  return consentPath.test(pathOf(address));
}

/**
 * Shows the consent page (GET) and takes its answer (POST `decision=approve` or `deny`): back to the app with a code, or
 * with `error=access_denied`. What is wrong with the request itself never leads back to the app.
 */
export async function answerConsent(
  simulator: Simulator,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { searchParams: query } = new URL(request.url ?? '/', 'http://simulator');
  const text = (await readBody(request)) ?? '';
  const { settings, account } = simulator;
  const named = consentPath.exec(pathOf(request.url ?? '/'))?.[1];
  const fault =
    named !== undefined && named !== String(account.portalId)
      ? "You don't have access to this account."
      : authorizeFault(settings, query);
  if (fault !== undefined)
    return show(response, 400, `<h2>Authorization failed</h2><p>${escaped(fault)}</p>`);
  if (request.method === 'GET') return show(response, 200, question(simulator, query));
  const decision = new URLSearchParams(text).get('decision');
  if (request.method !== 'POST' || (decision !== 'approve' && decision !== 'deny'))
    return show(response, 400, '<h2>Say approve or deny</h2>');
  const redirectUri = query.get('redirect_uri') ?? '';
  const back = new URL(redirectUri);
  if (decision === 'deny') {
    back.searchParams.set('error', 'access_denied');
    back.searchParams.set('error_description', 'the user denied access');
  } else {
    const consent = {
      clientId: query.get('client_id') ?? '',
      redirectUri,
      scopes: grantedScopes(settings, query),
    };
    back.searchParams.set('code', issueCode(simulator.oauth, consent, simulator.now()));
  }
  const state = query.get('state');
  if (state !== null) back.searchParams.set('state', state);
  response.writeHead(302, { Location: back.href }).end();
}

function question({ account }: Simulator, query: URLSearchParams): string {
  const scopes = [...scopesIn(query, 'scope'), ...scopesIn(query, 'optional_scope')];
  return `<h2>Connect an app to account ${account.portalId}</h2>
<p>The app <b>${escaped(query.get('client_id') ?? '')}</b> asks for:</p>
<ul>${scopes.map((scope) => `<li>${escaped(scope)}</li>`).join('')}</ul>
<form method="post" class="bar">
<button name="decision" value="approve">Connect app</button>
<button name="decision" value="deny">Cancel</button>
</form>`;
}

function show(response: ServerResponse, status: number, body: string): void {
  response
    .writeHead(status, { 'Content-Type': 'text/html; charset=utf-8' })
    .end(pageFrame('', `<section id="consent">${body}</section>`));
}

function pathOf(address: string): string {
  return address.split('?', 1)[0] as string;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
