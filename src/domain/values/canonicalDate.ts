import { dayMs, isoInstant, parseIso, wallDate, wallInstant, type WallTime } from './wallTime';

/** What was wrong, in plain words and without the value itself. */
export interface DateFault {
  reason: string;
}

const plainDate = /^\d{4}-\d{2}-\d{2}$/;
const epoch = /^-?\d{1,16}$/;

/** Fewer milliseconds than this after 1970 are a year, a day count or seconds, and never a business date. */
const epochLeastMs = 100_000_000;

/**
 * A `date` property's value as YYYY-MM-DD. Accepts that, a date-time at midnight (zoneless or UTC) and epoch
 * milliseconds at midnight UTC (facts §6: HubSpot answers in either way, and refuses any other time of day).
 */
export function canonicalDate(value: string | number): string | DateFault {
  if (typeof value === 'number' || epoch.test(value)) {
    const ms = Number(value);
    const instant = ms % dayMs === 0 ? isoInstant(ms) : null;
    return instant === null
      ? { reason: 'is no date: not midnight UTC in epoch milliseconds' }
      : instant.slice(0, 10);
  }
  const wall = parseIso(value);
  if (!wall) return { reason: 'is no possible date (expected YYYY-MM-DD)' };
  if (plainDate.test(value)) return value;
  if ((wall.timeMs ?? 0) !== 0 || (wall.offsetMinutes ?? 0) !== 0)
    return { reason: 'is a time, not a date; the transform isoDate with fromDateTime takes its date' };
  return wallDate(wall);
}

/**
 * A `datetime` property's value as an ISO instant in UTC with milliseconds. Accepts ISO 8601 with an offset,
 * epoch milliseconds, and a zoneless time or date where `timeZone` says what it means.
 */
export function canonicalDateTime(value: string | number, timeZone: string | undefined): string | DateFault {
  if (typeof value === 'number' || epoch.test(value)) return fromEpoch(Number(value));
  const wall = parseIso(value);
  return wall ? fromWall(wall, timeZone) : { reason: 'is no possible time (expected ISO 8601)' };
}

/** A wall time as a canonical instant, or why it is none. */
export function fromWall(wall: WallTime, timeZone: string | undefined): string | DateFault {
  const ms = wallInstant(wall, timeZone);
  if (ms === null) return { reason: 'is a time without a zone, and no timeZone is configured for it' };
  return isoInstant(ms) ?? { reason: 'is a time outside the years 1000 to 9999' };
}

/** Epoch milliseconds as a canonical instant, or why they are none. */
export function fromEpoch(ms: number): string | DateFault {
  if (!Number.isInteger(ms) || (ms !== 0 && Math.abs(ms) < epochLeastMs))
    return { reason: 'is no time: a number must be epoch milliseconds' };
  return isoInstant(ms) ?? { reason: 'is a time outside the years 1000 to 9999' };
}
