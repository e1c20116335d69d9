import type { JsonObject } from '../../domain/record';
import type { Queryable } from '../pool';

/** One stream of one source of one portal. */
export interface StreamRef {
  portalId: string;
  source: string;
  stream: string;
}

/** The read in progress as a page attempt finds it. */
export interface ReadState {
  fence: string;
  full: boolean;
  readNumber: string;
  done: boolean;
  position: JsonObject | null;
  /** The watermark of the last completed read; null for a full read. */
  since: JsonObject | null;
}

interface CursorRow {
  fence: string;
  full_read: boolean;
  read_number: string;
  done: boolean;
  position: JsonObject | null;
  watermark: JsonObject | null;
}

/**
 * Takes the read of a stream for one page attempt. A run that is new to the stream begins a new read: incremental
 * from the last watermark, or full when asked for or when there is none. Every attempt bumps the fence, so that an
 * older attempt that wakes up late commits nothing.
 */
export async function claimRead(
  db: Queryable,
  { portalId, source, stream }: StreamRef,
  runId: string,
  full: boolean,
): Promise<ReadState> {
  await db.query(
    'insert into cursors (portal_id, source, stream) values ($1, $2, $3) on conflict do nothing',
    [portalId, source, stream],
  );
  const { rows } = await db.query<CursorRow>(
    `update cursors set
       fence = fence + 1,
       run_id = $4,
       full_read = case when run_id is distinct from $4 then $5 or watermark is null else full_read end,
       read_number = case when run_id is distinct from $4 then read_number + 1 else read_number end,
       position = case when run_id is distinct from $4 then null else position end,
       pending_watermark = case when run_id is distinct from $4 then null else pending_watermark end,
       done = case when run_id is distinct from $4 then false else done end
     where portal_id = $1 and source = $2 and stream = $3
     returning fence, full_read, read_number, done, position, watermark`,
    [portalId, source, stream, runId, full],
  );
  const row = rows[0]!;
  return {
    fence: row.fence,
    full: row.full_read,
    readNumber: row.read_number,
    done: row.done,
    position: row.position,
    since: row.full_read ? null : row.watermark,
  };
}

/** Moves the cursor behind a page. @returns false when a newer attempt holds the read: nothing may be committed */
export async function moveCursor(
  db: Queryable,
  { portalId, source, stream }: StreamRef,
  fence: string,
  next: JsonObject | null,
  watermark: JsonObject | null,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update cursors set
       position = $5,
       pending_watermark = coalesce($6, pending_watermark),
       done = $5::jsonb is null,
       watermark = case when $5::jsonb is null then coalesce($6, pending_watermark, watermark) else watermark end,
       completed_at = case when $5::jsonb is null then now() else completed_at end,
       full_completed_at = case when $5::jsonb is null and full_read then now() else full_completed_at end
     where portal_id = $1 and source = $2 and stream = $3 and fence = $4`,
    [portalId, source, stream, fence, json(next), json(watermark)],
  );
  return rowCount === 1;
}

/** Records which properties a complete list read of HubSpot covered (DESIGN §5.3: unknown is not empty). */
export async function setCovers(
  db: Queryable,
  { portalId, source, stream }: StreamRef,
  properties: string[],
) {
  await db.query('update cursors set covers = $4 where portal_id = $1 and source = $2 and stream = $3', [
    portalId,
    source,
    stream,
    properties,
  ]);
}

/** The properties of an object type that a complete list read has covered, or null when there was none yet. */
export async function coveredProperties(
  db: Queryable,
  portalId: string,
  source: string,
  stream: string,
): Promise<string[] | null> {
  const { rows } = await db.query<{ covers: string[]; full_completed_at: Date | null }>(
    'select covers, full_completed_at from cursors where portal_id = $1 and source = $2 and stream = $3',
    [portalId, source, stream],
  );
  const row = rows[0];
  return row?.full_completed_at ? row.covers : null;
}

function json(value: JsonObject | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
