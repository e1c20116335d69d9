import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** How far a request's own time may be from ours, both ways (facts §8.1). */
export const signatureAgeMsMax = 300_000;

/** A request as it came in, before anything was read of it. */
export interface SignedRequest {
  method: string;
  /** The whole public address it was sent to, with its query, as HubSpot has it configured. */
  uri: string;
  /** The very bytes. */
  body: Uint8Array;
  /** A header by its name in lower case. */
  header: (name: string) => string | undefined;
}

/** An app whose requests are accepted. */
export interface SigningApp {
  clientSecret: string;
  /** Also take requests without version 3 that carry version 1, which covers neither the address nor the time. */
  acceptV1: boolean;
}

export type SignatureFault = 'missing' | 'malformed' | 'wrong' | 'stale';

/**
 * Which of the apps signed a request. Never throws.
 * @param nowMs the time, in milliseconds since 1970
 * @returns the place of the app in the list, or why the request is refused; `stale` only where its signature is right
 */
export function verifySignature(
  request: SignedRequest,
  apps: readonly SigningApp[],
  nowMs: number,
): { app: number } | { fault: SignatureFault } {
  const given = request.header('x-hubspot-signature-v3');
  if (given !== undefined) return verifyV3(request, given, apps, nowMs);
  const first = request.header('x-hubspot-signature');
  if (first === undefined || request.header('x-hubspot-signature-version') !== 'v1') {
    return { fault: 'missing' };
  }
  const app = apps.findIndex(
    ({ clientSecret, acceptV1 }) =>
      acceptV1 &&
      equalText(first, createHash('sha256').update(clientSecret).update(request.body).digest('hex')),
  );
  return app >= 0 ? { app } : { fault: 'wrong' };
}

function verifyV3(
  request: SignedRequest,
  given: string,
  apps: readonly SigningApp[],
  nowMs: number,
): { app: number } | { fault: SignatureFault } {
  const timestamp = request.header('x-hubspot-request-timestamp');
  if (timestamp === undefined) return { fault: 'missing' };
  if (!/^\d{13}$/.test(timestamp)) return { fault: 'malformed' };
  const head = request.method + decodeSignedUri(request.uri);
  const app = apps.findIndex(({ clientSecret }) =>
    equalText(
      given,
      createHmac('sha256', clientSecret).update(head).update(request.body).update(timestamp).digest('base64'),
    ),
  );
  if (app < 0) return { fault: 'wrong' };
  return Math.abs(nowMs - Number(timestamp)) <= signatureAgeMsMax ? { app } : { fault: 'stale' };
}

/** What HubSpot decodes in the address before it signs, and nothing else (facts §8.1). */
const decoded: Readonly<Record<string, string>> = {
  '%3A': ':',
  '%2F': '/',
  '%3F': '?',
  '%40': '@',
  '%21': '!',
  '%24': '$',
  '%27': "'",
  '%28': '(',
  '%29': ')',
  '%2A': '*',
  '%2C': ',',
  '%3B': ';',
};

/** The address as it is signed. */
export function decodeSignedUri(uri: string): string {
  return uri.replace(/%[0-9a-f]{2}/gi, (code) => decoded[code.toUpperCase()] ?? code);
}

/**
 * Whether a given secret, digest or signature is the expected one, in a time that does not depend on where they differ;
 * their lengths are no secret.
 */
export function equalText(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given, 'utf8'), Buffer.from(expected, 'utf8')];
  return one.length === other.length && timingSafeEqual(one, other);
}
