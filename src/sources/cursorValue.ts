import { DateTime, IANAZone } from 'luxon';
import { clockSkewMs } from '../domain/values/instants';
import type { JsonValue } from '../domain/record';

/**
 * Cursor values as text: ISO times of any precision, epoch seconds or milliseconds, numbers, or anything that
 * has an order. A JS Date would cut them to milliseconds and so lose or repeat rows; they stay text throughout.
 */

const isoTime =
  /^(\d{4})-(\d\d)-(\d\d)(?:([T ])(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?$/;
const epochTime = /^(\d{10}|\d{13})(?:\.\d+)?$/;
const wholeNumber = /^-?\d+$/;

interface IsoParts {
  /** The wall time, read as if it were UTC, in nanoseconds. */
  wallNanos: bigint;
  separator: string | undefined;
  seconds: boolean;
  fractionDigits: number;
  zone: string | undefined;
}

/** In: a payload's cursor value. Out: its text, or null where it has none (null, '', a list, an object). */
export function cursorText(value: JsonValue | undefined): string | null {
  if (value === undefined || value === null || value === '' || typeof value === 'object') return null;
  return String(value);
}

/**
 * Orders two cursor values of one stream: by time where both are ISO times, by number where both are numbers,
 * else by text. A zoneless time counts as UTC, which keeps the order inside one stream.
 */
export function compareCursors(a: string, b: string): number {
  const [timeA, timeB] = [utcNanos(a), utcNanos(b)];
  if (timeA !== null && timeB !== null) return timeA < timeB ? -1 : timeA > timeB ? 1 : 0;
  if (wholeNumber.test(a) && wholeNumber.test(b)) {
    const difference = BigInt(a) - BigInt(b);
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }
  const [numberA, numberB] = [Number(a), Number(b)];
  if (Number.isFinite(numberA) && Number.isFinite(numberB)) return numberA - numberB;
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The cursor value `lookbackMs` before another one, in the same spelling (precision, separator, zone).
 * A number that is no epoch time and any other text come back as they are: milliseconds mean nothing there.
 * A date without a time goes back by whole days. Subtracts wall time: a source whose zoneless times follow
 * daylight saving needs a lookback above one hour.
 */
export function lookBack(cursor: string, lookbackMs: number): string {
  if (lookbackMs <= 0) return cursor;
  const iso = readIso(cursor);
  if (iso !== null) {
    const back = writeIso(iso, iso.wallNanos - BigInt(Math.ceil(lookbackMs)) * 1_000_000n);
    // Before the year 1 nothing is a date to a database; sources do hold 0001-01-01 as their «never».
    return back > '0001' ? back : cursor;
  }
  const epoch = epochTime.exec(cursor);
  if (epoch === null) return cursor;
  const back = epoch[1]!.length === 10 ? Math.ceil(lookbackMs / 1000) : Math.ceil(lookbackMs);
  return String(BigInt(epoch[1]!) - BigInt(back));
}

/**
 * When a record changed, from its cursor value. Out: an ISO instant with milliseconds, or null where the
 * value is no time, or has no zone and none is configured.
 */
export function changedAtOf(cursor: string | null, timeZone: string | undefined): string | null {
  if (cursor === null) return null;
  const epoch = epochTime.exec(cursor);
  if (epoch !== null) {
    return new Date(Number(epoch[1]!) * (epoch[1]!.length === 10 ? 1000 : 1)).toISOString();
  }
  const iso = readIso(cursor);
  if (iso === null) return null;
  if (iso.zone === undefined) {
    if (timeZone === undefined || !knownZone(timeZone)) return null;
    const time = DateTime.fromISO(writeIso(iso, iso.wallNanos).replace(' ', 'T'), { zone: timeZone });
    return time.isValid ? time.toJSDate().toISOString() : null;
  }
  const nanos = utcNanos(cursor);
  return nanos === null ? null : new Date(Number(nanos / 1_000_000n)).toISOString();
}

/**
 * The greatest cursor value that is believed at `now`: one dirty row dated 9999 must not become the
 * watermark and hide every later change. In: any value of the stream as the pattern of its spelling.
 * Out: the limit in that spelling, or null where the value is no time.
 */
export function horizonLike(sample: string, now: Date, timeZone: string | undefined): string | null {
  const limit = new Date(now.getTime() + clockSkewMs);
  const iso = readIso(sample);
  const zoneless = iso !== null && iso.zone === undefined && !knownZone(timeZone);
  return zoneless
    ? spelledLike(sample, new Date(limit.getTime() + zonesAheadMs), 'UTC')
    : spelledLike(sample, limit, timeZone);
}

/**
 * An instant as the stream spells its cursor values (epoch, date, precision, separator), cut, never rounded up.
 * Out: null where the sample is no time, or is zoneless and no zone is known.
 */
export function spelledLike(sample: string, at: Date, timeZone: string | undefined): string | null {
  const epoch = epochTime.exec(sample);
  if (epoch !== null) return String(epoch[1]!.length === 10 ? Math.floor(at.getTime() / 1000) : at.getTime());
  const iso = readIso(sample);
  if (iso === null) return null;
  const parts = { ...iso, fractionDigits: Math.min(iso.fractionDigits, 3) };
  const nanos = BigInt(at.getTime()) * 1_000_000n;
  if (iso.zone !== undefined) return writeIso({ ...parts, zone: 'Z' }, nanos);
  if (timeZone === undefined || !knownZone(timeZone)) return null;
  return writeIso(parts, nanos + BigInt(IANAZone.create(timeZone).offset(at.getTime())) * 60_000_000_000n);
}

function knownZone(timeZone: string | undefined): boolean {
  return timeZone !== undefined && IANAZone.isValidZone(timeZone);
}

/** No zone on earth is further ahead of UTC (Pacific/Kiritimati, +14:00). */
const zonesAheadMs = 14 * 3_600_000;

function utcNanos(text: string): bigint | null {
  const iso = readIso(text);
  if (iso === null) return null;
  const zone = /^([+-])(\d\d):?(\d\d)?$/.exec(iso.zone ?? 'Z');
  if (zone === null) return iso.wallNanos;
  const minutes = BigInt(Number(zone[2]) * 60 + Number(zone[3] ?? 0));
  return iso.wallNanos - (zone[1] === '-' ? -minutes : minutes) * 60_000_000_000n;
}

function readIso(text: string): IsoParts | null {
  const match = isoTime.exec(text);
  if (match === null) return null;
  const [, year, month, day, separator, hours = '00', minutes = '00', seconds, fraction = '', zone] = match;
  const ms = Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds ?? '00'}Z`);
  if (Number.isNaN(ms)) return null;
  return {
    wallNanos: BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0')),
    separator,
    seconds: seconds !== undefined,
    fractionDigits: fraction.length,
    zone,
  };
}

function writeIso(parts: IsoParts, wallNanos: bigint): string {
  const subMs = ((wallNanos % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const iso = new Date(Number((wallNanos - subMs) / 1_000_000n)).toISOString();
  if (parts.separator === undefined) return iso.slice(0, 10);
  const fraction =
    parts.fractionDigits === 0 ? '' : '.' + String(subMs).padStart(9, '0').slice(0, parts.fractionDigits);
  return `${iso.slice(0, 10)}${parts.separator}${iso.slice(11, parts.seconds ? 19 : 16)}${fraction}${parts.zone ?? ''}`;
}
