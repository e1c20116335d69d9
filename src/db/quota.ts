import type { Queryable } from './pool';

export type QuotaBucket = 'burst' | 'search' | 'associations' | 'daily';

export interface Lease {
  leaseId: string;
  slots: number;
  /** Milliseconds from now until the first slot. */
  startsInMs: number;
}

/** A lease is void this long after its last slot: long enough for a busy worker, short enough to waste little. */
const leaseGraceSeconds = 15;

/**
 * Two calls of every window are never planned: calls paced evenly arrive a little unevenly, and HubSpot counts
 * arrivals (facts §2.4, the window's algorithm is not published).
 */
const spareCalls = 2;

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

/** Reserves the next `want` slots of a bucket in one atomic statement: evenly paced, shared by all workers. */
export async function takeLease(
  db: Queryable,
  portalId: string,
  bucket: QuotaBucket,
  lane: number,
  want: number,
): Promise<Lease> {
  const { rows } = await db.query<{ lease_id: string; starts_in: string }>(
    `with reserved as (
       update quota_buckets set
         next_slot_at = greatest(next_slot_at, clock_timestamp())
           + make_interval(secs => $4::int * window_ms / 1000.0 / greatest(calls_max - $6::int, 1)),
         used = used + $4::int
       where portal_id = $1 and bucket = $2
       returning next_slot_at as ends_at, window_ms::float8 / greatest(calls_max - $6::int, 1) as interval_ms),
     lease as (
       insert into quota_leases (portal_id, bucket, lane, slots, starts_at, interval_ms, expires_at)
       select $1, $2, $3, $4::int, ends_at - make_interval(secs => $4::int * interval_ms / 1000), interval_ms,
         ends_at + make_interval(secs => $5)
       from reserved returning lease_id, starts_at)
     select lease_id, extract(epoch from starts_at - clock_timestamp()) * 1000 as starts_in from lease`,
    [portalId, bucket, lane, want, leaseGraceSeconds, spareCalls],
  );
  const row = rows[0];
  if (!row) throw new Error(`no quota bucket ${bucket} for this portal`);
  return { leaseId: row.lease_id, slots: want, startsInMs: Math.max(0, Number(row.starts_in)) };
}

/**
 * Spends one slot of a lease, once, just before the call.
 * @returns how long to wait until the slot's time, or null when the lease is used up or void
 */
export async function spendSlot(db: Queryable, leaseId: string): Promise<number | null> {
  const { rows } = await db.query<{ wait_ms: string }>(
    `update quota_leases set spent = spent + 1
     where lease_id = $1 and spent < slots and expires_at > clock_timestamp()
     returning extract(epoch from
       starts_at + make_interval(secs => (spent - 1) * interval_ms / 1000) - clock_timestamp()) * 1000 as wait_ms`,
    [leaseId],
  );
  return rows[0] ? Math.max(0, Number(rows[0].wait_ms)) : null;
}

/** Gives unspent slots back where nobody has reserved behind them, and forgets the lease. */
export async function returnLease(db: Queryable, leaseId: string): Promise<void> {
  await db.query(
    `with ended as (delete from quota_leases where lease_id = $1 returning *)
     update quota_buckets bucket set
       next_slot_at = ended.starts_at + make_interval(secs => ended.spent * ended.interval_ms / 1000),
       used = used - (ended.slots - ended.spent)
     from ended
     where bucket.portal_id = ended.portal_id and bucket.bucket = ended.bucket and ended.spent < ended.slots
       and bucket.next_slot_at <= ended.starts_at
         + make_interval(secs => ended.slots * ended.interval_ms / 1000 + 0.001)`,
    [leaseId],
  );
}

/** Takes over what HubSpot says of its limit, where it differs. */
export async function learnLimit(
  db: Queryable,
  portalId: string,
  bucket: QuotaBucket,
  callsMax: number,
  windowMs: number,
): Promise<void> {
  await db.query(
    `update quota_buckets set calls_max = least($3::int, calls_cap), window_ms = $4, updated_at = now()
     where portal_id = $1 and bucket = $2 and (calls_max <> least($3::int, calls_cap) or window_ms <> $4)`,
    [portalId, bucket, callsMax, windowMs],
  );
}

/** After a 429: no slot of this bucket before `ms` from now. */
export async function delayBucket(
  db: Queryable,
  portalId: string,
  bucket: QuotaBucket,
  ms: number,
): Promise<void> {
  await db.query(
    `update quota_buckets set next_slot_at = greatest(next_slot_at, clock_timestamp() + make_interval(secs => $3))
     where portal_id = $1 and bucket = $2`,
    [portalId, bucket, ms / 1000],
  );
}
