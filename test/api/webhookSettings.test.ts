import { createHash, createHmac } from 'node:crypto';
import { webhookSettings } from '../../src/api/webhooks/webhookSettings';
import type { TributaryConfig } from '../../src/config/schema';
import { verifySignature } from '../../src/hubspot/signature';

const secret = 'shared';
const uri = 'https://sync.example/webhooks/hubspot';
const at = 1_763_800_000_000;
const body = Buffer.from('[]');
const readers = { env: { SHARED: secret, OTHER: 'other' }, readSecretFile: () => '' };

function settings(portals: Record<string, { name: string; acceptV1: boolean }>) {
  const config = {
    ...{ objects: {}, sources: {} },
    portals: Object.fromEntries(
      Object.entries(portals).map(([portal, { name, acceptV1 }]) => [
        portal,
        { webhooks: { clientSecret: { from: 'env', name }, acceptV1 } },
      ]),
    ),
  };
  return webhookSettings(config as unknown as TributaryConfig, readers);
}

const v3 = {
  'x-hubspot-signature-v3': createHmac('sha256', secret).update(`POST${uri}[]${at}`).digest('base64'),
  'x-hubspot-request-timestamp': String(at),
};
const v1 = {
  'x-hubspot-signature': createHash('sha256').update(`${secret}[]`).digest('hex'),
  'x-hubspot-signature-version': 'v1',
};

/** The portals whose events a request with these headers may bring. */
function portalsOf({ apps }: ReturnType<typeof settings>, headers: Record<string, string>) {
  const request = { method: 'POST', uri, body, header: (name: string) => headers[name] };
  const verdict = verifySignature(request, apps, at);
  return 'app' in verdict ? apps[verdict.app]!.portals : verdict.fault;
}

test('portals that share an app are told by the same requests, whatever else they accept', () => {
  const shared = settings({
    one: { name: 'SHARED', acceptV1: true },
    two: { name: 'SHARED', acceptV1: false },
    three: { name: 'OTHER', acceptV1: false },
  });
  expect(portalsOf(shared, v3)).toEqual(['one', 'two']);
  expect(portalsOf(shared, v1)).toEqual(['one']);
});

test('a signature of version 1 is taken nowhere where no portal of the app asks for it', () => {
  const strict = settings({ two: { name: 'SHARED', acceptV1: false } });
  expect(portalsOf(strict, v3)).toEqual(['two']);
  expect(portalsOf(strict, v1)).toBe('wrong');
});

test('an installed app signs with its own secret, unless another one is named; without webhooks nothing is taken', () => {
  const oauth = { clientSecret: { from: 'env', name: 'SHARED' } };
  const other = { clientSecret: { from: 'env', name: 'OTHER' }, acceptV1: false };
  const portals = {
    installed: { oauth, webhooks: { acceptV1: false } },
    another: { oauth, webhooks: other },
    silent: { oauth },
  };
  const config = { objects: {}, sources: {}, portals } as unknown as TributaryConfig;
  const { apps } = webhookSettings(config, readers);
  expect(apps).toEqual([
    { clientSecret: 'shared', acceptV1: false, portals: ['installed'] },
    { clientSecret: 'other', acceptV1: false, portals: ['another'] },
  ]);
});
