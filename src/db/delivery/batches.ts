import type { Queryable } from '../pool';

export interface TakenIntent {
  goldenId: string;
  recordId: string | null;
  properties: Record<string, string>;
  before: Record<string, string | null>;
  runId: string | null;
  leadSource: string;
}

export interface TakenBatch {
  batchId: string;
  fence: string;
  objectType: string;
  operation: 'create' | 'update' | 'archive';
  lane: number;
  /** Replies so far that left records unproved, and calls that failed for HubSpot's own reasons. */
  unproved: number;
  hardFailures: number;
  attempts: number;
  /** The batch that it was before it was split, or itself. */
  rootId: string;
  /** An earlier call may have been applied: the same body must be sent until its outcome is known. */
  maybeWritten: boolean;
  intents: TakenIntent[];
}

/** What a claim tells of a batch of either kind. */
export interface ClaimedBatch<Operation extends string> {
  batchId: string;
  rootId: string;
  fence: string;
  objectType: string;
  toObject: string | null;
  operation: Operation;
  lane: number;
  unproved: number;
  hardFailures: number;
  /** How often it was claimed, this time included. */
  attempts: number;
  maybeWritten: boolean;
}

/**
 * Claims a batch for sending: a new fence and expiry. 'settled' when it is gone already, 'busy' when somebody else may
 * still be sending it: a claim is taken over only after its expiry and the deadline of a call begun just before it.
 */
export async function claimBatch<Operation extends string>(
  db: Queryable,
  batchId: string,
  claimMs: number,
  deadlineMs: number,
): Promise<ClaimedBatch<Operation> | 'settled' | 'busy'> {
  const { rows } = await db.query<ClaimedBatch<Operation>>(
    `update delivery_batches set fence = nextval('fences'), attempts = attempts + 1,
       maybe_written = maybe_written or expires_at is not null,
       expires_at = clock_timestamp() + make_interval(secs => $2 / 1000.0)
     where batch_id = $1 and (expires_at is null or expires_at + make_interval(secs => $3 / 1000.0) < clock_timestamp())
     returning batch_id as "batchId", coalesce(split_from, batch_id) as "rootId", fence, object_type as "objectType", to_object as "toObject", operation,
       lane, unproved, hard_failures as "hardFailures", attempts, maybe_written as "maybeWritten"`,
    [batchId, claimMs, deadlineMs],
  );
  if (rows[0]) return rows[0];
  const { rowCount } = await db.query('select from delivery_batches where batch_id = $1', [batchId]);
  return rowCount === 0 ? 'settled' : 'busy';
}

/** Claims a batch of records (`claimBatch`) and loads its frozen changes. */
export async function takeBatch(
  db: Queryable,
  batchId: string,
  claimMs: number,
  deadlineMs: number,
): Promise<TakenBatch | 'settled' | 'busy'> {
  const batch = await claimBatch<TakenBatch['operation']>(db, batchId, claimMs, deadlineMs);
  if (typeof batch === 'string') return batch;
  const { rows: intents } = await db.query<TakenIntent>(
    `select golden_id as "goldenId", record_id as "recordId", properties, before, run_id as "runId",
       lead_source as "leadSource"
     from intents where batch_id = $1 order by golden_id, record_id`,
    [batchId],
  );
  return { ...batch, intents };
}

/** Locks a batch for its settlement. @returns false when the fence is no longer ours: nothing may be changed */
export async function lockBatch(db: Queryable, batchId: string, fence: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'select from delivery_batches where batch_id = $1 and fence = $2 for update',
    [batchId, fence],
  );
  return rowCount === 1;
}

export interface Release {
  /** The earliest next call, from now. */
  afterMs: number;
  /** What happened: each cause has its own patience. Neither: the call was not made, or refused in passing. */
  cause: 'unproved' | 'hardFailure' | 'passing';
  /** HubSpot may have applied the call. */
  maybeWritten: boolean;
}

/** Frees a taken batch whose call failed: the same body is sent again. */
export async function releaseBatch(
  db: Queryable,
  batchId: string,
  fence: string,
  { afterMs, cause, maybeWritten }: Release,
): Promise<void> {
  await db.query(
    `update delivery_batches set expires_at = null, created_at = clock_timestamp(),
       not_before = clock_timestamp() + make_interval(secs => $3 / 1000.0),
       unproved = unproved + ($4 = 'unproved')::int, hard_failures = hard_failures + ($4 = 'hardFailure')::int,
       maybe_written = maybe_written or $5
     where batch_id = $1 and fence = $2`,
    [batchId, fence, afterMs, cause, maybeWritten],
  );
}

/**
 * Leaves batches that nobody is sending to the next claim: their portal is paused. Those that HubSpot surely does not
 * have are dissolved, as in `dissolveBatch`; the others are kept whole.
 */
export async function leaveBatches(db: Queryable, batchIds: string[]): Promise<void> {
  await dissolve(db, 'batch_id = any ($1::bigint[]) and expires_at is null and not maybe_written', [
    batchIds,
  ]);
  await db.query(
    `update delivery_batches set created_at = to_timestamp(0)
     where batch_id = any ($1::bigint[]) and expires_at is null`,
    [batchIds],
  );
}

/**
 * Dissolves a taken batch that HubSpot surely did not apply: its records are due again and will be compared anew, so
 * that the newest value is sent when calls are possible again.
 */
export function dissolveBatch(db: Queryable, batchId: string, fence: string): Promise<void> {
  return dissolve(db, 'batch_id = $1 and fence = $2', [batchId, fence]);
}

async function dissolve(db: Queryable, which: string, values: unknown[]): Promise<void> {
  await db.query(
    `with gone as (delete from delivery_batches where ${which} returning batch_id),
     marks as (update outbox set batch_id = null from gone where outbox.batch_id = gone.batch_id)
     update golden_associations set batch_id = null from gone where golden_associations.batch_id = gone.batch_id`,
    values,
  );
}

/**
 * Stores a batch as two halves before either is sent; what belongs to one golden record (or pair) stays together.
 * @param maybeWritten whether HubSpot may have applied the call that failed
 * @returns their ids
 */
export async function splitBatch(
  db: Queryable,
  batchId: string,
  fence: string,
  maybeWritten: boolean,
): Promise<[string, string] | null> {
  const { rows } = await db.query<{ batch_id: string }>(
    `insert into delivery_batches (portal_id, target, kind, object_type, to_object, operation, lane, split_from,
       maybe_written)
     select portal_id, target, kind, object_type, to_object, operation, lane, coalesce(split_from, batch_id),
       maybe_written or $3
     from delivery_batches, generate_series(1, 2) where batch_id = $1 and fence = $2
     returning batch_id`,
    [batchId, fence, maybeWritten],
  );
  if (rows.length !== 2) return null;
  const [first, second] = [rows[0]!.batch_id, rows[1]!.batch_id];
  for (const table of ['intents', 'association_intents'] as const) {
    const id = table === 'intents' ? 'golden_id' : 'from_golden, to_golden';
    await db.query(
      `update ${table} set batch_id = case when half.number = 1 then $2::bigint else $3::bigint end
       from (select ${id}, ntile(2) over (order by ${id}) as number
         from (select distinct ${id} from ${table} where batch_id = $1) as single) as half
       where ${table}.batch_id = $1 and (${prefixed(table, id)}) = (${prefixed('half', id)})`,
      [batchId, first, second],
    );
  }
  await db.query(
    `update outbox set batch_id = intents.batch_id from intents
     where outbox.batch_id = $1 and intents.golden_id = outbox.golden_id and intents.batch_id = any ($2::bigint[])`,
    [batchId, [first, second]],
  );
  await db.query(
    `update golden_associations held set batch_id = i.batch_id from association_intents i
     where held.batch_id = $1 and i.from_golden = held.from_golden and i.to_golden = held.to_golden
       and i.batch_id = any ($2::bigint[])`,
    [batchId, [first, second]],
  );
  await db.query('delete from delivery_batches where batch_id = $1', [batchId]);
  return [first, second];
}

function prefixed(table: string, columns: string): string {
  return columns
    .split(', ')
    .map((column) => `${table}.${column}`)
    .join(', ');
}

/** The batches that these became when an earlier attempt split them, with those that are still whole. */
export async function currentBatches(db: Queryable, batchIds: string[]): Promise<string[]> {
  const { rows } = await db.query<{ batch_id: string }>(
    `select batch_id from delivery_batches
     where batch_id = any ($1::bigint[]) or split_from = any ($1::bigint[]) order by batch_id`,
    [batchIds],
  );
  return rows.map((row) => row.batch_id);
}
