import type { Queryable } from '../pool';

/** One change of a batch. */
export interface WrittenBack {
  goldenId: string;
  recordId: string;
}

/** Ledger and known states of the records that a target accepted. What it made of the values, the next read tells. */
export async function settleWrittenBack(
  db: Queryable,
  portalId: string,
  batch: { batchId: string; objectType: string },
  target: string,
  written: WrittenBack[],
): Promise<void> {
  if (written.length === 0) return;
  await db.query(
    `with input as (
       select input.*, intents.properties, intents.before, intents.run_id
       from json_to_recordset($3) as input ("goldenId" uuid, "recordId" text)
       join intents on intents.batch_id = $4 and intents.golden_id = input."goldenId"
         and intents.record_id = input."recordId"),
     ledger as (
       insert into deliveries (portal_id, target, run_id, object_type, golden_id, record_id, operation, before, after,
         acknowledged)
       select $1, $5, run_id, $2, "goldenId", "recordId", 'update', before, properties, properties from input)
     insert into known_states (portal_id, target, object_type, record_id, kept, sent, settled_at)
     select $1, $5, $2, "recordId", '{}', properties, clock_timestamp() from input order by "recordId"
     on conflict (portal_id, target, object_type, record_id) do update set
       kept = known_states.kept - array(select jsonb_object_keys(excluded.sent)),
       sent = known_states.sent || excluded.sent, settled_at = excluded.settled_at`,
    [portalId, batch.objectType, JSON.stringify(written), batch.batchId, target],
  );
}

/** Ends single changes of golden records that have other changes still open in the batch. */
export async function dropIntents(
  db: Queryable,
  batchId: string,
  records: { goldenId: string; recordId: string }[],
): Promise<void> {
  if (records.length === 0) return;
  await db.query(
    `delete from intents using json_to_recordset($2) as done ("goldenId" uuid, "recordId" text)
     where intents.batch_id = $1 and intents.golden_id = done."goldenId" and intents.record_id = done."recordId"`,
    [batchId, JSON.stringify(records.map(({ goldenId, recordId }) => ({ goldenId, recordId })))],
  );
}
