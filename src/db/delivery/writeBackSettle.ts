import type { Queryable } from '../pool';

/** One change of a batch. */
export interface WrittenBack {
  goldenId: string;
  recordId: string;
}

/**
 * Ledger and known states of the records that a target accepted. What it made of the values, the next read tells.
 * Of a record that was seen to be gone meanwhile nothing is known: should it come back, it is seen for the first time.
 */
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
       select $1, $5, run_id, $2, "goldenId", "recordId", 'update', before, properties, properties from input),
     held as (
       select record_id, properties from input join known_states on portal_id = $1 and target = $5
         and object_type = $2 and record_id = "recordId" order by record_id for update of known_states)
     update known_states k set kept = k.kept - array(select jsonb_object_keys(properties)),
       sent = k.sent || properties, settled_at = clock_timestamp()
     from held where k.portal_id = $1 and k.target = $5 and k.object_type = $2 and k.record_id = held.record_id`,
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
