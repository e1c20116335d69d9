import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { readEnv } from '../../src/config/env';
import { hubspotBaseUrl } from '../../src/config/portalTarget';
import { temporalConnection } from '../../src/config/temporalConnection';
import { baseEnv, edited } from './baseConfig';
import { configOf } from './configOf';

function settingsOf(env: Record<string, string | undefined>) {
  const result = readEnv(env);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.settings;
}

describe('the environment', () => {
  test('needs nothing: everything has a default or may be missing', () => {
    expect(settingsOf({})).toMatchObject({
      hubspot: { accessToken: undefined, baseUrl: undefined },
      database: { url: undefined, poolMax: 10 },
      configPath: './tributary.config.yaml',
      api: { host: '127.0.0.1', port: 8484, token: undefined },
      worker: { activitiesMax: 20, graceMs: 20_000 },
      log: { level: 'info', format: undefined },
    });
  });

  test('an empty variable is an unset one', () => {
    expect(settingsOf({ DATABASE_URL: '', LOG_LEVEL: '', TRIBUTARY_API_PORT: '' })).toEqual(settingsOf({}));
  });

  test('values are typed', () => {
    const settings = settingsOf({
      TRIBUTARY_API_PORT: '0',
      TRIBUTARY_WORKER_GRACE: '1m30s',
      LOG_FORMAT: 'json',
    });
    expect(settings).toMatchObject({
      api: { port: 0 },
      worker: { graceMs: 90_000 },
      log: { format: 'json' },
    });
  });

  test('all faults are told at once, by variable and without the value', () => {
    const result = readEnv({
      DATABASE_URL: 'mysql://hunter2@db',
      TRIBUTARY_API_PORT: 'high',
      TRIBUTARY_API_TOKEN: 'hunter2',
      TRIBUTARY_WORKER_GRACE: 'soon',
      HUBSPOT_BASE_URL: 'ftp://hunter2',
      LOG_LEVEL: 'loud',
    });
    const faults = result.ok ? [] : result.faults;
    expect(faults.map(({ name }) => name).sort()).toEqual([
      'DATABASE_URL',
      'HUBSPOT_BASE_URL',
      'LOG_LEVEL',
      'TRIBUTARY_API_PORT',
      'TRIBUTARY_API_TOKEN',
      'TRIBUTARY_WORKER_GRACE',
    ]);
    expect(JSON.stringify(faults)).not.toContain('hunter2');
  });

  test('secrets are there to be used, not to be seen', () => {
    const settings = settingsOf({
      HUBSPOT_ACCESS_TOKEN: 'very-secret-token',
      DATABASE_URL: 'postgres://u:very-secret-password@db/x',
      TRIBUTARY_API_TOKEN: 'very-secret-api-token',
    });
    expect(settings.hubspot.accessToken?.reveal()).toBe('very-secret-token');
    for (const shown of [
      JSON.stringify(settings),
      inspect(settings, { depth: 9 }),
      `${settings.api.token}`,
    ]) {
      expect(shown).not.toContain('very-secret');
    }
  });
});

describe('the address of HubSpot', () => {
  const portal = (edit?: [string, string]) => configOf(edited(...(edit ? [edit] : []))).portals['main']!;
  const configured = portal([
    'accessToken: env:TOKEN',
    'accessToken: env:TOKEN\n    baseUrl: https://proxy.example.org/',
  ]);
  const readers = (env: Record<string, string>) => ({
    env: { ...baseEnv, ...env },
    readSecretFile: () => '',
  });

  test('is HubSpot’s own, unless the file says otherwise, unless the environment does', () => {
    expect(hubspotBaseUrl(portal(), readers({}))).toBe('https://api.hubapi.com');
    expect(hubspotBaseUrl(configured, readers({}))).toBe('https://proxy.example.org');
    expect(hubspotBaseUrl(configured, readers({ HUBSPOT_BASE_URL: 'http://127.0.0.1:9/' }))).toBe(
      'http://127.0.0.1:9',
    );
  });
});

describe('the connection to Temporal', () => {
  test('without settings it is the local default', () => {
    expect(temporalConnection({})).toMatchObject({ namespace: 'default' });
    expect(temporalConnection({}).connectionOptions.tls).toBeFalsy();
  });

  test('the standard variables are followed; an API key turns TLS on', () => {
    const { connectionOptions, namespace } = temporalConnection({
      TEMPORAL_ADDRESS: 'ns.acct.tmprl.cloud:7233',
      TEMPORAL_NAMESPACE: 'ns.acct',
      TEMPORAL_API_KEY: 'key',
    });
    expect({ ...connectionOptions, namespace }).toMatchObject({
      address: 'ns.acct.tmprl.cloud:7233',
      apiKey: 'key',
      tls: true,
      namespace: 'ns.acct',
    });
  });

  test('certificates and a server name', () => {
    const { tls } = temporalConnection({
      TEMPORAL_ADDRESS: 'temporal:7233',
      TEMPORAL_TLS_SERVER_NAME: 'temporal.example.org',
      TEMPORAL_TLS_CLIENT_CERT_DATA: 'CERT',
      TEMPORAL_TLS_CLIENT_KEY_DATA: 'KEY',
    }).connectionOptions;
    expect(tls).toMatchObject({
      serverNameOverride: 'temporal.example.org',
      clientCertPair: { crt: Buffer.from('CERT'), key: Buffer.from('KEY') },
    });
  });

  test('the profile file at home is read only when it is asked for', () => {
    const home = mkdtempSync(join(tmpdir(), 'tributary-home-'));
    try {
      const folder = join(home, 'temporalio');
      mkdirSync(folder);
      writeFileSync(join(folder, 'temporal.toml'), '[profile.default]\naddress = "production:7233"\n');
      const env = { HOME: home, XDG_CONFIG_HOME: home, APPDATA: home };
      expect(temporalConnection(env).connectionOptions.address).toBeUndefined();
      const asked = temporalConnection({ ...env, TEMPORAL_PROFILE: 'default' });
      expect(asked.connectionOptions.address).toBe('production:7233');
    } finally {
      rmSync(home, { recursive: true });
    }
  });
});
