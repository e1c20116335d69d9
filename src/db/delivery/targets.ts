import type { Queryable } from '../pool';

/** A source that takes write-backs, as far as calling it goes. It is here only once something failed there. */
export interface Target {
  target: string;
  isPaused: boolean;
  /** When the pause ends by itself; null while paused: a person must resume it. */
  pausedUntil: Date | null;
  pauseReason: string | null;
  /** Its last call failed: the next one decides whether it works again. */
  isBroken: boolean;
}

const columns = `target, coalesce(paused_until > now(), false) as "isPaused",
  nullif(paused_until, 'infinity') as "pausedUntil", pause_reason as "pauseReason",
  failures > 0 as "isBroken"`;

/** The targets of a portal that ever failed, by name. */
export async function listTargets(db: Queryable, portalId: string): Promise<Target[]> {
  const { rows } = await db.query<Target>(
    `select ${columns} from targets where portal_id = $1 order by target`,
    [portalId],
  );
  return rows;
}

export async function findTarget(db: Queryable, portalId: string, target: string): Promise<Target | null> {
  const { rows } = await db.query<Target>(
    `select ${columns} from targets where portal_id = $1 and target = $2`,
    [portalId, target],
  );
  return rows[0] ?? null;
}

/** A call that the target answered: what failed before it is forgotten. */
export async function noteTargetAnswer(db: Queryable, portalId: string, target: string): Promise<void> {
  await db.query(
    `update targets set failures = 0, openings = 0, paused_until = null, pause_reason = null
     where portal_id = $1 and target = $2 and failures > 0`,
    [portalId, target],
  );
}

/** Counts a failed call. @returns the failures in a row, and how often the breaker opened already */
export async function noteTargetFailure(
  db: Queryable,
  portalId: string,
  target: string,
): Promise<{ failures: number; openings: number }> {
  const { rows } = await db.query<{ failures: number; openings: number }>(
    `insert into targets (portal_id, target, failures) values ($1, $2, 1)
     on conflict (portal_id, target) do update set failures = targets.failures + 1
     returning failures, openings`,
    [portalId, target],
  );
  return rows[0]!;
}

/** Stops write-backs to a target for a time, or (null) until a person resumes it. A longer pause that holds stays. */
export async function pauseTarget(
  db: Queryable,
  portalId: string,
  target: string,
  pauseMs: number | null,
  reason: string,
): Promise<void> {
  await db.query(
    `insert into targets (portal_id, target, failures, openings, pause_reason, paused_until)
     select $1, $2, 1, 1, $4,
       case when $3::float8 is null then 'infinity' else clock_timestamp() + make_interval(secs => $3 / 1000) end
     on conflict (portal_id, target) do update set openings = targets.openings + 1,
       pause_reason = excluded.pause_reason, paused_until = excluded.paused_until
     where coalesce(targets.paused_until < excluded.paused_until, true)`,
    [portalId, target, pauseMs, reason],
  );
}

/** Ends the pauses of all targets of a portal. @returns which were paused */
export async function resumeTargets(db: Queryable, portalId: string): Promise<string[]> {
  const { rows } = await db.query<{ target: string }>(
    `with held as (select target from targets where portal_id = $1 and paused_until > now() for update),
     resumed as (
       update targets set paused_until = null, pause_reason = null, failures = 0, openings = 0 where portal_id = $1)
     select target from held order by target`,
    [portalId],
  );
  return rows.map(({ target }) => target);
}
