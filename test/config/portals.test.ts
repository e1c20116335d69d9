import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { readEnv } from '../../src/config/env';
import { keyText, keyTextBytes, readKeyRing } from '../../src/config/keyRing';
import { loadConfig } from '../../src/config/loadConfig';
import { oauthAppsOf } from '../../src/config/oauthApp';
import { baseEnv, baseNow, baseText, edited } from './baseConfig';

const key = keyText(randomBytes(keyTextBytes), new Date('2026-11-22T10:00:00Z'));
const env = {
  ...baseEnv,
  TRIBUTARY_KEYS: key,
  APP_SECRET: 'app-secret-1',
  CALLBACK: 'https://a.example/oauth/callback',
};
const app = `clientId: app-1, clientSecret: 'env:APP_SECRET', redirectUri: 'https://sync.example/x/oauth/callback'`;
const readSecretFile = (): string => {
  throw new Error('no such file');
};

/** The base has a drop folder, which several portals cannot share. */
const dropFolder = baseText.slice(baseText.indexOf('  drop:'), baseText.indexOf('objects:'));

function load(portal: string, environment: Record<string, string | undefined> = env) {
  const text = edited(['  main:\n    accessToken: env:TOKEN', `  main:\n    ${portal}`], [dropFolder, '']);
  return loadConfig({ path: 'c.yaml', text, env: environment, readSecretFile, now: baseNow });
}
const faults = (...args: Parameters<typeof load>) => {
  const loaded = load(...args);
  return loaded.ok ? [] : loaded.faults.map(({ path, message }) => `${path}: ${message}`);
};
function appsOf(portal: string) {
  const loaded = load(portal);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return oauthAppsOf(loaded.config, { env, readSecretFile });
}

test('webhooks want the secret of the app that signs them, but where it is the installed one', () => {
  expect(faults(`portalId: 42\n    oauth: { ${app} }\n    webhooks: {}`)).toEqual([]);
  expect(faults('accessToken: env:TOKEN\n    webhooks: { acceptV1: true }')).toEqual([
    'portals.main.webhooks: clientSecret is missing',
  ]);
  expect(faults('accessToken: env:TOKEN\n    webhooks: { clientSecret: env:APP_SECRET }')).toEqual([]);
});

describe('a portal that is connected by an app', () => {
  test('is complete with the app, the account and a key; the scopes follow from the objects', () => {
    const [only] = appsOf(`portalId: 42\n    oauth: { ${app} }`);
    expect(only).toMatchObject({
      portal: 'main',
      portalId: '42',
      clientId: 'app-1',
      redirectUri: 'https://sync.example/x/oauth/callback',
      installUrl: 'https://sync.example/x/oauth/install?portal=main',
      authorizeUrl: 'https://app.hubspot.com',
      apiVersion: '2026-09',
      optionalScopes: [],
    });
    expect(only!.clientSecret.reveal()).toBe('app-secret-1');
    expect(inspect(only) + JSON.stringify(only)).not.toContain('app-secret-1');
    expect(only!.scopes).toEqual(
      expect.arrayContaining([
        'oauth',
        'crm.objects.owners.read',
        'crm.objects.contacts.read',
        'crm.objects.contacts.write',
        'crm.schemas.deals.read',
      ]),
    );
  });

  test('takes its own scopes, the EU host and references', () => {
    const written = `clientId: 'env:TOKEN', clientSecret: 'env:APP_SECRET', redirectUri: 'env:CALLBACK'`;
    const more = `authorizeUrl: 'https://app-eu1.hubspot.com/', scopes: [oauth, tickets], optionalScopes: [crm.objects.quotes.read]`;
    expect(appsOf(`portalId: 42\n    oauth: { ${written}, ${more} }`)[0]).toMatchObject({
      clientId: env['TOKEN' as keyof typeof env],
      redirectUri: env.CALLBACK,
      authorizeUrl: 'https://app-eu1.hubspot.com',
      scopes: ['oauth', 'tickets'],
      optionalScopes: ['crm.objects.quotes.read'],
    });
  });

  test('may share the app with another portal, by an anchor', () => {
    const apps = appsOf(
      `portalId: 42\n    oauth: &app { ${app} }\n  other:\n    portalId: 43\n    oauth: *app`,
    );
    expect(apps.map(({ portal, portalId, clientId }) => [portal, portalId, clientId])).toEqual([
      ['main', '42', 'app-1'],
      ['other', '43', 'app-1'],
    ]);
  });

  test('a portal with a token has no app', () => {
    expect(appsOf('accessToken: env:TOKEN')).toEqual([]);
  });

  test.each([
    ['neither token nor app', 'portalId: 42', /^portals.main: accessToken or oauth is missing/],
    ['both', `portalId: 42\n    accessToken: env:TOKEN\n    oauth: { ${app} }`, /oauth: .* not by both/],
    ['no account', `oauth: { ${app} }`, /^portals.main.oauth: .* needs its portalId/],
    [
      'a plain secret',
      `portalId: 42\n    oauth: { ${app.replace('env:APP_SECRET', 'hush')} }`,
      /written in clear/,
    ],
    [
      'a missing secret',
      `portalId: 42\n    oauth: { ${app.replace('APP_SECRET', 'GONE')} }`,
      /env:GONE is not set/,
    ],
    [
      'plain http',
      `portalId: 42\n    oauth: { ${app.replace('https:', 'http:')} }`,
      /redirectUri: must be an https/,
    ],
    [
      'no address',
      `portalId: 42\n    oauth: { ${app.replace('https://sync.example/x', 'sync')} }`,
      /must be an https/,
    ],
    [
      'an account twice',
      `portalId: 42\n    accessToken: env:TOKEN\n  other: { portalId: 42, accessToken: 'env:TOKEN' }`,
      /other.portalId: portal "main" has this/,
    ],
  ])('with %s is refused', (_what, portal, message) => {
    expect(faults(portal)).toEqual([expect.stringMatching(message)]);
  });

  test('without a key is refused; on this machine plain http will do', () => {
    const portal = `portalId: 42\n    oauth: { ${app.replace('https://sync.example', 'http://127.0.0.1:8484')} }`;
    expect(faults(portal)).toEqual([]);
    expect(faults(portal, { ...env, TRIBUTARY_KEYS: undefined })).toEqual([
      'portals.main.oauth: missing secret: TRIBUTARY_KEYS is not set',
    ]);
  });
});

describe('two portals', () => {
  const faultsWith = (portals: string, ...edits: [find: string, replacement: string][]) => {
    const text = edited(['  main:\n    accessToken: env:TOKEN', `  main:\n    ${portals}`], ...edits);
    const loaded = loadConfig({ path: 'c.yaml', text, env, readSecretFile, now: baseNow });
    return loaded.ok ? [] : loaded.faults.map(({ path, message }) => `${path}: ${message}`);
  };
  const two = (more = '') => `accessToken: env:TOKEN\n  other: { accessToken: 'env:TOKEN'${more} }`;

  test('cannot share a drop folder: its files are moved when the first has read them', () => {
    expect(faultsWith('accessToken: env:TOKEN')).toEqual([]);
    expect(faultsWith(two())).toEqual(['sources.drop: a drop folder can feed one portal only']);
  });

  test('do not both write back to one source', () => {
    const writeBack: [string, string] = [
      '        table: crm.people\n',
      `        table: crm.people\n        writeBack: { fields: { city: town } }\n`,
    ];
    const both = 'portals.other: portal "main" writes back to the sources already';
    expect(faultsWith(two(), [dropFolder, ''])).toEqual([]);
    expect(faultsWith(two(), [dropFolder, ''], writeBack)).toEqual([both]);
    expect(faultsWith(two(', writeBack: false'), [dropFolder, ''], writeBack)).toEqual([]);
  });
});

describe('a key ring', () => {
  const other = keyText(randomBytes(keyTextBytes), new Date('2026-11-22T10:00:00Z'));

  test('keeps its order; commas and line breaks separate', () => {
    const read = readKeyRing(`${key},\n ${other}\n`);
    const names = [key, other].map((text) => text.split(':')[0]);
    expect(read.ok && read.keys.map(({ id }) => id)).toEqual(names);
    expect(read.ok && read.keys.map(({ key: bytes }) => bytes.length)).toEqual([32, 32]);
    expect(names[0]).toMatch(/^k20261122-[0-9a-f]{6}$/);
  });

  test.each([
    ['nothing', ' , '],
    ['a short key', 'k1:c2hvcnQ'],
    ['a key without a name', key.split(':')[1]!],
    ['one name twice', `${key} ${key}`],
    ['too many keys', Array.from({ length: 21 }, (_, index) => `k${index}:${key.split(':')[1]}`).join(' ')],
  ])('of %s is a fault of the environment that tells no key', (_what, text) => {
    const read = readEnv({ TRIBUTARY_KEYS: text });
    const told = read.ok ? [] : read.faults;
    expect(told.map(({ name }) => name)).toEqual(['TRIBUTARY_KEYS']);
    expect(JSON.stringify(told)).not.toContain(key.split(':')[1]);
  });

  test('is not printed with the settings', () => {
    const read = readEnv({ TRIBUTARY_KEYS: key });
    expect(inspect(read, { depth: 9 }) + JSON.stringify(read)).not.toContain(key.split(':')[1]);
  });
});
