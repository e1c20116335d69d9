import type { Queryable } from '../pool';

export interface Mark {
  /** HubSpot, or the source that takes write-backs. */
  target?: string;
  goldenId: string;
  lane: number;
  leadSource: string;
}

/**
 * Marks golden records as due for HubSpot or another target: one row each, whatever changed. A mark in flight keeps its claim and is
 * looked at again when it settles; a parked one is due again, for its record has changed. What a run marks again
 * keeps its lane: it was not compared with HubSpot even once, so nothing in it can be late. A mark that a run waits for
 * stays that run's when a change of no run meets it; another run takes it over.
 */
export async function markDue(
  db: Queryable,
  portalId: string,
  objectType: string,
  runId: string | null,
  marks: Mark[],
): Promise<void> {
  if (marks.length === 0) return;
  await db.query(
    `insert into outbox (portal_id, target, object_type, golden_id, lane, run_id, lead_source)
     select $1, coalesce(target, 'hubspot'), $2, "goldenId", lane, $4, "leadSource"
     from json_to_recordset($3) as input (target text, "goldenId" uuid, lane smallint, "leadSource" text)
     order by 2, "goldenId"
     on conflict (portal_id, target, object_type, golden_id) do update set
       lane = case when outbox.run_id = excluded.run_id then outbox.lane
         else least(outbox.lane, excluded.lane) end,
       run_id = case when outbox.parked then excluded.run_id else coalesce(excluded.run_id, outbox.run_id) end,
       lead_source = excluded.lead_source, due_at = now(), parked = false, not_before = null`,
    [portalId, objectType, JSON.stringify(marks), runId],
  );
}

/** Whether an urgent change of one of these records can be claimed: it waited while the record was in flight. */
export async function isUrgentDue(
  db: Queryable,
  portalId: string,
  objectType: string,
  goldenIds: string[],
): Promise<boolean> {
  const { rowCount } = await db.query(
    `select from outbox where portal_id = $1 and target = 'hubspot' and object_type = $2
       and golden_id = any ($3::uuid[]) and lane = 0 and batch_id is null and not parked limit 1`,
    [portalId, objectType, goldenIds],
  );
  return rowCount === 1;
}

/** What HubSpot is to hold of these golden records, as far as it is on its way: due or in flight, not parked. */
export async function dueValues(
  db: Queryable,
  portalId: string,
  objectType: string,
  goldenIds: string[],
): Promise<Map<string, Record<string, string>>> {
  if (goldenIds.length === 0) return new Map();
  const { rows } = await db.query<{ goldenId: string; values: Record<string, string> }>(
    `select golden_id as "goldenId", values from outbox join golden_records using (portal_id, object_type, golden_id)
     where portal_id = $1 and target = 'hubspot' and object_type = $2 and golden_id = any ($3::uuid[]) and not parked`,
    [portalId, objectType, goldenIds],
  );
  return new Map(rows.map(({ goldenId, values }) => [goldenId, values]));
}
