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
 * One call in a hundred of every window, at least two, is never planned: calls paced evenly arrive a little unevenly,
 * and HubSpot counts arrivals (facts §2.4, the window's algorithm is not published).
 */
const spareCalls = 'greatest(2, ceil(calls_max / 100.0))';
/** Milliseconds between two planned calls. */
const intervalMs = `(window_ms::float8 / greatest(calls_max - ${spareCalls}, 1))::float8`;

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
           + make_interval(secs => $4::int * ${intervalMs} / 1000),
         used = used + $4::int
       where portal_id = $1 and bucket = $2
       returning next_slot_at as ends_at, ${intervalMs} as interval_ms),
     lease as (
       insert into quota_leases (portal_id, bucket, lane, slots, starts_at, interval_ms, expires_at)
       select $1, $2, $3, $4::int, ends_at - make_interval(secs => $4::int * interval_ms / 1000), interval_ms,
         ends_at + make_interval(secs => $5)
       from reserved returning lease_id, starts_at)
     select lease_id, extract(epoch from starts_at - clock_timestamp()) * 1000 as starts_in from lease`,
    [portalId, bucket, lane, want, leaseGraceSeconds],
  );
  const row = rows[0];
  if (!row) throw new Error(`no quota bucket ${bucket} for this portal`);
  return { leaseId: row.lease_id, slots: want, startsInMs: Math.max(0, Number(row.starts_in)) };
}

/** A slot to use at its time, and not later than it may be: behind that it would crowd those that follow. */
export interface Slot {
  /** Milliseconds from now; below 0: its time has just passed, use it at once. */
  waitMs: number;
  /** How late the call may start without breaking the window: what the spare calls make up for. */
  lateMsMax: number;
}

/**
 * Spends the next slot of a lease, once, just before the call. Slots whose time is past are void.
 * @returns null when the lease is used up or void
 */
export async function spendSlot(db: Queryable, leaseId: string): Promise<Slot | null> {
  const { rows } = await db.query<{ wait_ms: string; late_ms: string }>(
    `with at as (
       select lease.lease_id, ${spareCalls} * lease.interval_ms as late_ms, greatest(lease.spent,
         ceil((extract(epoch from clock_timestamp() - lease.starts_at) * 1000 - ${spareCalls} * lease.interval_ms)
           / lease.interval_ms)) as slot
       from quota_leases lease join quota_buckets bucket on bucket.portal_id = lease.portal_id
         and bucket.bucket = lease.bucket
       where lease.lease_id = $1 and lease.expires_at > clock_timestamp() for update of lease)
     update quota_leases lease set spent = at.slot + 1 from at
     where lease.lease_id = at.lease_id and at.slot < lease.slots
     returning extract(epoch from lease.starts_at + make_interval(secs => at.slot * lease.interval_ms / 1000)
       - clock_timestamp()) * 1000 as wait_ms, at.late_ms`,
    [leaseId],
  );
  return rows[0] ? { waitMs: Number(rows[0].wait_ms), lateMsMax: Number(rows[0].late_ms) } : null;
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
