import { parse } from 'lossless-json';
import type { JsonValue } from '../domain/record';

/** Only such text can hold a number that a double would change; the rest goes the fast way. */
const longNumber = /[\d.]{16}|\d[eE][+-]?\d{2}/;

/**
 * Parses JSON; a number that a double cannot hold exactly comes back as the string it was written as.
 * In: JSON text. Out: its value. Throws SyntaxError (or RangeError for absurd nesting) where it is no JSON;
 * the message may quote the text, so it must not be logged.
 */
export function parseExactJson(text: string): JsonValue {
  if (!longNumber.test(text)) return JSON.parse(text) as JsonValue;
  return parse(text, null, {
    parseNumber: exactNumber,
    // Like JSON.parse: the last one wins. Refusing would lose a record over it.
    onDuplicateKey: ({ newValue }) => newValue,
  }) as JsonValue;
}

/**
 * In: a JSON number's text. Out: the number where the double stands for exactly what was written, else the text.
 * 15 significant digits always survive (IEEE 754 binary64); so does every safe integer.
 */
export function exactNumber(text: string): number | string {
  const number = Number(text);
  if (!Number.isFinite(number)) return text;
  if (/^-?\d+$/.test(text)) return Number.isSafeInteger(number) ? number : text;
  const digits = text
    .replace(/[eE].*$/, '')
    .replace(/[^\d]/g, '')
    .replace(/^0+/, '')
    .replace(/0+$/, '');
  const vanished = number === 0 && digits !== '';
  return digits.length <= 15 && !vanished ? number : text;
}
