import type { Pool } from 'pg';
import { until } from '../support/until';

/** How much is told, due or in flight; what is parked waits for a person. */
export async function workLeft(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ work: number }>(
    `select ((select count(*) from inbox_events where settled_at is null)
       + (select count(*) from staged_records where due_at is not null)
       + (select count(*) from outbox where not parked)
       + (select count(*) from delivery_batches)
       + (select count(*) from golden_associations where due and not parked))::int as work`,
  );
  return rows[0]!.work;
}

/** Waits until nothing is told, due or in flight any more. */
export async function settled(pool: Pool): Promise<void> {
  await until(
    () => workLeft(pool),
    (work) => work === 0,
  );
}
