import type { Pool } from 'pg';
import { until } from './until';

/** Waits until a statement in this database waits for a lock that another one holds. */
export async function untilOneWaits(pool: Pool): Promise<void> {
  await until(async () => {
    const { rowCount } = await pool.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rowCount !== 0;
  });
}
