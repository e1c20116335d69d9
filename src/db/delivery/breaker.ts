import { batchGrowth } from '../../domain/delivery/breaker';
import { batchSizeMax } from '../../domain/delivery/shapeBatch';
import type { Queryable } from '../pool';

/** A call that HubSpot answered: what failed before it is forgotten. Writes nothing where nothing had failed. */
export async function noteAnswer(db: Queryable, portalId: string): Promise<void> {
  await db.query('update portals set failures = 0 where portal_id = $1 and failures > 0 and openings = 0', [
    portalId,
  ]);
}

/** Counts a failed call. @returns the failures in a row and how often the breaker is opened already */
export async function noteFailure(
  db: Queryable,
  portalId: string,
): Promise<{ failures: number; openings: number; isPaused: boolean }> {
  const { rows } = await db.query<{ failures: number; openings: number; isPaused: boolean }>(
    `update portals set failures = failures + 1 where portal_id = $1
     returning failures, openings, coalesce(paused_until > now(), false) as "isPaused"`,
    [portalId],
  );
  return rows[0] ?? { failures: 0, openings: 0, isPaused: false };
}

/** Opens the breaker for a time, unless the portal is paused already. */
export async function openBreaker(
  db: Queryable,
  portalId: string,
  pauseMs: number,
  reason: string,
): Promise<void> {
  await db.query(
    `update portals set openings = openings + 1, pause_reason = $3,
       paused_until = clock_timestamp() + make_interval(secs => $2 / 1000.0), probe_until = null
     where portal_id = $1 and coalesce(paused_until <= clock_timestamp(), true)`,
    [portalId, pauseMs, reason],
  );
}

/** Takes the right to make the one call of a half-open breaker. @returns false while somebody else has it */
export async function takeProbe(db: Queryable, portalId: string, forMs: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `update portals set probe_until = clock_timestamp() + make_interval(secs => $2 / 1000.0)
     where portal_id = $1 and openings > 0 and paused_until <= clock_timestamp()
       and coalesce(probe_until <= clock_timestamp(), true)`,
    [portalId, forMs],
  );
  return rowCount === 1;
}

/** Closes the breaker: its one call was answered. */
export async function closeBreaker(db: Queryable, portalId: string): Promise<void> {
  await db.query(
    `update portals set failures = 0, openings = 0, probe_until = null, paused_until = null, pause_reason = null
     where portal_id = $1 and openings > 0 and paused_until <= clock_timestamp()`,
    [portalId],
  );
}

/** Batches are no larger than this from now on. Several that fail together halve it once. */
export async function shrinkBatches(db: Queryable, portalId: string, size: number): Promise<void> {
  await db.query('update portals set batch_size = $2 where portal_id = $1 and batch_size > $2', [
    portalId,
    size,
  ]);
}

/** A batch of this length was taken: the next ones may be a little larger. */
export async function growBatches(db: Queryable, portalId: string, length: number): Promise<void> {
  await db.query(
    `update portals set batch_size = least(batch_size + $3, $4)
     where portal_id = $1 and batch_size < $4 and batch_size <= $2`,
    [portalId, length, batchGrowth, batchSizeMax],
  );
}
