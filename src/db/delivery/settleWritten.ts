import type { Queryable } from '../pool';

export interface WrittenRecord {
  goldenId: string;
  recordId: string;
  kept: Record<string, string | null>;
  updatedAt: string | null;
}

/**
 * Known states and ledger of the records that HubSpot acknowledged. A record that belongs to another golden record
 * stays with it: that one is due, for HubSpot holds other values now.
 * @returns the golden records that are not linked to what HubSpot wrote for them
 */
export async function settleWritten(
  db: Queryable,
  portalId: string,
  batch: { batchId: string; objectType: string; operation: string },
  written: WrittenRecord[],
): Promise<string[]> {
  if (written.length === 0) return [];
  const input = JSON.stringify(written);
  await db.query(
    `update known_states set golden_id = null
     from json_to_recordset($3) as input ("goldenId" uuid, "recordId" text)
     where portal_id = $1 and target = 'hubspot' and object_type = $2 and golden_id = input."goldenId"
       and record_id <> input."recordId" and not exists (select from known_states held
         where held.portal_id = $1 and held.target = 'hubspot' and held.object_type = $2
           and held.record_id = input."recordId" and held.golden_id <> input."goldenId")`,
    [portalId, batch.objectType, input],
  );
  const { rows } = await db.query<{ golden_id: string }>(
    `with input as (
       select input.*, intents.properties, intents.before, intents.run_id
       from json_to_recordset($3) as input ("goldenId" uuid, "recordId" text, kept jsonb, "updatedAt" timestamptz)
       join intents on intents.batch_id = $4 and intents.golden_id = input."goldenId"),
     ledger as (
       insert into deliveries (portal_id, run_id, object_type, golden_id, record_id, operation, before, after,
         acknowledged, record_updated_at)
       select $1, run_id, $2, "goldenId", "recordId", $5, before, properties, kept, "updatedAt" from input)
     insert into known_states (portal_id, object_type, record_id, golden_id, kept, sent, record_updated_at,
       settled_at)
     select $1, $2, "recordId", "goldenId", kept, properties, "updatedAt", clock_timestamp() from input
     order by "recordId"
     on conflict (portal_id, target, object_type, record_id) do update set
       golden_id = excluded.golden_id, kept = known_states.kept || excluded.kept,
       sent = known_states.sent || excluded.sent,
       record_updated_at = excluded.record_updated_at,
       settled_at = excluded.settled_at, archived = false
     where coalesce(known_states.golden_id = excluded.golden_id, true)
     returning golden_id`,
    [portalId, batch.objectType, input, batch.batchId, batch.operation],
  );
  if (rows.length === written.length) return [];
  const linked = new Set(rows.map((row) => row.golden_id));
  const others = written.filter(({ goldenId }) => !linked.has(goldenId));
  await db.query(
    `with held as (
       update known_states set kept = known_states.kept || input.kept, settled_at = clock_timestamp()
       from json_to_recordset($3) as input ("recordId" text, kept jsonb)
       where portal_id = $1 and target = 'hubspot' and object_type = $2 and record_id = input."recordId"
       returning golden_id)
     insert into outbox (portal_id, object_type, golden_id, lane, lead_source)
     select portal_id, object_type, golden_id, 1, lead_source from golden_records
     where portal_id = $1 and object_type = $2 and golden_id in (select golden_id from held)
     on conflict (portal_id, target, object_type, golden_id) do update set
       lane = least(outbox.lane, 1), due_at = now(), parked = false, not_before = null`,
    [portalId, batch.objectType, JSON.stringify(others)],
  );
  return others.map(({ goldenId }) => goldenId);
}

/** Marks HubSpot records as archived, after we archived them or HubSpot says that they are gone. */
export async function settleArchived(
  db: Queryable,
  portalId: string,
  objectType: string,
  recordIds: string[],
): Promise<void> {
  if (recordIds.length === 0) return;
  await db.query(
    `update known_states set archived = true, settled_at = clock_timestamp()
     where portal_id = $1 and target = 'hubspot' and object_type = $2 and record_id = any ($3::text[])`,
    [portalId, objectType, recordIds],
  );
}
