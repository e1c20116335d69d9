import pg from 'pg';
import type { JsonObject, JsonValue } from '../domain/record';
import { parseExactJson } from './exactJson';
import type { ColumnKind, SqlColumn } from './sqlPaging';

/**
 * Turns what the drivers give into JSON that loses nothing: no Date (cut to milliseconds, shifted by zones),
 * no rounded decimal. Type ids: src/include/catalog/pg_type.dat of PostgreSQL.
 */

type TextParser = (text: string) => JsonValue;

const oid = {
  bool: 16,
  int2: 21,
  int4: 23,
  oid: 26,
  json: 114,
  float4: 700,
  float8: 701,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  jsonb: 3802,
} as const;

const postgresParsers = new Map<number, TextParser>([
  [oid.bool, (text) => text === 't'],
  [oid.int2, Number],
  [oid.int4, Number],
  [oid.oid, Number],
  [oid.float4, finiteNumber],
  [oid.float8, finiteNumber],
  [oid.timestamp, (text) => text.replace(/^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)$/, '$1T$2')],
  // The session's zone is UTC, so the offset is always +00.
  [oid.timestamptz, (text) => text.replace(/^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)\+00$/, '$1T$2Z')],
  [oid.json, parsedJson],
  [oid.jsonb, parsedJson],
]);

/** Array type → element type; every other element type (text, uuid, numeric, date …) stays as its text. */
const postgresArrays = new Map<number, number>([
  [1000, oid.bool],
  [1005, oid.int2],
  [1007, oid.int4],
  [1021, oid.float4],
  [1022, oid.float8],
  [1115, oid.timestamp],
  [1185, oid.timestamptz],
  [199, oid.json],
  [3807, oid.jsonb],
  ...[1002, 1009, 1014, 1015, 1016, 1182, 1231, 2951].map((array) => [array, 0] as [number, number]),
]);

/** The `types` of a pg query: bigint, numeric, dates, bytea (hex) and unknown types stay text. */
export const postgresTypes = {
  getTypeParser: (typeId: number, format?: string): TextParser => {
    // Only text is ever asked for; a binary answer would be a driver's defect.
    if (format === 'binary') throw new Error(`Postgres sent type ${typeId} in binary`);
    const element = postgresArrays.get(typeId);
    if (element !== undefined) return (text) => parsedArray(text, postgresParsers.get(element) ?? String);
    return postgresParsers.get(typeId) ?? String;
  },
};

/** How a Postgres column's values are spelled. */
export function postgresColumnKind(typeId: number): ColumnKind {
  if (typeId === oid.timestamptz) return 'instant';
  if (typeId === oid.timestamp) return 'wallTime';
  return typeId === oid.date ? 'date' : 'other';
}

/** How a SQL Server column's values are spelled, by its declared type. */
export function sqlServerColumnKind(type: string): ColumnKind {
  if (/^datetimeoffset/i.test(type)) return 'instant';
  if (/^(datetime|smalldatetime)/i.test(type)) return 'wallTime';
  return /^date\b/i.test(type) ? 'date' : 'other';
}

/**
 * One SQL Server row as payload. Times and decimals already come as text (see sqlPaging); bigint comes as
 * text from the driver; bytes become 0x… hex; a UTC offset becomes Z.
 */
export function sqlServerRow(row: Record<string, unknown>, columns: SqlColumn[]): JsonObject {
  const payload: JsonObject = {};
  for (const { name, kind } of columns) {
    const value = sqlServerValue(row[name]);
    payload[name] =
      kind === 'instant' && typeof value === 'string'
        ? value.replace(/ ?[+-]00:00$/, 'Z').replace(' ', 'T')
        : value;
  }
  return payload;
}

function sqlServerValue(value: unknown): JsonValue {
  if (value === null || value === undefined) return null;
  if (Buffer.isBuffer(value)) return `0x${value.toString('hex').toUpperCase()}`;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return value.toString();
  // Geometry and other server-side classes: their JSON form, never [object Object].
  return parseExactJson(JSON.stringify(value));
}

function finiteNumber(text: string): JsonValue {
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

function parsedJson(text: string): JsonValue {
  try {
    return parseExactJson(text);
  } catch {
    // Only absurd nesting gets here, Postgres has checked the rest: the text is kept rather than the row lost.
    return text;
  }
}

function parsedArray(text: string, element: TextParser): JsonValue {
  // pg's own type declaration calls arrayParser a function; it is an object with `create`.
  const parser = pg.types.arrayParser as unknown as {
    create(source: string, transform: TextParser): { parse(): JsonValue[] };
  };
  return parser.create(text, element).parse();
}
