import { inspect } from 'node:util';
import { createExchange } from '../../src/hubspot/exchange';
import {
  exchangeCode,
  readTokenInfo,
  refreshTokens,
  uninstallApp,
  type OAuthApp,
} from '../../src/hubspot/oauth';
import { apiVersions } from '../../src/hubspot/paths';
import { type TokenFailure } from '../../src/hubspot/tokenFailure';
import { startHubSpotSimulator } from '../../src/simulator/hubspot/server';
import { authorizeUrl, consent, registeredApp, testApp } from '../support/consent';
import { sendJson, startRawServer, type RawServer } from './rawServer';

const appAt = (baseUrl: string, changes: Partial<OAuthApp> = {}): OAuthApp => ({
  exchange: createExchange({ baseUrl, deadlineMs: 10_000 }),
  apiVersion: '2026-09',
  ...testApp,
  ...changes,
});

describe.each(apiVersions)('against the simulator, API version %s', (apiVersion) => {
  test.each([true, false])(
    'installs, refreshes, tells and uninstalls (replies name the portal: %s)',
    async (names) => {
      const settings = { switches: { tokenReplyNamesPortal: names } };
      const simulator = await startHubSpotSimulator({ apps: [registeredApp], settings });
      try {
        const app = appAt(simulator.url, { apiVersion });
        const portalId = String(simulator.portalId);
        const scopes = ['oauth', 'crm.objects.contacts.read'];
        const code = (await consent(authorizeUrl(simulator.url))).searchParams.get('code')!;
        const granted = await exchangeCode(app, code);
        expect(granted).toEqual({
          accessToken: expect.any(String),
          refreshToken: expect.any(String),
          lifeMs: 1_800_000,
          portalId: names ? portalId : null,
          scopes: names ? scopes : null,
        });
        expect(await readTokenInfo(app, granted.accessToken)).toEqual({ portalId, scopes });
        await expect(exchangeCode(app, code)).rejects.toMatchObject({ fault: 'badCode' });
        const again = await refreshTokens(app, granted.refreshToken);
        expect(again.accessToken).not.toBe(granted.accessToken);
        await uninstallApp(app, again.accessToken);
        await expect(refreshTokens(app, again.refreshToken)).rejects.toMatchObject({
          fault: 'revoked',
          action: 'pausePortal',
          category: 'BAD_REFRESH_TOKEN',
        });
      } finally {
        await simulator.stop();
      }
    },
  );
});

describe('a token call', () => {
  let server: RawServer;
  let reply: [status: number, body: unknown, headers?: Record<string, string>];
  beforeAll(async () => {
    server = await startRawServer((_request, response) => sendJson(response, ...reply));
  });
  afterAll(() => server.stop());

  const good = { access_token: 'at-1', refresh_token: 'rt-2', expires_in: 1800, more: { than: 'we know' } };

  test('is one request, with everything in its form and nothing in its address', async () => {
    reply = [200, { ...good, hub_id: 42, scopes: ['oauth'] }];
    const before = server.seen.length;
    expect(await refreshTokens(appAt(server.url), 'rt-1')).toMatchObject({
      refreshToken: 'rt-2',
      portalId: '42',
    });
    expect(server.seen.slice(before)).toEqual([
      expect.objectContaining({
        method: 'POST',
        url: '/oauth/2026-09/token',
        body: {
          grant_type: 'refresh_token',
          refresh_token: 'rt-1',
          client_id: testApp.clientId,
          client_secret: testApp.clientSecret,
        },
      }),
    ]);
    expect(server.seen.at(-1)!.headers['authorization']).toBeUndefined();
  });

  const refusals: [body: object, fault: TokenFailure['fault']][] = [
    [{ status: 'BAD_REFRESH_TOKEN', error: 'invalid_grant' }, 'revoked'],
    [{ status: 'BAD_HUB', error: 'access_denied' }, 'revoked'],
    [{ error: 'invalid_grant' }, 'revoked'],
    [{ status: 'BAD_AUTH_CODE', error: 'invalid_grant' }, 'badCode'],
    [{ status: 'BAD_CLIENT_ID', error: 'invalid_client' }, 'configuration'],
    [{ status: 'BAD_CLIENT_SECRET', error: 'invalid_grant' }, 'configuration'],
    [{ status: 'BAD_REDIRECT_URI', error: 'invalid_grant' }, 'configuration'],
    [{ status: 'SOMETHING_NEW', error: 'access_denied' }, 'configuration'],
    [{}, 'configuration'],
  ];
  test.each(refusals)('refused with %j is %s', async (body, fault) => {
    reply = [400, { message: 'HubSpot’s own words', ...body }];
    await expect(refreshTokens(appAt(server.url), 'rt-1')).rejects.toMatchObject({
      fault,
      action: 'pausePortal',
      name: 'HubSpotFailure',
    });
  });

  test.each([
    [429, { policyName: 'TEN_SECONDLY_ROLLING' }, 'retryAfter'],
    [500, {}, 'retry'],
    [502, {}, 'retryAfter'],
    [503, { status: 'BAD_REFRESH_TOKEN', error: 'invalid_grant' }, 'retryAfter'],
  ])('answered with %s passes, whatever its body says', async (status, body, action) => {
    reply = [status, body];
    await expect(refreshTokens(appAt(server.url), 'rt-1')).rejects.toMatchObject({
      fault: 'passing',
      action,
    });
  });

  test.each([
    ['no token', {}],
    ['no refresh token', { ...good, refresh_token: undefined }],
    ['an empty token', { ...good, access_token: '' }],
    ['a life of nothing', { ...good, expires_in: 0 }],
    ['a portal that is none', { ...good, hub_id: 'x' }],
  ])('answered with %s is not believed', async (_what, body) => {
    reply = [200, body];
    await expect(refreshTokens(appAt(server.url), 'rt-1')).rejects.toMatchObject({ action: 'defect' });
  });

  test('for a token that is not active tells nobody’s account', async () => {
    reply = [200, { active: false }];
    await expect(readTokenInfo(appAt(server.url), 'at')).rejects.toMatchObject({ action: 'defect' });
  });

  test('that fails says nothing of what it sent or HubSpot said', async () => {
    const secrets = [testApp.clientSecret, testApp.clientId, 'rt-secret-1', 'HubSpot’s own words'];
    for (const status of [400, 401, 500, 200]) {
      reply = [status, { status: 'BAD_CLIENT_SECRET', message: secrets.join(' ') }];
      const error: unknown = await refreshTokens(appAt(server.url), 'rt-secret-1').catch((caught) => caught);
      const text = `${inspect(error, { depth: 9 })} ${JSON.stringify(error)} ${(error as Error).stack ?? ''}`;
      for (const secret of secrets) expect(text).not.toContain(secret);
    }
  });

  test('without a reply ends at its deadline', async () => {
    const silent = await startRawServer(() => undefined);
    try {
      const app = appAt(silent.url, { exchange: createExchange({ baseUrl: silent.url, deadlineMs: 1_000 }) });
      await expect(refreshTokens(app, 'rt-1')).rejects.toMatchObject({ status: null, action: 'retry' });
      expect(silent.seen).toHaveLength(1);
    } finally {
      await silent.stop();
    }
  });
});
