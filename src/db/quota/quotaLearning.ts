import type { Queryable } from '../pool';
import type { QuotaBucket } from './quota';

export interface ToldLimit {
  portalId: string;
  bucket: QuotaBucket;
  callsMax: number;
  windowMs: number;
  /** Calls left in the window as HubSpot counts; null: it did not say. */
  remaining: number | null;
  /** How long the call took: HubSpot may have counted at its beginning or at its end. */
  callMs: number;
  /** For tests; the database's clock by default. */
  now?: Date;
}

/**
 * Takes over the limit that HubSpot tells, under the configured ceiling, and sees from what is left of the window
 * whether somebody else uses the same budget: what HubSpot counted beyond our own calls, as far as the spare does not
 * cover it, is left to them. It rises at once and falls within a window.
 */
export async function learnLimit(db: Queryable, told: ToldLimit): Promise<void> {
  await db.query(
    `with bucket as (
       select portal_id, bucket, calls_cap, coalesce($7::timestamptz, clock_timestamp()) as clock,
         quota_foreign(quota_buckets, coalesce($7::timestamptz, clock_timestamp())) as faded, foreign_at
       from quota_buckets where portal_id = $1 and bucket = $2),
     own as (
       select count(*) filter (where starts_at > clock - quota_ms($4::int) and starts_at <= clock) as at_end,
         count(*) filter (where starts_at > clock - quota_ms($4::int + $6::float8) and starts_at <= clock - quota_ms($6::float8)) as at_start
       from bucket join quota_spent using (portal_id, bucket)
       where starts_at > clock - quota_ms($4::int + $6::float8)),
     seen as (
       select bucket.*, greatest(0, ($3::int - $5::int) - greatest(at_end, at_start)
         - ($3::int - least($3::int, calls_cap))) as others from bucket, own)
     update quota_buckets b set calls_max = least($3::int, b.calls_cap), window_ms = $4::int, told_at = clock,
       updated_at = clock, foreign_at = clock,
       foreign_calls = case
         when $5::int is null then faded
         when others > greatest(1, floor(quota_spare($3::int) / 2)) and others > faded then others
         else least(faded, others + (faded - others) * quota_fading(seen.foreign_at, clock, $4::int / 2.0)) end
     from seen where b.portal_id = seen.portal_id and b.bucket = seen.bucket`,
    [told.portalId, told.bucket, told.callsMax, told.windowMs, told.remaining, told.callMs, told.now ?? null],
  );
}

/** Calls that had their slots when one was refused come to their end within this: their refusals are the same one. */
const sameRefusalMs = 2_000;

/**
 * After a 429: no slot of this bucket before `ms` from now. A refusal while our own calls fill the window, or one whose
 * headers told what fills it (`learnLimit` comes first), is an edge that was touched, for which a tenth of the time is
 * enough (`edgeMs`): fewer calls are made for some windows, and those that are counted hold back the next ones. Touched
 * once more within a window it is more than an edge. Fewer calls are all that is learned of a limit where replies carry
 * no headers.
 */
export async function blockBucket(
  db: Queryable,
  portalId: string,
  bucket: QuotaBucket,
  ms: number,
  { edgeMs = ms, isTold = false }: { edgeMs?: number; isTold?: boolean } = {},
): Promise<void> {
  await db.query(
    `with own as (
       select count(*) as calls from quota_spent join quota_buckets using (portal_id, bucket)
       where portal_id = $1 and bucket = $2 and starts_at <= clock_timestamp()
         and starts_at > clock_timestamp() - quota_ms(window_ms)),
     refused as (
       select clock_timestamp() as clock, own.calls, clock_timestamp() + quota_ms(case
         when (own.calls >= 0.9 * calls_max or $6)
           and coalesce(blocked_until < clock_timestamp() - quota_ms(window_ms)
             or blocked_until > clock_timestamp() - quota_ms($5), true) then $4::float8
         else $3::float8 end) as until
       from quota_buckets, own where portal_id = $1 and bucket = $2)
     update quota_buckets b set
       blocked_until = greatest(blocked_until, until), next_slot_at = greatest(next_slot_at, until),
       foreign_calls = greatest(quota_foreign(b, clock), least(calls_max / 2, calls_max - calls + 1)),
       foreign_at = clock, updated_at = clock
     from refused where portal_id = $1 and bucket = $2`,
    [portalId, bucket, ms, edgeMs, sameRefusalMs, isTold],
  );
}

/** Replies from before midnight arrive for this long: they tell of the day before. */
const dayBeginMs = 60_000;
/** Calls under way that HubSpot had not counted yet when it replied, at most. */
const underWayMax = 200;

/** Takes over what HubSpot says of the day: its limit, and what all applications of the account have used. */
export async function learnDay(
  db: Queryable,
  portalId: string,
  day: { callsMax: number; remaining: number },
  now: Date | null = null,
): Promise<void> {
  await db.query(
    `update quota_buckets set told_at = clock, updated_at = clock, calls_max = least($2::int, calls_cap),
       used = greatest($2::int - $3::int, least(used, $2::int - $3::int + $4::int))
     from (select coalesce($6::timestamptz, clock_timestamp()) as clock) as given
     where portal_id = $1 and bucket = 'daily' and resets_at > clock
       and resets_at - interval '1 day' < clock - quota_ms($5)`,
    [portalId, day.callsMax, day.remaining, underWayMax, dayBeginMs, now],
  );
}

/** HubSpot says that the day's calls are used up. */
export async function endDay(db: Queryable, portalId: string): Promise<void> {
  await db.query(
    `update quota_buckets set used = greatest(used, calls_max), told_at = clock_timestamp()
     where portal_id = $1 and bucket = 'daily'`,
    [portalId],
  );
}
