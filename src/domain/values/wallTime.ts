import { IANAZone } from 'luxon';

/** A date or time as it is written: not yet an instant unless it carries its offset. */
export interface WallTime {
  year: number;
  month: number;
  day: number;
  /** Milliseconds since midnight; null where only a date is written. */
  timeMs: number | null;
  /** Minutes east of UTC; null where none is written. */
  offsetMinutes: number | null;
}

export const dayMs = 86_400_000;

/** Years that ISO 8601 writes with four digits and that are no stand-in for "no date" (0001-01-01). */
const yearMin = 1000;
const yearMax = 9999;

const iso =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,12}))?)?\s?(?:([Zz])|([+-])(\d{2}):?(\d{2})?)?)?$/;

/** Reads an ISO 8601 date or date-time (a space instead of the T, too); null where it is none or impossible. */
export function parseIso(text: string): WallTime | null {
  const match = iso.exec(text);
  if (!match) return null;
  const [
    ,
    year,
    month,
    day,
    hour,
    minute,
    second = '0',
    fraction = '',
    zulu,
    sign,
    zoneHour,
    zoneMinute = '0',
  ] = match;
  let offsetMinutes: number | null = null;
  if (zulu) offsetMinutes = 0;
  else if (sign) {
    if (Number(zoneHour) > 18 || Number(zoneMinute) > 59) return null;
    offsetMinutes = (sign === '-' ? -1 : 1) * (Number(zoneHour) * 60 + Number(zoneMinute));
  }
  const timeMs =
    hour === undefined ? null : timeOfDayMs(Number(hour), Number(minute), Number(second), fraction);
  if (Number.isNaN(timeMs)) return null;
  return possible({ year: Number(year), month: Number(month), day: Number(day), timeMs, offsetMinutes });
}

/** Milliseconds since midnight, or NaN for a time that no clock shows. A finer fraction is cut, not rounded. */
export function timeOfDayMs(hour: number, minute: number, second: number, fraction: string): number {
  if (hour > 23 || minute > 59 || second > 59) return Number.NaN;
  const ms = fraction === '' ? 0 : Number(fraction.slice(0, 3).padEnd(3, '0'));
  return ((hour * 60 + minute) * 60 + second) * 1000 + ms;
}

/** The same wall time, or null where the calendar has no such day. */
export function possible(wall: WallTime): WallTime | null {
  if (wall.year < yearMin || wall.year > yearMax || wall.month < 1 || wall.month > 12) return null;
  return wall.day >= 1 && wall.day <= daysIn(wall.year, wall.month) ? wall : null;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The date as YYYY-MM-DD. */
export function wallDate(wall: WallTime): string {
  return `${wall.year}-${pad2(wall.month)}-${pad2(wall.day)}`;
}

function pad2(number: number): string {
  return number < 10 ? '0' + number : String(number);
}

/**
 * The instant in epoch milliseconds. A wall time without an offset is read in `timeZone`.
 * In the hour that a clock skips, the offset from before the change counts (02:30 becomes 03:30); in the
 * hour that comes twice, the first one counts.
 * @returns null where there is neither an offset nor a time zone
 */
export function wallInstant(wall: WallTime, timeZone: string | undefined): number | null {
  const asUtc = Date.UTC(wall.year, wall.month - 1, wall.day) + (wall.timeMs ?? 0);
  if (wall.offsetMinutes !== null) return asUtc - wall.offsetMinutes * 60_000;
  if (timeZone === undefined) return null;
  // A day before and after bracket any change of offset; the earlier offset wins where both would fit.
  const before = asUtc - zoneOffsetMs(timeZone, asUtc - dayMs);
  if (asUtc - zoneOffsetMs(timeZone, before) === before) return before;
  const after = asUtc - zoneOffsetMs(timeZone, asUtc + dayMs);
  return asUtc - zoneOffsetMs(timeZone, after) === after ? after : before;
}

/** The date (YYYY-MM-DD) that a calendar in the zone shows at an instant; null outside the years we write. */
export function dateInZone(epochMs: number, timeZone: string): string | null {
  return isoInstant(epochMs + zoneOffsetMs(timeZone, epochMs))?.slice(0, 10) ?? null;
}

/** Epoch milliseconds as YYYY-MM-DDTHH:mm:ss.SSSZ; null outside the years we write. */
export function isoInstant(epochMs: number): string | null {
  if (!Number.isFinite(epochMs) || Math.abs(epochMs) > 8.64e15) return null;
  const date = new Date(epochMs);
  const year = date.getUTCFullYear();
  return year >= yearMin && year <= yearMax ? date.toISOString() : null;
}

/** True where the runtime knows the IANA zone, e.g. 'Europe/London'. */
export function isTimeZone(name: string): boolean {
  return IANAZone.isValidZone(name);
}

function zoneOffsetMs(timeZone: string, epochMs: number): number {
  return IANAZone.create(timeZone).offset(epochMs) * 60_000;
}
