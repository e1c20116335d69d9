import { createHmac } from 'node:crypto';
import {
  decodeSignedUri,
  equalText,
  signatureAgeMsMax,
  verifySignature,
  type SignedRequest,
} from '../../src/hubspot/signature';

/** The published vectors (facts §8.1). */
const clientSecret = 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy';
const uri = 'https://www.example.com/webhook_uri';
const body = "{'example_field':'example_value'}";
const published = [
  { timestamp: '1693657560000', signature: 'K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=' },
  { timestamp: '1700000300000', signature: 'RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw=' },
];
const v1 = {
  body: '[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]',
  signature: '232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de',
};
/** Version 2 is for cards and workflow actions, which nobody sends us: it must not be taken for version 1. */
const v2 = {
  body: '{"example_field":"example_value"}',
  signature: '9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900',
};

const app = { clientSecret, acceptV1: false };
const other = { clientSecret: 'zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz', acceptV1: false };

interface Sent {
  method: string;
  uri: string;
  body: Uint8Array;
  headers: Record<string, string>;
}

function asRequest({ headers, ...sent }: Sent): SignedRequest {
  return { ...sent, header: (name) => (Object.hasOwn(headers, name) ? headers[name] : undefined) };
}

function v3Request(changes: Partial<Sent> = {}, headers: Record<string, string> = {}): Sent {
  const { timestamp, signature } = published[0]!;
  return {
    ...{ method: 'POST', uri, body: Buffer.from(body) },
    ...changes,
    headers: { 'x-hubspot-signature-v3': signature, 'x-hubspot-request-timestamp': timestamp, ...headers },
  };
}

function v1Request(version: string, signed: { body: string; signature: string }): SignedRequest {
  const headers = { 'x-hubspot-signature': signed.signature, 'x-hubspot-signature-version': version };
  return asRequest({ method: 'POST', uri, body: Buffer.from(signed.body), headers });
}

const signedAt = Number(published[0]!.timestamp);

/** Signs as HubSpot does, without our code. */
function sign(method: string, address: string, bytes: Uint8Array, timestamp: string): string {
  const text = Buffer.concat([Buffer.from(method + address), bytes, Buffer.from(timestamp)]);
  return createHmac('sha256', clientSecret).update(text).digest('base64');
}

describe('version 3', () => {
  test.each(published)('takes the published signature of $timestamp', ({ timestamp, signature }) => {
    const sent = v3Request(
      {},
      { 'x-hubspot-signature-v3': signature, 'x-hubspot-request-timestamp': timestamp },
    );
    expect(verifySignature(asRequest(sent), [app], Number(timestamp))).toEqual({ app: 0 });
  });

  test('says which of several apps signed', () => {
    expect(verifySignature(asRequest(v3Request()), [other, app], signedAt)).toEqual({ app: 1 });
    expect(verifySignature(asRequest(v3Request()), [other], signedAt)).toEqual({ fault: 'wrong' });
    expect(verifySignature(asRequest(v3Request()), [], signedAt)).toEqual({ fault: 'wrong' });
  });

  test.each([
    [signatureAgeMsMax, { app: 0 }],
    [-signatureAgeMsMax, { app: 0 }],
    [signatureAgeMsMax + 1, { fault: 'stale' }],
    [-signatureAgeMsMax - 1, { fault: 'stale' }],
  ])('received %d ms after it was signed', (ms, verdict) => {
    expect(verifySignature(asRequest(v3Request()), [app], signedAt + ms)).toEqual(verdict);
  });

  test.each([
    ['in seconds', '1693657560'],
    ['no number', 'abcdefghijklm'],
    ['signed', '-169365756000'],
    ['with more digits', '16936575600000'],
    ['twice', '1693657560000, 1693657560000'],
    ['empty', ''],
  ])('refuses a timestamp that is %s', (_how, timestamp) => {
    const headers = {
      'x-hubspot-request-timestamp': timestamp,
      'x-hubspot-signature-v3': sign('POST', uri, Buffer.from(body), timestamp),
    };
    expect(verifySignature(asRequest(v3Request({}, headers)), [app], signedAt)).toEqual({
      fault: 'malformed',
    });
  });

  test('signs the raw bytes, whatever they are', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, value) => value);
    const timestamp = '1693657560000';
    const headers = { 'x-hubspot-signature-v3': sign('POST', uri, bytes, timestamp) };
    expect(verifySignature(asRequest(v3Request({ body: bytes }, headers)), [app], signedAt)).toEqual({
      app: 0,
    });
  });

  test('decodes in the address exactly what HubSpot decodes', () => {
    const plain = ":/?@!$'()*,;";
    const coded = '%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B';
    expect(decodeSignedUri(coded + coded.toLowerCase())).toBe(plain + plain);
    for (let code = 0; code < 256; code += 1) {
      const text = `%${code.toString(16).padStart(2, '0').toUpperCase()}`;
      if (!coded.includes(text)) expect(decodeSignedUri(text)).toBe(text);
    }
    expect(decodeSignedUri('%20%26%3D%25%3F')).toBe('%20%26%3D%25?');
    // One pass: what comes out is not decoded again.
    expect(decodeSignedUri('%253A')).toBe('%253A');

    const sentTo = 'https://example.com/hooks?who=a%40b%2Cc&text=x%20y%26z';
    const headers = {
      'x-hubspot-signature-v3': sign(
        'POST',
        'https://example.com/hooks?who=a@b,c&text=x%20y%26z',
        Buffer.from(body),
        '1693657560000',
      ),
    };
    expect(verifySignature(asRequest(v3Request({ uri: sentTo }, headers)), [app], signedAt)).toEqual({
      app: 0,
    });
  });
});

describe('version 1', () => {
  test('counts only where it is configured', () => {
    expect(verifySignature(v1Request('v1', v1), [app], 0)).toEqual({ fault: 'wrong' });
    expect(verifySignature(v1Request('v1', v1), [other, { ...app, acceptV1: true }], 0)).toEqual({ app: 1 });
    expect(verifySignature(v1Request('v1', v1), [{ ...app, acceptV1: true }], 0)).toEqual({ app: 0 });
  });

  test('is not version 2', () => {
    const apps = [{ ...app, acceptV1: true }];
    expect(verifySignature(v1Request('v2', v2), apps, 0)).toEqual({ fault: 'missing' });
    expect(verifySignature(v1Request('v1', v2), apps, 0)).toEqual({ fault: 'wrong' });
  });

  test('does not stand in for a version 3 that is wrong', () => {
    const sent = v3Request(
      { body: Buffer.from(v1.body) },
      { 'x-hubspot-signature': v1.signature, 'x-hubspot-signature-version': 'v1' },
    );
    expect(verifySignature(asRequest(sent), [{ ...app, acceptV1: true }], signedAt)).toEqual({
      fault: 'wrong',
    });
  });

  test('a request without any signature is refused', () => {
    const bare = asRequest({ method: 'POST', uri, body: Buffer.from(body), headers: {} });
    expect(verifySignature(bare, [{ ...app, acceptV1: true }], 0)).toEqual({ fault: 'missing' });
    const timeless = v3Request();
    delete timeless.headers['x-hubspot-request-timestamp'];
    expect(verifySignature(asRequest(timeless), [app], signedAt)).toEqual({ fault: 'missing' });
  });
});

test('100,000 mutated requests are refused without an exception', () => {
  const random = seeded(20261122);
  const apps = [other, { ...app, acceptV1: true }];
  const original = JSON.stringify(asText(v3Request()));
  let mutated = 0;
  while (mutated < 100_000) {
    const sent = v3Request();
    for (let times = 1 + Math.floor(random() * 3); times > 0; times -= 1) mutate(sent, random);
    // Two mutations may undo each other.
    if (JSON.stringify(asText(sent)) === original) continue;
    mutated += 1;
    const verdict = verifySignature(asRequest(sent), apps, signedAt);
    if ('app' in verdict) throw new Error(`accepted: ${JSON.stringify(asText(sent))}`);
  }
  expect(mutated).toBe(100_000);
});

/** Everything of a request that is signed, or names the signature. */
function asText({ method, uri: address, body: bytes, headers }: Sent): unknown {
  return { method, address: decodeSignedUri(address), bytes: Buffer.from(bytes).toString('hex'), headers };
}

/** Changes one thing: a bit, a character, a length, a header. */
function mutate(sent: Sent, random: () => number): void {
  const names = Object.keys(sent.headers);
  const name = names[Math.floor(random() * names.length)];
  const place = Math.floor(random() * 4);
  if (place === 0) sent.body = changedBytes(sent.body, random);
  else if (place === 1) sent.uri = changedText(sent.uri, random);
  else if (place === 2) sent.method = changedText(sent.method, random);
  else if (name === undefined || random() < 0.1) {
    delete sent.headers['x-hubspot-signature-v3'];
    sent.headers['x-hubspot-signature'] = changedText(v1.signature, random);
    sent.headers['x-hubspot-signature-version'] = 'v1';
  } else if (random() < 0.1) delete sent.headers[name];
  else sent.headers[name] = changedText(sent.headers[name]!, random);
}

function changedBytes(bytes: Uint8Array, random: () => number): Uint8Array {
  const changed = Buffer.from(bytes);
  const at = Math.floor(random() * changed.length);
  const how = Math.floor(random() * 3);
  if (how === 0 || changed.length === 0)
    return Buffer.concat([changed, Buffer.from([Math.floor(random() * 256)])]);
  if (how === 1) return changed.subarray(0, at);
  changed[at] = changed[at]! ^ (1 << Math.floor(random() * 8));
  return changed;
}

const odd = ['\u0000', '\ud800', 'é', '😀', '%', '%3', '%zz', '=', '+', '/', ' ', '\n', ',', '0', 'A', 'a'];

function changedText(text: string, random: () => number): string {
  const at = Math.floor(random() * (text.length + 1));
  const put = odd[Math.floor(random() * odd.length)]!;
  const how = Math.floor(random() * 4);
  if (how === 0) return text.slice(0, at) + put + text.slice(at);
  if (how === 1) return text.slice(0, at) + put + text.slice(at + 1);
  if (how === 2) return text.slice(0, at);
  const character = String.fromCharCode((text.charCodeAt(at) || 0) ^ (1 << Math.floor(random() * 7)));
  return text.slice(0, at) + character + text.slice(at + 1);
}

/** Mulberry32: small, and the same numbers on every machine. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

test('a text equals only itself, whatever its length', () => {
  expect(equalText('abc', 'abc')).toBe(true);
  for (const wrong of ['', 'ab', 'abcd', 'abd', 'ABC', 'äbc']) expect(equalText(wrong, 'abc')).toBe(false);
});
