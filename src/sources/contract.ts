import type { JsonObject, JsonValue } from '../domain/record';

/**
 * What every kind of source system provides. A new kind is one small file that exports a `SourceKind`
 * and one line in `registry.ts`. Reading is the whole contract; writing joins it with write-back.
 */
export interface SourceKind<Connection = unknown, StreamOptions = unknown, WriteOptions = unknown> {
  kind: string;
  /**
   * Opens what is needed to read (pool, HTTP agent, folder). Secrets are already resolved.
   * Open once per process and source and keep it: request pacing and OAuth tokens live in it. It connects
   * lazily, so an unreachable system fails in `readPage`; calls at the same time are safe.
   */
  open(options: OpenOptions<Connection>): Promise<OpenSource<StreamOptions, WriteOptions>>;
}

export interface OpenOptions<Connection> {
  source: string;
  connection: Connection;
  /** The time as an argument, so that tests and replays agree. */
  now: () => Date;
}

export interface OpenSource<StreamOptions = unknown, WriteOptions = unknown> {
  readPage(request: ReadPageRequest<StreamOptions>): Promise<Page>;
  /**
   * Writes changes back to records, one after the other, each tried once and written whole or not at all. Absent: this
   * kind is only read. Never throws for what a call or a record did: that is in the result.
   */
  write?(request: WriteRequest<WriteOptions>): Promise<WriteResult>;
  /**
   * Called after the page's records and cursor are committed: a drop folder moves its file here.
   * `cursor` is the committed position (`next`), or the watermark where the read is complete.
   * Must be repeatable: it may be called twice, or never (the next read then calls it first).
   */
  afterCommit?(committed: { stream: string; cursor: Cursor | null }): Promise<void>;
  close(): Promise<void>;
}

/** Opaque to everyone but the source kind; JSON; stored in Postgres, never sent through Temporal. */
export type Cursor = JsonObject;

export interface ReadPageRequest<StreamOptions> {
  stream: string;
  options: StreamOptions;
  /** Payload field(s) whose values, joined by '|', are the record's key. Dotted paths where payloads nest. */
  recordKey: string[];
  /** Payload field by which changes are ordered; absent: every read is a full one. */
  cursorField?: string;
  /** Re-read this much before the last cursor, for rows committed late. Milliseconds. */
  lookbackMs: number;
  /** IANA zone of the source's zoneless times; absent: a zoneless time gives no `changedAt`. */
  timeZone?: string;
  /** At most this many records come back, and at most as many faults. */
  pageSize: number;
  /**
   * null: the first page of a read. An incremental read starts from `since`, a full read from the beginning.
   * Otherwise what the page before returned as `next`.
   */
  position: Cursor | null;
  /** The watermark the last completed read left, or null for a full read. */
  since: Cursor | null;
  signal?: AbortSignal;
}

export interface SourceRecord {
  key: string;
  /**
   * JSON-safe: dates as ISO strings, decimals and 64-bit numbers as strings. A NUL or a lone surrogate that
   * the source really holds may still be inside: staging cleans it (`cleanJson`), so that it is told once.
   */
  payload: JsonObject;
  /** When the source says it changed, as an ISO instant with milliseconds (`….123Z`), if it says so. */
  changedAt: string | null;
}

export interface Page {
  /** In the order of the source; a key occurs at most once in a page: a later record replaces the earlier. */
  records: SourceRecord[];
  /** Rows or lines that are no records; stored as problems `unreadable`. `where` names file and line, row, or item. */
  faults: PageFault[];
  /** The file whose first line this page begins with: earlier faults of a file of this name are past. */
  beginsFile?: string;
  /** The position of the next page, or null when the read is complete. Must differ from the request's position. */
  next: Cursor | null;
  /**
   * The watermark to keep when the read is complete: what `since` will be next time. Null where the source
   * has nothing to remember yet (an empty source, no cursor field): the next read is then a full one.
   */
  watermark: Cursor | null;
  /** Calls made to the source system for this page. */
  calls: number;
}

export interface WriteRequest<WriteOptions> {
  stream: string;
  /** How this kind writes, as configured. */
  options: WriteOptions;
  /** The names of the parts of a record's key, as for reading. */
  recordKey: string[];
  records: WriteRecord[];
  /** No call outlives this. Milliseconds. */
  deadlineMs: number;
  /** Somebody waits for it: it goes before other calls to the source, where they are paced. */
  isUrgent: boolean;
  /** Asked before every call: the rest is left when it says no. */
  mayStart: () => boolean;
}

export interface WriteRecord {
  /** Parts as the source gave them, joined by '|'. */
  key: string;
  /** By column or dotted path. */
  values: Record<string, JsonValue>;
  /** The same whenever this very change is tried again. Holds no data. */
  idempotencyKey: string;
}

/** What became of one record: `unknown` may have been written, the same change must be tried again. */
export type WriteOutcome = { kind: 'accepted' } | { kind: 'refused'; reason: string } | { kind: 'unknown' };

export interface WriteResult {
  /** In the order of the records; those after the last one were not tried. */
  outcomes: WriteOutcome[];
  /** Why it ended early: a fault of the call, not of a record. */
  failure: SourceFailure | null;
  /** Calls made to the source system. */
  calls: number;
}

export interface PageFault {
  where: string;
  /** Digest of the item, where its place differs from read to read: items of one content are one problem. */
  content?: string;
  key: string | null;
  /** Plain words, never a value of the record. */
  reason: string;
}

/** A fault of the call, not of a record. `recovery` decides what Temporal does with it. */
export class SourceFailure extends Error {
  constructor(
    readonly recovery: 'retry' | 'retryAfter' | 'configuration',
    /** Plain words, no payload, no secret, no text of a database's or server's error (that is the `cause`). */
    message: string,
    readonly retryAfterMs: number | null = null,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'SourceFailure';
  }
}

/** Whether an error is a defect of our code: it must not be told as a fault of the source system. */
export function isOwnFault(error: unknown): boolean {
  return (
    error instanceof TypeError ||
    error instanceof RangeError ||
    error instanceof ReferenceError ||
    error instanceof SyntaxError
  );
}
