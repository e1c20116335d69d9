import type { SecretValue } from './secretValue';

/** Keys as TRIBUTARY_KEYS holds them: `<name>:<32 bytes in base64url>`, separated by commas or spaces. */
export type KeyRing = { id: string; key: Buffer }[];

const keyBytes = 32;
/** More keys than this are no rotation any more. */
const keysMax = 20;
const written = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9_-]{43}=?)$/;

/** Reads a key ring: the first key seals, all of them open. Out: the keys, or what is wrong, without a key's text. */
export function readKeyRing(text: string): { ok: true; keys: KeyRing } | { ok: false; fault: string } {
  const parts = text.split(/[\s,]+/).filter((part) => part !== '');
  if (parts.length === 0 || parts.length > keysMax) {
    return { ok: false, fault: `must hold 1 to ${keysMax} keys; make one with \`tributary keys new\`` };
  }
  const keys: KeyRing = [];
  for (const [index, part] of parts.entries()) {
    const [, id, encoded] = written.exec(part) ?? [];
    const key = Buffer.from(encoded ?? '', 'base64url');
    if (id === undefined || key.length !== keyBytes) {
      return { ok: false, fault: `key ${index + 1} is not of the form that \`tributary keys new\` prints` };
    }
    if (keys.some((other) => other.id === id)) return { ok: false, fault: `two keys have the name "${id}"` };
    keys.push({ id, key });
  }
  return { ok: true, keys };
}

/** The ring of a setting that was read by `readKeyRing` already; without one, an empty ring. */
export function keyRingOf(setting: SecretValue | undefined): KeyRing {
  const read = readKeyRing(setting?.reveal() ?? '');
  return read.ok ? read.keys : [];
}

/** How many random bytes `keyText` wants: a key's, and some that only make its name another one. */
export const keyTextBytes = keyBytes + 3;

/** A new key as `readKeyRing` reads it. In: random bytes and the day. Its name tells nothing of the key. */
export function keyText(random: Buffer, today: Date): string {
  const day = today.toISOString().slice(0, 10).replaceAll('-', '');
  const id = `k${day}-${random.subarray(keyBytes).toString('hex')}`;
  return `${id}:${random.subarray(0, keyBytes).toString('base64url')}`;
}
