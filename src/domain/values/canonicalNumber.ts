import { Big } from 'big.js';

const integer = /^-?[1-9]\d{0,99}$/;
const decimal = /^([+-]?)0*(\d*)(?:\.(\d*))?$/;
const scientific = /^[+-]?(?:\d+\.?\d*|\.\d+)[eE]([+-]?\d{1,4})$/;

/** More digits than any amount or 64-bit id has; keeps hostile input cheap. */
const digitsMax = 400;

/**
 * A number as a decimal string without exponent, leading or trailing zeros: '1.0' → '1', '1e3' → '1000',
 * '-0' → '0'. Strings never pass through a double, so 64-bit integers and long decimals stay exact.
 * @returns null where the text is no plain number (thousands separators and signs behind are none)
 */
export function canonicalNumber(value: string | number | bigint): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? plainDigits(String(value)) : null;
  if (typeof value === 'bigint') return String(value);
  if (value === '0' || integer.test(value)) return value;
  return plainDigits(value.trim());
}

function plainDigits(text: string): string | null {
  if (text.length > digitsMax) return null;
  const exponent = scientific.exec(text);
  if (exponent) {
    if (Math.abs(Number(exponent[1])) > digitsMax) return null;
    return plainDigits(new Big(text.replace(/^\+/, '')).toFixed());
  }
  const parts = decimal.exec(text);
  if (!parts) return null;
  const [, sign, whole = '', fraction = ''] = parts;
  if (whole === '' && fraction === '' && !/\d/.test(text)) return null;
  const rest = trimZerosEnd(fraction);
  if (whole === '' && rest === '') return '0';
  return (sign === '-' ? '-' : '') + (whole === '' ? '0' : whole) + (rest === '' ? '' : '.' + rest);
}

function trimZerosEnd(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits.charCodeAt(end - 1) === 48) end--;
  return end === digits.length ? digits : digits.slice(0, end);
}
