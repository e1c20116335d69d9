import type { RecordRef } from '../record';

/**
 * The id that the golden record founded by a source record has: a name-based UUID (RFC 9562, version 5), so a
 * rebuilt database finds the records that it created in HubSpot again by their `tributary_id`.
 *
 * In: the portal's HubSpot id, the object type, the founding record, and 0 or, where that id is taken by
 * another golden record, 1, 2 … Out: a lower-case UUID; the same input gives the same id for ever.
 * 122 bits of SHA-1: with 10^8 ids a collision is less likely than 10^-20.
 */
export function goldenIdOf(portalId: string, objectType: string, ref: RecordRef, attempt: number): string {
  // JSON keeps the parts apart: ('a','b:c') and ('a:b','c') must differ.
  const name = JSON.stringify([portalId, objectType, ref.source, ref.stream, ref.key, attempt]);
  const [a, b, c, d] = sha1(namespaceBytes, utf8.encode(name));
  const hex = word(a) + word((b & 0xffff0fff) | 0x5000) + word((c & 0x3fffffff) | 0x80000000) + word(d);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const utf8 = new TextEncoder();
const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function word(bits: number): string {
  const hex = (shift: number) => hexOfByte[(bits >>> shift) & 0xff] ?? '';
  return hex(24) + hex(16) + hex(8) + hex(0);
}

/** Whether a text can be a golden id: `tributary_id` may hold whatever a person or an import typed there. */
export function isGoldenId(text: string): boolean {
  return /^[\da-f]{8}-[\da-f]{4}-5[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/u.test(text);
}

/** Our own namespace, made once at random: 6a1f0f0e-5c0b-4f53-9d54-7d1b5a4e2c90. Never change it. */
const namespaceBytes = Uint8Array.of(
  ...[0x6a, 0x1f, 0x0f, 0x0e, 0x5c, 0x0b, 0x4f, 0x53, 0x9d, 0x54, 0x7d, 0x1b, 0x5a, 0x4e, 0x2c, 0x90],
);

/** Scratch space of one block, filled anew each time: making it per id costs more than the hash. */
const words = new Int32Array(80);

type HashState = [number, number, number, number, number];

/**
 * SHA-1 of prefix and message, as FIPS 180-4 describes it. Written out because the domain may not import
 * `node:crypto`, which a workflow bundle refuses. For names only: nothing secret depends on it.
 */
function sha1(prefix: Uint8Array, message: Uint8Array): HashState {
  const length = prefix.length + message.length;
  const padded = new Uint8Array(Math.ceil((length + 9) / 64) * 64);
  padded.set(prefix);
  padded.set(message, prefix.length);
  padded[length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 4, length * 8);
  let state: HashState = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  for (let at = 0; at < padded.length; at += 64) {
    for (let t = 0; t < 16; t++) words[t] = view.getInt32(at + t * 4);
    for (let t = 16; t < 80; t++) {
      words[t] = rotate(words[t - 3]! ^ words[t - 8]! ^ words[t - 14]! ^ words[t - 16]!, 1);
    }
    state = addBlock(state);
  }
  return state;
}

function addBlock(state: HashState): HashState {
  let [a, b, c, d, e] = state;
  for (let t = 0; t < 80; t++) {
    const next = (rotate(a, 5) + mix(t, b, c, d) + e + words[t]!) | 0;
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next;
  }
  return [(state[0] + a) | 0, (state[1] + b) | 0, (state[2] + c) | 0, (state[3] + d) | 0, (state[4] + e) | 0];
}

/** The function and constant of round t. */
function mix(t: number, b: number, c: number, d: number): number {
  if (t < 20) return ((b & c) | (~b & d)) + 0x5a827999;
  if (t < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (t < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}

function rotate(bits: number, by: number): number {
  return (bits << by) | (bits >>> (32 - by));
}
