import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authorizeUrl, consent, registeredApp, testApp } from '../../support/consent';
import { contacts, startSimulator, type Seen, type TestSimulator } from './startSimulator';

let simulator: TestSimulator;
beforeEach(async () => {
  simulator = await startSimulator({ apps: [registeredApp] });
});
afterEach(() => simulator.stop());

async function form(path: string, fields: Record<string, string>, at = simulator): Promise<Seen> {
  const response = await fetch(at.url + path, { method: 'POST', body: new URLSearchParams(fields) });
  const text = await response.text();
  const body = text === '' ? undefined : JSON.parse(text);
  return { status: response.status, body, text, headers: response.headers };
}

const caller = { client_id: testApp.clientId, client_secret: testApp.clientSecret };
const codeOf = async (changes = {}) =>
  (await consent(authorizeUrl(simulator.url, changes))).searchParams.get('code') ?? '';
const exchange = (code: string, changes = {}) =>
  form('/oauth/2026-09/token', {
    ...caller,
    grant_type: 'authorization_code',
    code,
    redirect_uri: testApp.redirectUri,
    ...changes,
  });
const refresh = (token: string, changes = {}) =>
  form('/oauth/2026-09/token', { ...caller, grant_type: 'refresh_token', refresh_token: token, ...changes });
const refusal = (status: string, error: string) => ({ status: 400, body: { status, error } });

describe('the consent page', () => {
  test('asks, and sends the browser back with a code or a refusal, and the state', async () => {
    const page = await fetch(authorizeUrl(simulator.url));
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await page.text()).toContain('crm.objects.contacts.read');
    const back = await consent(authorizeUrl(simulator.url));
    expect(back.origin + back.pathname).toBe(testApp.redirectUri);
    expect(Object.fromEntries(back.searchParams)).toEqual({
      code: expect.any(String),
      state: 'state-of-the-test',
    });
    const denied = await consent(authorizeUrl(simulator.url), 'deny');
    expect(Object.fromEntries(denied.searchParams)).toEqual({
      error: 'access_denied',
      error_description: expect.any(String),
      state: 'state-of-the-test',
    });
  });

  test.each([
    ['an unknown client id', { client_id: 'somebody' }],
    ['another redirect address', { redirect_uri: `${testApp.redirectUri}/` }],
    ['no redirect address', { redirect_uri: undefined }],
    ['a scope that does not exist', { scope: 'oauth crm.everything' }],
    ['no scope', { scope: undefined }],
  ])('never leads back to the app with %s', async (_what, changes) => {
    for (const method of ['GET', 'POST']) {
      const body = method === 'POST' ? { body: new URLSearchParams({ decision: 'approve' }) } : {};
      const reply = await fetch(authorizeUrl(simulator.url, changes), {
        method,
        redirect: 'manual',
        ...body,
      });
      expect([reply.status, reply.headers.get('location')]).toEqual([400, null]);
    }
  });

  test('takes an account named beforehand only where it is the right one', async () => {
    const url = new URL(authorizeUrl(simulator.url));
    const statusAt = async (portalId: number) =>
      (await fetch(url.href.replace('/oauth/', `/oauth/${portalId}/`))).status;
    expect([await statusAt(simulator.portalId), await statusAt(1)]).toEqual([200, 400]);
  });
});

describe('the token endpoint', () => {
  test.each(['2026-09', '2026-03', 'v3'])('gives tokens for a code, once, at version %s', async (version) => {
    const fields = { ...caller, grant_type: 'authorization_code', redirect_uri: testApp.redirectUri };
    const code = await codeOf();
    const first = await form(`/oauth/${version}/token`, { ...fields, code });
    expect(first).toMatchObject({
      status: 200,
      body: {
        token_type: 'bearer',
        expires_in: 1800,
        hub_id: simulator.portalId,
        scopes: ['oauth', 'crm.objects.contacts.read'],
      },
    });
    expect(first.body.access_token.length).toBeGreaterThan(500);
    expect((await simulator.call('GET', contacts, undefined, first.body.access_token)).status).toBe(200);
    expect(await form(`/oauth/${version}/token`, { ...fields, code })).toMatchObject(
      refusal('BAD_AUTH_CODE', 'invalid_grant'),
    );
  });

  test('refuses a code that is a minute old, and one for another redirect address', async () => {
    const old = await codeOf();
    await simulator.control('/settings', { clockOffsetMs: 60_000 });
    expect(await exchange(old)).toMatchObject(refusal('BAD_AUTH_CODE', 'invalid_grant'));
    const elsewhere = await exchange(await codeOf(), { redirect_uri: 'http://127.0.0.1:9/oauth' });
    expect(elsewhere).toMatchObject(refusal('BAD_REDIRECT_URI', 'invalid_grant'));
  });

  test.each([
    ['an unknown client', { client_id: 'somebody' }, 'BAD_CLIENT_ID', 'invalid_client'],
    ['a wrong secret', { client_secret: 'guessed' }, 'BAD_CLIENT_SECRET', 'invalid_client'],
    ['an unknown grant', { grant_type: 'password' }, 'BAD_GRANT_TYPE', 'unsupported_grant_type'],
    ['a made-up refresh token', {}, 'BAD_REFRESH_TOKEN', 'invalid_grant'],
  ])('refuses %s', async (_what, changes, status, error) => {
    expect(await refresh('made-up', changes)).toMatchObject(refusal(status, error));
  });

  test('takes a form in the body only', async () => {
    const json = await fetch(`${simulator.url}/oauth/2026-09/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...caller, grant_type: 'refresh_token', refresh_token: 'x' }),
    });
    expect(json.status).toBe(415);
    const inQuery = await form(`/oauth/2026-09/token?${new URLSearchParams(caller).toString()}`, {
      grant_type: 'refresh_token',
      refresh_token: 'x',
    });
    expect(inQuery).toMatchObject(refusal('BAD_REQUEST', 'invalid_request'));
  });

  test('refreshes as often as asked; with another refresh token the old one ends with the next use', async () => {
    const { refresh_token: first } = (await exchange(await codeOf())).body;
    expect((await refresh(first)).body.refresh_token).toBe(first);
    await simulator.control('/switches', { refreshTokenChanges: true });
    const second = (await refresh(first)).body.refresh_token;
    expect(second).not.toBe(first);
    const again = (await refresh(first)).body.refresh_token;
    expect((await refresh(again)).status).toBe(200);
    expect(await refresh(first)).toMatchObject(refusal('BAD_REFRESH_TOKEN', 'invalid_grant'));
  });
});

describe('an access token', () => {
  const installed = async () => (await exchange(await codeOf())).body;
  const read = (token: string) => simulator.call('GET', contacts, undefined, token);

  test('ends after half an hour of the simulator’s clock', async () => {
    const { access_token: token } = await installed();
    await simulator.control('/settings', { clockOffsetMs: 1_799_000 });
    expect((await read(token)).status).toBe(200);
    await simulator.control('/settings', { clockOffsetMs: 1_801_000 });
    expect(await read(token)).toMatchObject({ status: 401, body: { category: 'EXPIRED_AUTHENTICATION' } });
  });

  test('may do what was granted, and nothing else', async () => {
    const { access_token: token } = await installed();
    expect(await simulator.call('POST', contacts, { properties: {} }, token)).toMatchObject({
      status: 403,
      body: {
        category: 'MISSING_SCOPES',
        errors: [{ context: { requiredGranularScopes: ['crm.objects.contacts.write'] } }],
      },
    });
  });

  test('says whose it is', async () => {
    const { access_token: token } = await installed();
    const about = await form('/oauth/2026-09/token/introspect', { ...caller, token });
    expect(about.body).toMatchObject({
      active: true,
      hub_id: simulator.portalId,
      client_id: testApp.clientId,
    });
    const unknown = await form('/oauth/2026-09/token/introspect', { ...caller, token: 'x' });
    expect(unknown.body).toEqual({ active: false });
  });

  test.each([
    [
      'the app leaves',
      (token: string) => simulator.call('DELETE', '/appinstalls/2026-09/external-install', undefined, token),
    ],
    ['a person throws the app out', () => simulator.control('/uninstall', {})],
  ])('is nothing any more when %s', async (_how, leave) => {
    const { access_token: token, refresh_token: refreshToken } = await installed();
    expect((await leave(token)).status).toBeLessThan(300);
    expect(await read(token)).toMatchObject({ status: 401, body: { category: 'INVALID_AUTHENTICATION' } });
    expect(await refresh(refreshToken)).toMatchObject(refusal('BAD_REFRESH_TOKEN', 'invalid_grant'));
  });

  test('lives on when its refresh token is revoked', async () => {
    const { access_token: token, refresh_token: refreshToken } = await installed();
    expect((await form('/oauth/2026-09/token/revoke', { ...caller, token: refreshToken })).status).toBe(204);
    expect((await read(token)).status).toBe(200);
    expect(await refresh(refreshToken)).toMatchObject(refusal('BAD_REFRESH_TOKEN', 'invalid_grant'));
  });
});

test('a static token is no installed app', async () => {
  expect((await simulator.call('DELETE', '/appinstalls/2026-09/external-install')).status).toBe(403);
});

test('an installation survives a restart; its access tokens do not', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'simulator-oauth-'));
  const start = () => startSimulator({ apps: [registeredApp], stateDir });
  await simulator.stop();
  try {
    simulator = await start();
    const { access_token: token, refresh_token: refreshToken } = (await exchange(await codeOf())).body;
    await simulator.stop();
    simulator = await start();
    expect((await simulator.call('GET', contacts, undefined, token)).status).toBe(401);
    expect((await refresh(refreshToken)).status).toBe(200);
  } finally {
    await rm(stateDir, { recursive: true, force: true });
  }
});
