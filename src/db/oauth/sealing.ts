import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** A key of AES-256 and the name under which sealed texts refer to it. */
export interface SealingKey {
  id: string;
  /** 32 bytes. */
  key: Buffer;
}

/** The first key seals, all of them open. */
export type KeyRing = readonly SealingKey[];

/** Why a sealed text cannot be opened. Its words hold the key's name, nothing of the text. */
export class SealFailure extends Error {
  override readonly name = 'SealFailure';
}

const format = 'v1';
const algorithm = 'aes-256-gcm';
/** NIST SP 800-38D §8.2: 96 random bits, below 2^32 messages per key. */
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Encrypts a text with AES-256-GCM under the ring's first key. Out: `v1.<key id>.<nonce>.<ciphertext and tag>`.
 * @param place what the text is and whose (`42:access`): it opens nowhere else, so rows and columns cannot be exchanged
 */
export function seal(ring: KeyRing, text: string, place: string): string {
  const [first] = ring;
  if (!first) throw new SealFailure('there is no key to seal with');
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, first.key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(aad(first.id, place));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return [format, first.id, nonce.toString('base64url'), sealed.toString('base64url')].join('.');
}

/** Opens what `seal` made, with whichever key of the ring sealed it. @throws SealFailure where it does not open */
export function unseal(ring: KeyRing, sealed: string, place: string): string {
  const [version, id = '', nonce = '', bytes = ''] = sealed.split('.');
  if (version !== format) throw new SealFailure('a sealed text of an unknown form');
  const held = ring.find((key) => key.id === id);
  if (!held) throw new SealFailure(`the key "${id}" that it is sealed with is not among the given ones`);
  const whole = Buffer.from(bytes, 'base64url');
  try {
    const decipher = createDecipheriv(algorithm, held.key, Buffer.from(nonce, 'base64url'), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(aad(id, place));
    decipher.setAuthTag(whole.subarray(-tagBytes));
    const text = Buffer.concat([decipher.update(whole.subarray(0, -tagBytes)), decipher.final()]);
    return text.toString('utf8');
  } catch {
    // The cause says nothing more: by design a wrong key, place and text look alike.
    throw new SealFailure(
      `it does not open with the key "${id}": another key of this name, or it was altered`,
    );
  }
}

function aad(keyId: string, place: string): Buffer {
  return Buffer.from(`${format}.${keyId}.${place}`, 'utf8');
}
