import { hubspotSource } from '../../domain/record';
import type { Queryable } from '../pool';

/**
 * Ends the marks of settled records: gone where golden is still at the version that was sent, else due again.
 * Their intents leave the batch; a batch without intents is gone.
 */
export async function endIntents(
  db: Queryable,
  portalId: string,
  batch: { batchId: string; objectType: string },
  goldenIds: string[],
  how: 'delivered' | 'parked' | 'retryLater' | 'again',
  target = hubspotSource,
): Promise<void> {
  if (goldenIds.length === 0) return;
  const scope = [portalId, batch.objectType, batch.batchId, goldenIds, target];
  const isCurrent = `exists (select from golden_records g join intents i on i.golden_id = g.golden_id
    where i.batch_id = $3 and g.portal_id = $1 and g.object_type = $2 and g.golden_id = outbox.golden_id
      and g.version = i.golden_version)`;
  const mine = `outbox.portal_id = $1 and outbox.target = $5 and outbox.object_type = $2
    and outbox.batch_id = $3 and outbox.golden_id = any ($4::uuid[])`;
  // First and by itself: it waits for a slice that has marked one of them anew and is not committed yet, and only the
  // statements after it see the version that came of it. In the order of `markDue`, so that neither locks the other out.
  await db.query(`select from outbox where ${mine} order by golden_id for update`, scope);
  if (how === 'delivered') await db.query(`delete from outbox where ${mine} and ${isCurrent}`, scope);
  await db.query(
    `update outbox set batch_id = null, due_at = now(),
       ${how === 'parked' ? `parked = ${isCurrent}` : 'parked = false'},
       conflicts = conflicts + ${how === 'retryLater' || how === 'again' ? 1 : 0},
       not_before = ${how === 'retryLater' ? `now() + interval '10 seconds'` : 'null'}
     where ${mine}`,
    scope,
  );
  await db.query('delete from intents where batch_id = $1 and golden_id = any ($2::uuid[])', [
    batch.batchId,
    goldenIds,
  ]);
  await db.query(
    `delete from delivery_batches b where batch_id = $1
       and not exists (select from intents where intents.batch_id = b.batch_id)`,
    [batch.batchId],
  );
}

/** How often each of these records was already tried again, because HubSpot named another record than ours. */
export async function conflictCounts(
  db: Queryable,
  portalId: string,
  objectType: string,
  goldenIds: string[],
): Promise<Map<string, number>> {
  const { rows } = await db.query<{ golden_id: string; conflicts: number }>(
    `select golden_id, conflicts from outbox where portal_id = $1 and target = 'hubspot' and object_type = $2
       and golden_id = any ($3::uuid[])`,
    [portalId, objectType, goldenIds],
  );
  return new Map(rows.map((row) => [row.golden_id, row.conflicts]));
}
