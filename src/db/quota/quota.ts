import type { Queryable } from '../pool';

export type QuotaBucket = 'burst' | 'search' | 'associations' | 'daily';

export interface Lease {
  leaseId: string;
  slots: number;
  /** Milliseconds from now until the first slot, as far as one can say: the slots get their time when spent. */
  startsInMs: number;
}

/** A lease is void this long after its last slot should have come; its sender then takes slots without it. */
const leaseGraceMs = 5_000;

/** Creates a portal's buckets where missing; existing ones keep their learned limits, under the configured ceiling. */
export async function ensureBuckets(
  db: Queryable,
  portalId: string,
  buckets: { bucket: QuotaBucket; callsMax: number; callsCap: number | null; windowMs: number }[],
): Promise<void> {
  await db.query(
    `insert into quota_buckets (portal_id, bucket, calls_max, calls_cap, window_ms)
     select $1, bucket, least("callsMax", "callsCap"), "callsCap", "windowMs"
     from json_to_recordset($2) as input (bucket text, "callsMax" int, "callsCap" int, "windowMs" int)
     on conflict (portal_id, bucket) do update set calls_cap = excluded.calls_cap,
       calls_max = least(quota_buckets.calls_max, excluded.calls_cap)`,
    [portalId, JSON.stringify(buckets)],
  );
}

/**
 * Reserves calls for a wave in one statement: as long as what is reserved already, by this lane and more urgent ones,
 * will have gone within `aheadMsMax`. So nobody claims much more than can be sent soon.
 * @returns the lease, or how long to wait before asking again
 */
export async function takeLease(
  db: Queryable,
  wish: { portalId: string; bucket: QuotaBucket; lane: number; want: number; aheadMsMax: number },
): Promise<Lease | { waitMs: number }> {
  const { rows } = await db.query<{ lease_id: string | null; starts_in: number }>(
    `with bucket as (
       select quota_gap_ms(quota_buckets, clock_timestamp()) as gap_ms, greatest(0, extract(epoch from
         greatest(next_slot_at, blocked_until) - clock_timestamp()) * 1000) as free_in_ms
       from quota_buckets where portal_id = $1 and bucket = $2),
     ahead as (
       select gap_ms, free_in_ms + gap_ms * coalesce((select sum(slots - spent) from quota_leases
         where portal_id = $1 and bucket = $2 and lane <= $3 and expires_at > clock_timestamp()), 0) as ms
       from bucket),
     lease as (
       insert into quota_leases (portal_id, bucket, lane, slots, starts_at, interval_ms, expires_at)
       select $1, $2, $3, $4::int, clock_timestamp() + quota_ms(ms), gap_ms,
         clock_timestamp() + quota_ms(ms + $4::int * gap_ms + $6)
       from ahead where ms <= $5::float8 returning lease_id)
     select lease_id, ms::float8 as starts_in from ahead left join lease on true`,
    [wish.portalId, wish.bucket, wish.lane, wish.want, wish.aheadMsMax, leaseGraceMs],
  );
  const row = rows[0];
  if (!row) throw new Error(`no quota bucket ${wish.bucket} for this portal`);
  if (row.lease_id === null) return { waitMs: Math.max(1, row.starts_in - wish.aheadMsMax) };
  return { leaseId: row.lease_id, slots: wish.want, startsInMs: row.starts_in };
}

/** Ends a lease: what was not spent of it no longer counts as reserved. */
export async function returnLease(db: Queryable, leaseId: string): Promise<void> {
  await db.query('delete from quota_leases where lease_id = $1', [leaseId]);
}

/** Counts the calls of one portal's buckets to another's: they turned out to be its. */
export async function moveSpent(db: Queryable, fromPortal: string, toPortal: string): Promise<void> {
  await db.query(
    `with moved as (update quota_spent set portal_id = $2 where portal_id = $1 returning bucket),
     calls as (select bucket, count(*) as calls from moved group by 1
       union all select 'daily', count(*) from moved)
     update quota_buckets b set used = greatest(0, used + case b.portal_id when $2 then calls.calls else -calls.calls end)
     from calls where b.portal_id in ($1, $2) and b.bucket = calls.bucket`,
    [fromPortal, toPortal],
  );
}

/** Forgets leases and spent slots that no window looks at any more. */
export async function clearLapsedQuota(db: Queryable): Promise<void> {
  await db.query('delete from quota_leases where expires_at < now()');
  await db.query(
    `delete from quota_spent spent using quota_buckets bucket
     where bucket.portal_id = spent.portal_id and bucket.bucket = spent.bucket
       and spent.starts_at < now() - quota_ms(3 * bucket.window_ms)`,
  );
}

/** The share of a day's calls that each lane leaves to the more urgent ones: bulk stops first, urgent calls never. */
export function keptShare(lane: number): number {
  return lane * 0.05;
}

/**
 * When a lane goes on that the daily budget has stopped; null: it is not stopped.
 * @param now for tests; the database's clock by default
 */
export async function dailyStop(
  db: Queryable,
  portalId: string,
  lane: number,
  now: Date | null = null,
): Promise<{ resumeAt: Date; waitMs: number } | null> {
  const { rows } = await db.query<{ resume_at: Date | null; wait_ms: number | null }>(
    `select resume_at, (extract(epoch from resume_at - clock) * 1000)::float8 as wait_ms
     from (select clock, quota_day_stop($1, $2, clock) as resume_at
       from (select coalesce($3::timestamptz, clock_timestamp()) as clock) as given) as stop`,
    [portalId, keptShare(lane), now],
  );
  const { resume_at: resumeAt, wait_ms: waitMs } = rows[0]!;
  return resumeAt ? { resumeAt, waitMs: Math.max(1, waitMs ?? 1) } : null;
}
