/** What a log may hold of an error that a database made. */
export interface DatabaseWords {
  /** Null where the database may quote a value in it. */
  message: string | null;
  members: Record<string, unknown>;
}

/** Names of Postgres's own objects and places: postgresql.org/docs/current/protocol-error-fields.html */
const postgresMembers = [
  ...['code', 'severity', 'schema', 'table', 'column', 'dataType', 'constraint', 'position'],
  ...['file', 'line', 'routine'],
];
const sqlServerMembers = ['code', 'number', 'state', 'class', 'lineNumber', 'procName'];
/** SQLSTATE classes whose messages name objects, never values: connections, rules, rights, resources, conflicts. */
const plainClasses = [
  ...['08', '0A', '23', '25', '28', '3D', '3F', '40', '42', '53', '54', '55', '57', '58', 'XX'],
];
/** Where PL/pgSQL raises what somebody wrote into a function: with any code, and any words. */
const raisedBy = 'exec_stmt_raise';

/**
 * An error of Postgres or SQL Server without what it quotes of rows: details, hints, statements, and the message where
 * it may hold a value. Out: null for an error of anything else.
 */
export function databaseWords(error: Error): DatabaseWords | null {
  const given = error as Error & Record<string, unknown>;
  const { code, severity, routine } = given;
  if (typeof severity === 'string' && typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) {
    const isInside = given['where'] !== undefined || given['internalQuery'] !== undefined;
    const isPlain = plainClasses.includes(code.slice(0, 2)) && routine !== raisedBy && !isInside;
    return { message: isPlain ? error.message : null, members: picked(given, postgresMembers) };
  }
  const isSqlServer = code === 'EREQUEST' || error.name === 'RequestError';
  return isSqlServer ? { message: null, members: picked(given, sqlServerMembers) } : null;
}

function picked(given: Record<string, unknown>, names: string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])),
  );
}
