import { createHmac } from 'node:crypto';
import { equalText, signatureAgeMsMax, type SignatureFault } from '../../hubspot/signature';

/** How a source signs what it pushes, as configured. */
export interface SourceSigning {
  secret: string;
  header: string;
  algorithm: 'sha256' | 'sha512';
  encoding: 'hex' | 'base64';
  prefix: string;
  /** Where there are such headers, what they hold is signed with the body, `<id>.<time>.<body>`. */
  idHeader: string | null;
  timestampHeader: string | null;
}

/** Ids of deliveries are uuids or the like. */
const idLengthMax = 500;

/**
 * Why a pushed request is refused; null: it is the source's own. Hex digits count in either case.
 * @param header a header of the request, by name
 * @param nowMs the time, in milliseconds since 1970
 */
export function sourceSignatureFault(
  { secret, header: name, algorithm, encoding, prefix, idHeader, timestampHeader }: SourceSigning,
  body: Uint8Array,
  header: (name: string) => string | undefined,
  nowMs: number,
): SignatureFault | null {
  const given = header(name);
  const timestamp = timestampHeader === null ? null : header(timestampHeader);
  const id = idHeader === null ? null : header(idHeader);
  if (given === undefined || timestamp === undefined || id === undefined) return 'missing';
  if (id !== null && (id === '' || id.length > idLengthMax)) return 'malformed';
  if (timestamp !== null && !/^(?:\d{10}|\d{13})$/.test(timestamp)) return 'malformed';
  const hmac = createHmac(algorithm, secret);
  if (id !== null) hmac.update(`${id}.`);
  if (timestamp !== null) hmac.update(`${timestamp}.`);
  const expected = prefix + hmac.update(body).digest(encoding);
  if (
    !equalText(
      encoding === 'hex' ? given.toLowerCase() : given,
      encoding === 'hex' ? expected.toLowerCase() : expected,
    )
  )
    return 'wrong';
  if (timestamp === null) return null;
  const signedAtMs = Number(timestamp) * (timestamp.length === 10 ? 1_000 : 1);
  return Math.abs(nowMs - signedAtMs) <= signatureAgeMsMax ? null : 'stale';
}
