import type { Queryable } from './pool';

/**
 * The time by the database's clock, which settlements are stamped with; cut to milliseconds it is a little early, never
 * late. What a read that begins now tells is older than what is settled after it.
 */
export async function databaseTime(db: Queryable): Promise<Date> {
  const { rows } = await db.query<{ now: Date }>('select clock_timestamp() as now');
  return rows[0]!.now;
}
