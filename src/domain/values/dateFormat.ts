import { DateTime } from 'luxon';
import { possible, timeOfDayMs, type WallTime } from './wallTime';

/** Reads a text that is spelled in one format; null where it is not, or names no possible day. */
export type DateReader = (text: string) => WallTime | null;

/** Luxon's numeric tokens, which are read without luxon because nearly all files use only these. */
const tokens: Record<string, string> = {
  yyyy: '(?<year>\\d{4})',
  MM: '(?<month>\\d{2})',
  M: '(?<month>\\d{1,2})',
  dd: '(?<day>\\d{2})',
  d: '(?<day>\\d{1,2})',
  HH: '(?<hour>\\d{2})',
  H: '(?<hour>\\d{1,2})',
  mm: '(?<minute>\\d{2})',
  ss: '(?<second>\\d{2})',
  SSS: '(?<fraction>\\d{3})',
};

/**
 * A reader for a luxon format (https://moment.github.io/luxon/#/parsing?id=table-of-tokens), English names.
 * @returns null where the format is none: unknown letters, or no year, month and day
 */
export function dateReader(format: string): DateReader | null {
  const numeric = numericPattern(format);
  if (numeric) return (text) => readNumeric(numeric, text);
  return luxonReader(format);
}

function numericPattern(format: string): RegExp | null {
  const seen = new Set<string>();
  let pattern = '';
  for (const [part] of format.matchAll(/([A-Za-z])\1*|'[^']*'|[^A-Za-z]/g)) {
    if (part.startsWith("'") && part.length > 1) pattern += escaped(part.slice(1, -1));
    else if (!/[A-Za-z]/.test(part)) pattern += escaped(part);
    else {
      const token = tokens[part];
      const name = token?.slice(3, token.indexOf('>'));
      if (token === undefined || name === undefined || seen.has(name)) return null;
      seen.add(name);
      pattern += token;
    }
  }
  if (!['year', 'month', 'day'].every((name) => seen.has(name))) return null;
  return new RegExp(`^${pattern}$`, 'u');
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function readNumeric(pattern: RegExp, text: string): WallTime | null {
  const parts = pattern.exec(text)?.groups;
  if (!parts) return null;
  const hasTime = parts['hour'] !== undefined;
  const timeMs = hasTime
    ? timeOfDayMs(
        Number(parts['hour']),
        Number(parts['minute'] ?? 0),
        Number(parts['second'] ?? 0),
        parts['fraction'] ?? '',
      )
    : null;
  if (Number.isNaN(timeMs)) return null;
  return possible({
    year: Number(parts['year']),
    month: Number(parts['month']),
    day: Number(parts['day']),
    timeMs,
    offsetMinutes: null,
  });
}

/** What may stand in a format. Luxon's localized tokens (D, t, f …) are left out: DD/MM/YYYY is a mistake for dd/MM/yyyy. */
const luxonTokens = new Set(
  'y yy yyyy M MM MMM MMMM L LL LLL LLLL d dd o ooo E EEE EEEE H HH h hh m mm s ss S SSS u a Z ZZ ZZZ z'.split(
    ' ',
  ),
);

const luxonOptions = { locale: 'en', setZone: true, zone: 'utc' } as const;

function luxonReader(format: string): DateReader | null {
  const words = format.replace(/'[^']*'/g, '').match(/([A-Za-z])\1*/g) ?? [];
  if (!words.every((word) => luxonTokens.has(word)) || !knowsItself(format)) return null;
  const parser = DateTime.buildFormatParser(format, luxonOptions);
  const hasTime = /[HhtTfF]/.test(format);
  const hasOffset = /Z|z/.test(format);
  return (text) => {
    const time = DateTime.fromFormatParser(text, parser, luxonOptions);
    if (!time.isValid) return null;
    const { year, month, day } = time;
    const timeMs = timeOfDayMs(
      time.hour,
      time.minute,
      time.second,
      String(time.millisecond).padStart(3, '0'),
    );
    return possible({
      year,
      month,
      day,
      timeMs: hasTime ? timeMs : null,
      offsetMinutes: hasOffset ? time.offset : null,
    });
  };
}

/**
 * A format that cannot read back the day it wrote is a mistake. It also catches a format without a year,
 * which luxon would take from the clock.
 */
function knowsItself(format: string): boolean {
  const sample = DateTime.fromObject({ year: 2021, month: 11, day: 23 }, { zone: 'utc', locale: 'en' });
  const read = DateTime.fromFormat(sample.toFormat(format), format, luxonOptions);
  return read.isValid && read.year === 2021 && read.month === 11 && read.day === 23;
}
