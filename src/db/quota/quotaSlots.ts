import type { Queryable } from '../pool';
import type { QuotaBucket } from './quota';

/** The answer to a wish for a slot. Times are milliseconds from now, by the database's clock. */
export type SlotAnswer =
  /** Spent: make the call in `waitMs`, and give the slot up rather than call more than `lateMsMax` later. */
  | { kind: 'slot'; spentId: string; waitMs: number; lateMsMax: number }
  /** Nothing is free yet: ask again then. */
  | { kind: 'later'; waitMs: number }
  /** What is left of the day is kept for more urgent calls. */
  | { kind: 'dayEnded'; waitMs: number; resumeAt: Date };

export interface SlotWish {
  portalId: string;
  bucket: QuotaBucket;
  lane: number;
  /** The lease that the call belongs to; null: a call beyond any lease. */
  leaseId: string | null;
  /** Share of the day's calls that this caller must leave untouched, 0 to 1. */
  keptShare: number;
  /** For tests; the database's clock by default. */
  now?: Date;
}

/**
 * Spends the next slot, once, in one atomic call (migration 004, `quota_take_slot`): all workers on all machines stand
 * in one queue. A lease counts it; a lease that is used up or void changes nothing for the call.
 * @throws where the bucket cannot be read: then no call may be sent
 */
export async function takeSlot(db: Queryable, wish: SlotWish): Promise<SlotAnswer> {
  const { rows } = await db.query<{
    taken_id: string | null;
    wait_ms: number;
    late_ms_max: number | null;
    resume_at: Date | null;
  }>('select * from quota_take_slot($1, $2, $3, $4, $5, $6)', [
    wish.portalId,
    wish.bucket,
    wish.lane,
    wish.leaseId,
    wish.keptShare,
    wish.now ?? null,
  ]);
  const row = rows[0];
  if (!row) throw new Error(`no quota bucket ${wish.bucket} for this portal`);
  const waitMs = Number(row.wait_ms);
  if (row.resume_at) return { kind: 'dayEnded', waitMs, resumeAt: row.resume_at };
  if (row.taken_id === null) return { kind: 'later', waitMs };
  return { kind: 'slot', spentId: row.taken_id, waitMs, lateMsMax: Number(row.late_ms_max) };
}

/** Counts a slot as unused: its call was not made. Its time is lost all the same. */
export async function voidSlot(db: Queryable, spentId: string): Promise<void> {
  await db.query(
    `with unused as (delete from quota_spent where spent_id = $1 returning portal_id, bucket)
     update quota_buckets bucket set used = greatest(used - 1, 0) from unused
     where bucket.portal_id = unused.portal_id and bucket.bucket in (unused.bucket, 'daily')`,
    [spentId],
  );
}
