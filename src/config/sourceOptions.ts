import type { SourceConfig, StreamConfig } from './schema/sources';
import { resolveSecrets, type SecretReaders } from './secrets';

/**
 * How to open a source of the configuration, with its secrets in it: for the kind's `open` only, never for logs.
 * Throws where a secret is not there.
 */
export function connectionOf(source: SourceConfig, readers: SecretReaders): unknown {
  if (source.kind === 'sql') {
    const { timeout, ...rest } = source.connection;
    return { ...resolveSecrets(rest, readers), statementTimeoutMs: timeout };
  }
  if (source.kind === 'rest') {
    const { timeout, ...rest } = source.connection;
    return { ...resolveSecrets(rest, readers), timeoutMs: timeout };
  }
  return resolveSecrets(source.connection, readers);
}

/** How a stream is read, in the words of the source contract. */
export interface StreamReading {
  recordKey: string[];
  cursorField?: string;
  lookbackMs: number;
  pageSize: number;
  whenGone: StreamConfig['whenGone'];
  /** What only this kind of source knows. */
  options: Record<string, unknown>;
  /** How it is written back, in the words of its kind; absent where it is only read. */
  writeOptions?: Record<string, unknown>;
}

/** Splits a stream's configuration into what every kind knows and the options of its own kind. */
export function streamReading(stream: StreamConfig): StreamReading {
  const { recordKey, cursor, lookback, pageSize, whenGone, ...rest } = stream;
  const {
    object: _object,
    changedAt: _changedAt,
    timeZone: _timeZone,
    defaultRegion: _region,
    map: _map,
    references: _references,
    ...own
  } = rest;
  const { writeBack, ...reading } = { writeBack: undefined, ...own };
  const table = 'table' in own ? own.table : undefined;
  return {
    recordKey,
    ...(cursor === undefined ? {} : { cursorField: cursor }),
    lookbackMs: lookback,
    pageSize,
    whenGone,
    options: kindOptions(reading),
    ...(writeBack === undefined ? {} : { writeOptions: writeOptions(writeBack, table) }),
  };
}

/** What is written stands in the stream's map; a table that is read is written too, unless another one is named. */
function writeOptions(
  { fields: _fields, ...how }: NonNullable<Extract<StreamConfig, { writeBack?: unknown }>['writeBack']>,
  table: string | undefined,
): Record<string, unknown> {
  const isTable = table !== undefined && !('method' in how) && how.statement === undefined;
  return isTable ? { table, ...how } : how;
}

function kindOptions(own: Record<string, unknown>): Record<string, unknown> {
  const { stableFor, ...rest } = own;
  return stableFor === undefined ? rest : { ...rest, stableMs: stableFor };
}
