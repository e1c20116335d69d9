import type { JsonObject } from '../domain/record';
import { comparison, type Condition, type SqlColumn, type SqlDialect, type SqlStatement } from './sqlPaging';

/**
 * Which rows a read visits, and in which order.
 *
 * A full read goes by key alone: keys do not move while rows are being updated, so every row is met exactly
 * once, and a complete read really is complete. An incremental read first takes the rows whose cursor says
 * nothing (null, or in the far future), always, by key; then the window from the watermark, by cursor and key.
 * Both are bounded by what was there at the start, so that a read ends although rows keep being written.
 */
export interface SqlPosition extends JsonObject {
  /** The columns that the position is made of: another configuration must not continue it. */
  columns: string;
  phase: SqlPhase;
  /**
   * The last row's values as a JSON list: keys; with the cursor in front in phase `timed`. A list inside a
   * string, because jsonb refuses a NUL that a key may hold and JSON's escape of it is plain text.
   */
  after: string | null;
  /** The greatest key at the start of the read, likewise; null where no row has a key. */
  lastKey: string | null;
  from: string | null;
  until: string | null;
  horizon: string | null;
}

export type SqlPhase = 'keyed' | 'untimed' | 'timed';

export interface SqlStream {
  dialect: SqlDialect;
  from: string;
  columns: SqlColumn[];
  keys: SqlColumn[];
  cursor: SqlColumn | null;
}

/** The columns a phase is ordered by. */
export function orderOf(stream: SqlStream, phase: SqlPhase): SqlColumn[] {
  return phase === 'timed' ? [stream.cursor!, ...stream.keys] : stream.keys;
}

/** The rows of one phase after the position, at most `rows`; null where the phase can have none. */
export function pageStatement(stream: SqlStream, position: SqlPosition, rows: number): SqlStatement | null {
  const order = orderOf(stream, position.phase);
  const where = conditions(stream);
  where.add(keysPresent(stream));
  if (position.phase === 'timed') {
    if (position.until === null) return null;
    addWindow(where, stream, position);
  } else {
    if (position.lastKey === null) return null;
    if (position.phase === 'untimed') addUntimed(where, stream, position.horizon);
    where.compare(stream.keys, '<=', JSON.parse(position.lastKey) as string[]);
  }
  if (position.after !== null) where.compare(order, '>', JSON.parse(position.after) as string[]);
  return select(stream, stream.dialect.selectList(stream.columns), where.done(), order, '', rows);
}

/** The greatest key of all rows that have one. */
export function lastKeyStatement(stream: SqlStream): SqlStatement {
  const where = conditions(stream);
  where.add(keysPresent(stream));
  return select(stream, stream.dialect.selectList(stream.keys), where.done(), stream.keys, ' desc', 1);
}

/** The greatest cursor, or the greatest that is not beyond the horizon. */
export function lastCursorStatement(stream: SqlStream, horizon: string | null): SqlStatement {
  const cursor = stream.cursor!;
  const where = conditions(stream);
  where.add(`${column(stream, cursor)} is not null`);
  if (horizon !== null) where.compare([cursor], '<=', [horizon]);
  return select(stream, stream.dialect.selectList([cursor]), where.done(), [cursor], ' desc', 1);
}

/** How many of the read's rows have no complete key: they can neither be paged nor followed. */
export function unkeyedStatement(stream: SqlStream, position: SqlPosition): SqlStatement {
  const where = conditions(stream);
  where.add(`(${stream.keys.map((key) => `${column(stream, key)} is null`).join(' or ')})`);
  if (position.phase !== 'keyed' && position.from !== null) {
    where.compare([stream.cursor!], '>=', [position.from]);
  }
  const { text, values } = where.done();
  return {
    text: `select count(*) as ${stream.dialect.quote('rows')} from ${stream.from} where ${text}`,
    values,
  };
}

function addWindow(where: Conditions, stream: SqlStream, position: SqlPosition): void {
  if (position.from !== null) where.compare([stream.cursor!], '>=', [position.from]);
  where.compare([stream.cursor!], '<=', [position.until!]);
}

function addUntimed(where: Conditions, stream: SqlStream, horizon: string | null): void {
  const cursor = column(stream, stream.cursor!);
  if (horizon === null) where.add(`${cursor} is null`);
  else where.compare([stream.cursor!], '>', [horizon], (beyond) => `(${cursor} is null or ${beyond})`);
}

interface Conditions {
  add(text: string): void;
  compare(
    columns: SqlColumn[],
    operator: '>' | '>=' | '<=',
    values: string[],
    wrap?: (text: string) => string,
  ): void;
  done(): Condition;
}

/** Gathers conditions so that placeholders and values stay in step. */
function conditions(stream: SqlStream): Conditions {
  const texts: string[] = [];
  const values: string[] = [];
  return {
    add: (text) => void texts.push(text),
    compare: (columns, operator, compared, wrap = (text) => text) => {
      texts.push(wrap(comparison(stream.dialect, columns, operator, compared, values.length + 1).text));
      values.push(...compared);
    },
    done: () => ({ text: texts.join(' and '), values }),
  };
}

function select(
  stream: SqlStream,
  list: string,
  where: Condition,
  order: SqlColumn[],
  direction: '' | ' desc',
  rows: number,
): SqlStatement {
  // Qualified by `t`: a bare name would mean the select list's text form of a column, which sorts otherwise.
  const orderBy = order.map((ordered) => `${column(stream, ordered)}${direction}`).join(', ');
  return { text: stream.dialect.select(list, stream.from, where.text, orderBy, rows), values: where.values };
}

function keysPresent(stream: SqlStream): string {
  return stream.keys.map((key) => `${column(stream, key)} is not null`).join(' and ');
}

function column(stream: SqlStream, { name }: SqlColumn): string {
  return `t.${stream.dialect.quote(name)}`;
}
