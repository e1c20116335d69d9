import type { JsonObject, JsonValue } from '../domain/record';
import { changedAtOf, compareCursors, cursorText, horizonLike, lookBack } from './cursorValue';
import {
  SourceFailure,
  type Cursor,
  type OpenOptions,
  type OpenSource,
  type Page,
  type PageFault,
  type ReadPageRequest,
  type SourceKind,
  type SourceRecord,
  type WriteRequest,
} from './contract';
import { openPostgres } from './postgres';
import { lastPerKey, recordKeyOf } from './recordKey';
import { openSqlServer } from './sqlServer';
import { fromClause, sqlDialects, type ColumnKind, type SqlColumn, type SqlStatement } from './sqlPaging';
import {
  lastCursorStatement,
  lastKeyStatement,
  pageStatement,
  unkeyedStatement,
  orderOf,
  type SqlPosition,
  type SqlStream,
} from './sqlPhases';
import { writeSql, type SqlChange, type SqlWrite, type SqlWritten } from './sqlWrite';

export interface SqlConnection {
  dialect: 'postgres' | 'sqlserver';
  /** postgres://… · for SQL Server and Synapse mssql://… or an ADO connection string (Server=…;Database=…). */
  url: string;
  /** The longest one statement may take; default 60 s. */
  statementTimeoutMs?: number;
}

/** Exactly one of the two. */
export interface SqlStreamOptions {
  /** Dotted name: `warehouse.customers`. Columns are named in the exact case of the database. */
  table?: string;
  /** A select; it is wrapped as a derived table, so no trailing `order by` and (SQL Server) no `with`. */
  query?: string;
}

/** One database: every page is one short transaction on one connection. */
export interface SqlDatabase {
  /** The transaction is read-only where the database knows such a thing. Driver errors become SourceFailures. */
  transaction<T>(work: (session: SqlSession) => Promise<T>, signal: AbortSignal | undefined): Promise<T>;
  /**
   * Runs one change in a transaction of its own. Out: how many rows it touched, or the plain reason why the database
   * refuses its values. Driver errors become SourceFailures: it may have been applied then. `mayStart` is asked when
   * there is a connection: whoever waited for one too long writes no more.
   */
  write(change: SqlChange, call: Pick<WriteRequest<unknown>, 'deadlineMs' | 'mayStart'>): Promise<SqlWritten>;
  close(): Promise<void>;
}

export interface SqlSession {
  /** The columns of a `from` clause, without reading a row. */
  columns(from: string): Promise<SqlColumn[]>;
  /** Rows as JSON that loses nothing (rowValues.ts). */
  rows(statement: SqlStatement, columns: SqlColumn[]): Promise<JsonObject[]>;
}

/** Any table or query of Postgres, SQL Server or Azure Synapse, read by keyset paging. */
export const sqlSource: SourceKind<SqlConnection, SqlStreamOptions, SqlWrite> = {
  kind: 'sql',
  open: async (options) => openSql(options),
};

function openSql({ connection, now }: OpenOptions<SqlConnection>): OpenSource<SqlStreamOptions, SqlWrite> {
  const timeoutMs = connection.statementTimeoutMs ?? 60_000;
  const database =
    connection.dialect === 'postgres'
      ? openPostgres(connection.url, timeoutMs)
      : openSqlServer(connection.url, timeoutMs);
  /** By `from` clause: as many entries as the source has streams. */
  const described = new Map<string, SqlColumn[]>();

  return {
    async readPage(request) {
      const dialect = sqlDialects[connection.dialect];
      const from = fromClause(dialect, request.options);
      let calls = 0;
      try {
        return await database.transaction(async (session) => {
          const counted: SqlSession = {
            columns: (clause) => (calls++, session.columns(clause)),
            rows: (statement, columns) => (calls++, session.rows(statement, columns)),
          };
          // Asked anew for every read, so that a column added meanwhile is seen.
          if (request.position === null) described.delete(from);
          const columns = described.get(from) ?? (await counted.columns(from));
          described.set(from, columns);
          const stream: SqlStream = {
            dialect,
            from,
            columns,
            keys: request.recordKey.map((name) => columnNamed(columns, name, request.stream)),
            cursor:
              request.cursorField === undefined
                ? null
                : columnNamed(columns, request.cursorField, request.stream),
          };
          return { ...(await readRows(counted, stream, request, now)), calls };
        }, request.signal);
      } catch (error) {
        // A changed table gives errors until its columns are asked for again.
        described.delete(from);
        throw error;
      }
    },
    write: (request) =>
      writeSql(database, sqlDialects[connection.dialect], connection.dialect === 'postgres', request),
    close: () => database.close(),
  };
}

async function readRows(
  session: SqlSession,
  stream: SqlStream,
  request: ReadPageRequest<SqlStreamOptions>,
  now: () => Date,
): Promise<Omit<Page, 'calls'>> {
  const faults: PageFault[] = [];
  let position = continued(request.position, stream);
  if (position === null) {
    position = await startRead(session, stream, request, now);
    const fault = await unkeyedFault(session, stream, position);
    if (fault !== null) faults.push(fault);
  }
  const watermark = watermarkOf(position, request);
  const capacity = request.pageSize;
  // Two phases at most: an untimed phase without rows goes straight on to the timed one.
  for (;;) {
    // One row more than wanted tells whether there is a next page without asking for an empty one.
    const statement = pageStatement(stream, position, capacity + 1);
    const rows: JsonObject[] = statement === null ? [] : await session.rows(statement, stream.columns);
    const kept = rows.slice(0, capacity);
    const last = kept.at(-1);
    if (rows.length > kept.length && last !== undefined) {
      const next = { ...position, after: valuesOf(last, orderOf(stream, position.phase)) };
      return { ...asRecords(kept, rows[kept.length], stream, request, faults), next, watermark };
    }
    if (position.phase !== 'untimed') {
      return { ...asRecords(kept, undefined, stream, request, faults), next: null, watermark };
    }
    position = { ...position, phase: 'timed', after: null };
    if (kept.length > 0) {
      return { ...asRecords(kept, undefined, stream, request, faults), next: position, watermark };
    }
  }
}

/** Fixes the bounds of a read: everything that is there now, nothing that comes later. */
async function startRead(
  session: SqlSession,
  stream: SqlStream,
  request: ReadPageRequest<SqlStreamOptions>,
  now: () => Date,
): Promise<SqlPosition> {
  const [lastRow] = await session.rows(lastKeyStatement(stream), stream.keys);
  const since = sinceCursor(request);
  const position: SqlPosition = {
    columns: shapeOf(stream),
    phase: since === null ? 'keyed' : 'untimed',
    after: null,
    lastKey: lastRow === undefined ? null : valuesOf(lastRow, stream.keys),
    from: since === null ? null : lookBack(since, request.lookbackMs),
    until: null,
    horizon: null,
  };
  const cursor = stream.cursor;
  if (cursor === null) return position;
  const greatest = async (horizon: string | null) => {
    const [row] = await session.rows(lastCursorStatement(stream, horizon), [cursor]);
    return cursorText(row?.[cursor.name]);
  };
  const until = await greatest(null);
  if (until === null) return position;
  const horizon = horizonOf(cursor.kind, until, now(), request.timeZone);
  if (horizon === null || compareCursors(until, horizon) <= 0) return { ...position, until, horizon };
  return { ...position, until: await greatest(horizon), horizon };
}

/** Numbers have no horizon: a ten-digit id looks like an epoch time. */
function horizonOf(kind: ColumnKind, sample: string, now: Date, timeZone: string | undefined): string | null {
  const samples = {
    instant: '2000-01-01T00:00:00.000Z',
    wallTime: '2000-01-01T00:00:00.000',
    date: '2000-01-01',
    other: /^[\d.]+$/.test(sample) ? null : sample,
  };
  const like = samples[kind];
  return like === null ? null : horizonLike(like, now, timeZone);
}

async function unkeyedFault(
  session: SqlSession,
  stream: SqlStream,
  position: SqlPosition,
): Promise<PageFault | null> {
  const [row] = await session.rows(unkeyedStatement(stream, position), []);
  const count = Number(row?.['rows'] ?? 0);
  if (count === 0) return null;
  const names = stream.keys.map((key) => key.name).join(', ');
  return {
    where: `rows without ${names}`,
    key: null,
    reason: `${count} ${count === 1 ? 'row has' : 'rows have'} no record key ${names} and cannot be followed`,
  };
}

function asRecords(
  rows: JsonObject[],
  following: JsonObject | undefined,
  stream: SqlStream,
  request: ReadPageRequest<SqlStreamOptions>,
  faults: PageFault[],
): { records: SourceRecord[]; faults: PageFault[] } {
  const records: SourceRecord[] = [];
  const keyOf = (row: JsonObject | undefined) =>
    row === undefined ? null : JSON.stringify(stream.keys.map((key) => row[key.name] ?? null));
  rows.forEach((row, index) => {
    const key = recordKeyOf(row, request.recordKey);
    if ('reason' in key) {
      faults.push({ where: `a row of ${request.stream}`, key: null, reason: key.reason });
      return;
    }
    // Paging needs a unique key. The row that is not read is told, instead of two rows taking turns.
    if (keyOf(row) === keyOf(rows[index + 1] ?? following)) {
      faults.push({
        where: `rows with one key`,
        key: key.key,
        reason: 'more than one row has this record key',
      });
      if (index + 1 < rows.length) return;
    }
    const cursor = stream.cursor === null ? null : cursorText(row[stream.cursor.name]);
    records.push({ key: key.key, payload: row, changedAt: changedAtOf(cursor, request.timeZone) });
  });
  return { records: lastPerKey(records), faults };
}

/** A row's values of some columns, as text the database reads again, in a JSON list. */
function valuesOf(row: JsonObject, columns: SqlColumn[]): string {
  return JSON.stringify(columns.map(({ name }) => orderText(row[name])));
}

function orderText(value: JsonValue | undefined): string {
  if (typeof value === 'string') return value;
  // A list or a document has no order that its JSON text could continue.
  if (value === null || typeof value === 'object' || value === undefined) {
    throw new SourceFailure(
      'configuration',
      'the cursor and the record key must be columns of single values',
    );
  }
  return String(value);
}

/** A stored position, unless it was made of other columns: then the read begins again. */
function continued(position: Cursor | null, stream: SqlStream): SqlPosition | null {
  return position !== null && position['columns'] === shapeOf(stream) ? (position as SqlPosition) : null;
}

function shapeOf(stream: SqlStream): string {
  return JSON.stringify([stream.cursor?.name ?? null, ...stream.keys.map((key) => key.name)]);
}

function sinceCursor(request: ReadPageRequest<SqlStreamOptions>): string | null {
  if (request.since === null || request.cursorField === undefined) return null;
  // The watermark of another field says nothing about this one.
  return request.since['field'] === request.cursorField ? cursorText(request.since['cursor']) : null;
}

/**
 * Where the next incremental read starts: the greatest cursor at this read's start. It may be lower than the
 * last one (rows deleted, a restored database): reading again is harmless, missing is not.
 */
function watermarkOf(position: SqlPosition, request: ReadPageRequest<SqlStreamOptions>): Cursor | null {
  if (request.cursorField === undefined) return null;
  const cursor: JsonValue = position.until ?? sinceCursor(request);
  return cursor === null ? null : { field: request.cursorField, cursor };
}

function columnNamed(columns: SqlColumn[], name: string, stream: string): SqlColumn {
  const column = columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return column;
  const near = columns.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
  const hint = near === undefined ? '' : ` (the database spells it ${near.name})`;
  throw new SourceFailure('configuration', `stream ${stream} has no column ${name}${hint}`);
}
