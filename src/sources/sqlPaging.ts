/**
 * The SQL text of keyset paging, per dialect. Pure: no driver, no clock. Values are always parameters;
 * identifiers are always quoted. The table or wrapped query is aliased `t`.
 */

/** How a column's values are spelled in payloads, as far as a cursor needs to know. */
export type ColumnKind = 'instant' | 'wallTime' | 'date' | 'other';

export interface SqlColumn {
  name: string;
  /** The declared type, for dialects whose parameters must be converted: 'datetime2(7)', 'varchar'. */
  type: string;
  kind: ColumnKind;
}

/** Parameter i of the text is values[i - 1]; all are text, converted by the database to the column's type. */
export interface SqlStatement {
  text: string;
  values: string[];
}

export type Comparison = '>' | '>=' | '<=';

export interface SqlDialect {
  quote(name: string): string;
  /** Placeholder number `index` (from 1), converted to the column's type. */
  parameter(index: number, column: SqlColumn): string;
  selectList(columns: SqlColumn[]): string;
  /** `left > right` …, for lists of equal length. */
  compare(left: string[], operator: Comparison, right: string[]): string;
  /** At most `rows` rows, ordered. */
  select(list: string, from: string, where: string, orderBy: string, rows: number): string;
}

const postgres: SqlDialect = {
  quote: (name) => `"${name.replaceAll('"', '""')}"`,
  parameter: (index) => `$${index}`,
  selectList: (columns) => columns.map(({ name }) => `t.${postgres.quote(name)}`).join(', '),
  compare: (left, operator, right) =>
    left.length === 1
      ? `${left[0]} ${operator} ${right[0]}`
      : `(${left.join(', ')}) ${operator} (${right.join(', ')})`,
  select: (list, from, where, orderBy, rows) =>
    `select ${list} from ${from} where ${where} order by ${orderBy} limit ${rows}`,
};

/** SQL Server and Azure Synapse: no row-value comparison, TOP instead of LIMIT, times and decimals as text. */
const sqlServer: SqlDialect = {
  quote: (name) => `[${name.replaceAll(']', ']]')}]`,
  parameter: (index, column) => sqlServerParameter(`@p${index}`, column.type),
  selectList: (columns) => columns.map((column) => sqlServerSelected(column)).join(', '),
  compare: expandedComparison,
  select: (list, from, where, orderBy, rows) =>
    `select top (${rows}) ${list} from ${from} where ${where} order by ${orderBy}`,
};

export const sqlDialects = { postgres, sqlserver: sqlServer } as const;

/**
 * The `from` part: a table's dotted name with every part quoted, or a query wrapped as a derived table.
 * In: exactly one of them. A query may end in a semicolon or a line comment; it may not hold `order by`
 * without a limit, or common table expressions, where the dialect refuses those in a derived table.
 */
export function fromClause(dialect: SqlDialect, source: { table?: string; query?: string }): string {
  if (source.query !== undefined) return `(\n${source.query.replace(/[;\s]+$/, '')}\n) as t`;
  const parts = (source.table ?? '').match(/"(?:[^"]|"")+"|\[(?:[^\]]|\]\])+\]|[^.]+/g) ?? [];
  return `${parts.map((part) => dialect.quote(unquoted(part))).join('.')} as t`;
}

/** A condition and the values of its placeholders. */
export interface Condition {
  text: string;
  values: string[];
}

/** A condition on the columns: `columns operator values`, with the values as parameters from `firstIndex` on. */
export function comparison(
  dialect: SqlDialect,
  columns: SqlColumn[],
  operator: Comparison,
  values: string[],
  firstIndex: number,
): Condition {
  const left = columns.map((column) => `t.${dialect.quote(column.name)}`);
  const right = columns.map((column, index) => dialect.parameter(firstIndex + index, column));
  return { text: dialect.compare(left, operator, right), values };
}

function unquoted(part: string): string {
  if (part.startsWith('"') && part.endsWith('"')) return part.slice(1, -1).replaceAll('""', '"');
  if (part.startsWith('[') && part.endsWith(']')) return part.slice(1, -1).replaceAll(']]', ']');
  return part;
}

/** (a, b) > (x, y) written out: a > x or (a = x and b > y). The last column takes the operator as it is. */
function expandedComparison(left: string[], operator: Comparison, right: string[]): string {
  const strict = operator === '<=' ? '<' : '>';
  const branches = left.map((column, index) => {
    const equal = left.slice(0, index).map((before, i) => `${before} = ${right[i]}`);
    const last = index === left.length - 1 ? operator : strict;
    return [...equal, `${column} ${last} ${right[index]}`].join(' and ');
  });
  if (branches.length === 1) return branches[0]!;
  return `(${branches.map((branch) => `(${branch})`).join(' or ')})`;
}

/**
 * Times and decimals leave SQL Server as text: its driver would cut times to milliseconds and decimals to
 * doubles. Style numbers: learn.microsoft.com/sql/t-sql/functions/cast-and-convert-transact-sql.
 */
function sqlServerSelected({ name, type }: SqlColumn): string {
  const quoted = sqlServer.quote(name);
  const column = `t.${quoted}`;
  const converted = (expression: string) => `${expression} as ${quoted}`;
  switch (bareType(type)) {
    case 'decimal':
    case 'numeric':
      return converted(`convert(varchar(50), ${column})`);
    case 'money':
    case 'smallmoney':
      return converted(`convert(varchar(50), ${column}, 2)`);
    case 'datetime':
    case 'datetime2':
    case 'smalldatetime':
      return converted(`convert(varchar(33), ${column}, 126)`);
    case 'datetimeoffset':
      return converted(`convert(varchar(33), switchoffset(${column}, '+00:00'), 126)`);
    case 'date':
      return converted(`convert(varchar(10), ${column}, 23)`);
    case 'time':
      return converted(`convert(varchar(16), ${column}, 121)`);
    default:
      return column;
  }
}

/** A text parameter in the column's own type, so that an index is used and equal values compare equal. */
function sqlServerParameter(placeholder: string, type: string): string {
  switch (bareType(type)) {
    case 'nvarchar':
    case 'nchar':
    case 'ntext':
    case 'xml':
      return placeholder;
    case 'varchar':
    case 'char':
    case 'text':
      return `convert(varchar(8000), ${placeholder})`;
    case 'datetime':
    case 'datetime2':
    case 'smalldatetime':
      return `convert(${type}, ${placeholder}, 126)`;
    case 'datetimeoffset':
      return `convert(${type}, ${placeholder}, 127)`;
    case 'date':
      return `convert(date, ${placeholder}, 23)`;
    case 'binary':
    case 'varbinary':
      return `convert(${type}, ${placeholder}, 1)`;
    case '':
      return placeholder;
    default:
      return `convert(${type}, ${placeholder})`;
  }
}

function bareType(type: string): string {
  return type.replace(/\(.*$/, '').trim().toLowerCase();
}
