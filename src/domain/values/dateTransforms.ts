import { fromEpoch, fromWall } from './canonicalDate';
import { dateReader, type DateReader } from './dateFormat';
import { invalid, plainText, textArgument, textList } from './transformContract';
import type {
  TransformArgument,
  TransformContext,
  TransformDefinition,
  TransformFault,
} from './transformContract';
import type { JsonValue } from '../record';
import {
  dateInZone,
  dayMs,
  isTimeZone,
  isoInstant,
  parseIso,
  wallDate,
  wallInstant,
  type WallTime,
} from './wallTime';

const formats: TransformArgument = {
  name: 'formats',
  type: 'list',
  required: false,
  doc: 'The accepted spellings as luxon formats, e.g. dd/MM/yyyy, tried in order; without it ISO 8601.',
};

export const dateTransforms: readonly TransformDefinition[] = [
  {
    name: 'isoDate',
    doc: 'A date as YYYY-MM-DD. With `fromDateTime: true` the date of a time, in a zone.',
    args: [
      formats,
      {
        name: 'fromDateTime',
        type: 'flag',
        required: false,
        doc: 'The value is a time; take the date it falls on.',
      },
      {
        name: 'zone',
        type: 'text',
        required: false,
        doc: "The zone whose date counts (default: the stream's timeZone).",
      },
    ],
    shorthand: 'formats',
    example: { args: { formats: ['dd/MM/yyyy'] }, from: '24/12/1990', to: '1990-12-24' },
    check: checkArguments,
    bind: (args) => {
      const readers = readersOf(args['formats']);
      const zone = textArgument(args, 'zone');
      return args['fromDateTime'] === true
        ? (value, context) => dateOfTime(value, readers, zone, context)
        : (value) => dateOnly(value, readers);
    },
  },
  {
    name: 'isoDateTime',
    doc: 'A time as an ISO instant in UTC.',
    args: [
      formats,
      {
        name: 'zone',
        type: 'text',
        required: false,
        doc: "The zone of times that carry none (default: the stream's timeZone).",
      },
    ],
    shorthand: 'formats',
    example: { args: { zone: 'Europe/Madrid' }, from: '2024-05-01 10:00:00', to: '2024-05-01T08:00:00.000Z' },
    check: checkArguments,
    bind: (args) => {
      const readers = readersOf(args['formats']);
      const zone = textArgument(args, 'zone');
      return (value, context) => dateTime(value, readers, zone ?? context.timeZone);
    },
  },
];

function checkArguments(args: Record<string, unknown>): string[] {
  const faults: string[] = [];
  for (const format of textList(args['formats'])) {
    if (!dateReader(format))
      faults.push(`'${format}' is no date format (year, month and day, e.g. dd/MM/yyyy)`);
  }
  const zone = textArgument(args, 'zone');
  if (zone !== undefined && !isTimeZone(zone)) {
    faults.push('zone must be an IANA time zone, e.g. Europe/London');
  }
  return faults;
}

function readersOf(value: unknown): DateReader[] {
  return value === undefined
    ? [parseIso]
    : textList(value).map((format) => dateReader(format) ?? never(format));
}

function never(format: string): never {
  throw new Error(`the date format '${format}' passed no configuration check`);
}

function read(text: string, readers: DateReader[]): WallTime | null {
  for (const reader of readers) {
    const wall = reader(text);
    if (wall) return wall;
  }
  return null;
}

const unreadable = () => invalid('is no possible date in the accepted spellings');

function dateOnly(value: JsonValue, readers: DateReader[]): string | TransformFault {
  if (typeof value === 'number') {
    const date = value % dayMs === 0 ? isoInstant(value) : null;
    return date?.slice(0, 10) ?? invalid('is a number that is no midnight in epoch milliseconds');
  }
  const wall = read(plainText(value)?.trim() ?? '', readers);
  if (!wall) return unreadable();
  if ((wall.timeMs ?? 0) !== 0 || (wall.offsetMinutes ?? 0) !== 0)
    return invalid('is a time, not a date; set fromDateTime to take its date');
  return wallDate(wall);
}

function dateOfTime(
  value: JsonValue,
  readers: DateReader[],
  zone: string | undefined,
  context: TransformContext,
) {
  const target = zone ?? context.timeZone;
  if (typeof value === 'number') return dateOfInstant(value, target);
  const wall = read(plainText(value)?.trim() ?? '', readers);
  if (!wall) return unreadable();
  // Written without a zone, it shows its own calendar; only another target zone can move the day.
  if (wall.timeMs === null) return wallDate(wall);
  const movesDay = context.timeZone !== undefined && target !== context.timeZone;
  if (wall.offsetMinutes === null && !movesDay) return wallDate(wall);
  const instant = wallInstant(wall, context.timeZone);
  return instant === null
    ? invalid('is a time without a zone, and no timeZone is configured for it')
    : dateOfInstant(instant, target);
}

function dateOfInstant(epochMs: number, zone: string | undefined): string | TransformFault {
  if (zone === undefined) return invalid('is an instant, and no zone says which date that is');
  const instant = fromEpoch(epochMs);
  if (typeof instant !== 'string') return invalid(instant.reason);
  return dateInZone(epochMs, zone) ?? invalid('is a time outside the years 1000 to 9999');
}

function dateTime(
  value: JsonValue,
  readers: DateReader[],
  zone: string | undefined,
): string | TransformFault {
  const wall = typeof value === 'number' ? null : read(plainText(value)?.trim() ?? '', readers);
  if (typeof value !== 'number' && !wall) return unreadable();
  const instant = wall ? fromWall(wall, zone) : fromEpoch(Number(value));
  return typeof instant === 'string' ? instant : invalid(instant.reason);
}
