import type { JsonValue } from '../domain/record';
import {
  SourceFailure,
  type WriteOutcome,
  type WriteRecord,
  type WriteRequest,
  type WriteResult,
} from './contract';
import { keyPartsOf } from './recordKey';
import type { SqlDatabase } from './sql';
import { fromClause, type SqlDialect } from './sqlPaging';

/** How a change is written to a database: exactly one of `table` and `statement`. */
export interface SqlWrite {
  /** Dotted name. */
  table?: string;
  /** Its columns that hold the parts of a record's key, in their order; by default named as those that are read. */
  key?: string[];
  /** A record that the table lacks is inserted. */
  upsert?: boolean;
  /** One statement with named parameters: `:name` is a part of the key or a changed value, null where it did not change. */
  statement?: string;
}

/** A statement and its parameters: parameter i of the text is values[i - 1], null or text. */
export interface SqlChange {
  text: string;
  values: (string | null)[];
  /** More rows than this are not written: the key is none. */
  rowsMax: number;
}

/** The number of our own error in SQL Server: those below 50000 are the server's. */
export const tooManyRows = 51_000;

/** What the database did with one change. */
export type SqlWritten = { rows: number } | { refused: string } | 'notStarted';

/** Writes records one after the other, each in a transaction of its own, until the database fails. */
export async function writeSql(
  database: SqlDatabase,
  dialect: SqlDialect,
  isPostgres: boolean,
  request: WriteRequest<SqlWrite>,
): Promise<WriteResult> {
  const outcomes: WriteOutcome[] = [];
  let calls = 0;
  for (const record of request.records) {
    const change = sqlChange(dialect, isPostgres, request, record);
    try {
      const written = await database.write(change, request);
      if (written === 'notStarted') break;
      calls += 1;
      outcomes.push(outcomeOf(written, request.options));
    } catch (error) {
      if (!(error instanceof SourceFailure)) throw error;
      calls += 1;
      outcomes.push({ kind: 'unknown' });
      return { outcomes, failure: error, calls };
    }
  }
  return { outcomes, failure: null, calls };
}

/** A statement of a person's own may well touch several rows, or say nothing about how many. */
function outcomeOf(written: Exclude<SqlWritten, 'notStarted'>, { statement }: SqlWrite): WriteOutcome {
  if ('refused' in written) return { kind: 'refused', reason: written.refused };
  if (written.rows > 0) return { kind: 'accepted' };
  const what = statement === undefined ? 'has no such record any more' : 'changed no row by the statement';
  return { kind: 'refused', reason: what };
}

/** The statement of one record. */
export function sqlChange(
  dialect: SqlDialect,
  isPostgres: boolean,
  { options, recordKey }: Pick<WriteRequest<SqlWrite>, 'options' | 'recordKey'>,
  { key, values }: Pick<WriteRecord, 'key' | 'values'>,
): SqlChange {
  const parts = keyPartsOf(key, recordKey);
  if (options.statement !== undefined) {
    return namedStatement(options.statement, isPostgres, { ...values, ...parts });
  }
  const keys = (options.key ?? recordKey).map(
    (name, index) => [name, parts[recordKey[index]!] ?? ''] as const,
  );
  const columns = Object.entries(values);
  const all = [...keys, ...columns];
  const marks = all.map((_, index) => (isPostgres ? `$${index + 1}` : `@p${index + 1}`));
  const equal = ([name]: readonly [string, unknown], index: number) =>
    `${dialect.quote(name)} = ${marks[index]}`;
  const set = columns.map((column, index) => equal(column, keys.length + index)).join(', ');
  const where = keys.map(equal).join(' and ');
  const table = fromClause(dialect, { table: options.table ?? '' }).replace(/ as t$/, '');
  const parameters = all.map(([, value]) => textOf(value));
  const update = `update ${table} set ${set} where ${where}`;
  const rowsMax = 1;
  if (!options.upsert) {
    const counted = `${update}; if @@rowcount > 1 throw ${tooManyRows}, 'more than one row has this key', 1`;
    return { text: isPostgres ? update : counted, values: parameters, rowsMax };
  }
  const names = all.map(([name]) => dialect.quote(name)).join(', ');
  const insert = `insert into ${table} (${names}) values (${marks.join(', ')})`;
  if (isPostgres) {
    const conflict = keys.map(([name]) => dialect.quote(name)).join(', ');
    return { text: `${insert} on conflict (${conflict}) do update set ${set}`, values: parameters, rowsMax };
  }
  const locked = `update ${table} with (updlock, serializable) set ${set} where ${where}`;
  return { text: `${locked}; if @@rowcount = 0 ${insert}`, values: parameters, rowsMax };
}

/** A parameter of a statement: a colon and a name, but neither a cast (`::text`) nor a time (`12:30`). */
const namedParameter = /(?<![:\w]):([A-Za-z_]\w*)/g;

/** The parameters that a statement names, each once. */
export function parametersOf(statement: string): string[] {
  return [...new Set([...statement.matchAll(namedParameter)].map(([, name]) => name!))];
}

function namedStatement(statement: string, isPostgres: boolean, given: Record<string, JsonValue>): SqlChange {
  const names = parametersOf(statement);
  const text = statement.replace(namedParameter, (_, name: string) => {
    const index = names.indexOf(name) + 1;
    return isPostgres ? `$${index}` : `@p${index}`;
  });
  return { text, values: names.map((name) => textOf(given[name] ?? null)), rowsMax: Infinity };
}

/** The database converts text to the column's type. */
function textOf(value: JsonValue): string | null {
  if (value === null) return null;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
