import type { Queryable } from './pool';

export interface Portal {
  portalId: string;
  name: string;
  mode: 'hold' | 'live';
  timeZone: string | null;
  /** By the database's clock, like every time that several machines share. */
  isPaused: boolean;
  /** When the pause ends by itself; null while paused: a person must resume it. */
  pausedUntil: Date | null;
  pauseReason: string | null;
  /** HubSpot failed so often that calls stopped: when the pause ends, one call tries whether it works again. */
  isBroken: boolean;
  /** Records per batch: fewer where HubSpot could not take more at once. */
  batchSize: number;
  checkedHash: string | null;
  checkFaults: { path: string; fault: string; hint: string | null }[];
}

const columns = `portal_id as "portalId", name, mode, time_zone as "timeZone", coalesce(paused_until > now(), false) as "isPaused",
  nullif(paused_until, 'infinity') as "pausedUntil",
  pause_reason as "pauseReason", openings > 0 as "isBroken", batch_size as "batchSize", checked_hash as "checkedHash", check_faults as "checkFaults"`;

/** All portals that this database has ever met. */
export async function listPortals(db: Queryable): Promise<Portal[]> {
  const { rows } = await db.query<Portal>(`select ${columns} from portals order by name`);
  return rows;
}

export async function findPortal(db: Queryable, portalId: string): Promise<Portal | null> {
  const { rows } = await db.query<Portal>(`select ${columns} from portals where portal_id = $1`, [portalId]);
  return rows[0] ?? null;
}

/**
 * Binds a configured portal name to the portal id its token was read with. A new portal starts in `hold`.
 * @returns false when the name is bound to another portal id: all state belongs to that one
 */
export async function bindPortal(
  db: Queryable,
  name: string,
  portalId: string,
  timeZone: string | null,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into portals (portal_id, name, time_zone) values ($1, $2, $3)
     on conflict (portal_id) do update set time_zone = excluded.time_zone where portals.name = excluded.name`,
    [portalId, name, timeZone],
  );
  return rowCount === 1;
}

/** Which portal id a configured name is bound to; null when none yet. */
export async function boundPortalId(db: Queryable, name: string): Promise<string | null> {
  const { rows } = await db.query<{ portal_id: string }>('select portal_id from portals where name = $1', [
    name,
  ]);
  return rows[0]?.portal_id ?? null;
}

export async function setMode(db: Queryable, portalId: string, mode: 'hold' | 'live'): Promise<void> {
  await db.query('update portals set mode = $2 where portal_id = $1', [portalId, mode]);
}

/** Until the end of the transaction nobody else pauses or installs the portal. Take it before its tokens. */
export async function lockPortal(transaction: Queryable, portalId: string): Promise<void> {
  await transaction.query('select from portals where portal_id = $1 for update', [portalId]);
}

/** Ends a pause at once. */
export async function resumePortal(db: Queryable, portalId: string): Promise<void> {
  await db.query(
    `update portals set paused_until = null, pause_reason = null, failures = 0, openings = 0, probe_until = null
     where portal_id = $1`,
    [portalId],
  );
}

/** Ends a pause that only a person can end: refused credentials, an installation that was gone. */
export async function endUntimedPause(db: Queryable, portalId: string): Promise<void> {
  await db.query(
    `update portals set paused_until = null, pause_reason = null, failures = 0, openings = 0, probe_until = null
     where portal_id = $1 and paused_until = 'infinity'`,
    [portalId],
  );
}

/** Stops all calls of a portal until a time (null: until a person resumes it). A longer pause that holds already stays. */
export async function pausePortal(db: Queryable, portalId: string, untilMs: number | null, reason: string) {
  await db.query(
    `update portals set pause_reason = $3, paused_until = wanted.until
     from (select case when $2::float8 is null then 'infinity' else now() + make_interval(secs => $2 / 1000) end
       as until) as wanted
     where portal_id = $1 and coalesce(paused_until < wanted.until, true)`,
    [portalId, untilMs, reason],
  );
}

export async function saveCheck(
  db: Queryable,
  portalId: string,
  hash: string,
  faults: Portal['checkFaults'],
): Promise<void> {
  await db.query(
    'update portals set checked_hash = $2, checked_at = now(), check_faults = $3 where portal_id = $1',
    [portalId, hash, JSON.stringify(faults)],
  );
}

/** Milliseconds until the next midnight in a portal's time zone, when HubSpot's daily counter starts anew. */
export async function msUntilDailyReset(db: Queryable, portalId: string): Promise<number> {
  const { rows } = await db.query<{ ms: number }>(
    `select (extract(epoch from quota_day_end($1, now()) - now()) * 1000)::float8 as ms`,
    [portalId],
  );
  return rows[0]!.ms;
}
