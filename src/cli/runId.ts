import { randomBytes } from 'node:crypto';

/** Crockford's base 32: sorts as it counts, and has no letters that look alike. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const timeLetters = 10;
const randomLetters = 10;

/**
 * A new run id: letters of the time, then random ones, so that ids sort by their start.
 * In: epoch milliseconds; bytes of which each gives one letter (at least 10).
 */
export function newRunId(now: number = Date.now(), bytes: Uint8Array = randomBytes(randomLetters)): string {
  let time = '';
  for (let rest = now, at = 0; at < timeLetters; at += 1, rest = Math.floor(rest / 32)) {
    time = alphabet[rest % 32]! + time;
  }
  return time + Array.from(bytes.subarray(0, randomLetters), (byte) => alphabet[byte % 32]).join('');
}
