import type { Queryable } from '../pool';

/** A lane that failed for good: nothing but a person changes that. */
export interface LaneStop {
  /** The activity that failed. */
  activity: string;
  /** What its lane is for: an object type, an urgency, a source that takes write-backs. */
  subject: string;
  /** Plain words without data. */
  reason: string;
}

/** `tick` rings lanes that have work every minute: what still stops one is noted anew well within this. */
const freshFor = `interval '3 minutes'`;

/** Notes that a lane stopped. */
export async function noteStop(
  db: Queryable,
  portalId: string,
  { activity, subject, reason }: LaneStop,
): Promise<void> {
  await db.query(
    `insert into lane_stops (portal_id, activity, subject, reason, stopped_at)
     values ($1, $2, $3, $4, clock_timestamp())
     on conflict (portal_id, activity, subject) do update
       set reason = excluded.reason, stopped_at = excluded.stopped_at`,
    [portalId, activity, subject, reason],
  );
}

/** Forgets all stops of a portal: its lanes are rung, and note again what still stops them. */
export async function forgetStops(db: Queryable, portalId: string): Promise<void> {
  await db.query('delete from lane_stops where portal_id = $1', [portalId]);
}

/** The newest stop of one of these activities, of any subject or of one of `subjects`; null: nothing stops them. */
export async function findStop(
  db: Queryable,
  portalId: string,
  activities: readonly string[],
  subjects: readonly string[] | null,
): Promise<LaneStop | null> {
  const { rows } = await db.query<LaneStop>(
    `select activity, subject, reason from lane_stops
     where portal_id = $1 and activity = any ($2::text[]) and ($3::text[] is null or subject = any ($3::text[]))
       and stopped_at > now() - ${freshFor}
     order by stopped_at desc limit 1`,
    [portalId, activities, subjects],
  );
  return rows[0] ?? null;
}
