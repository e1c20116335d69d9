import { hubspotSource } from '../../domain/record';
import type { Queryable } from '../pool';

/** A HubSpot record that was merged away, and the one that answers for it now. */
export interface RecordMerge {
  fromId: string;
  toId: string;
}

/** HubSpot's ids are numbers, and grow. */
export function compareIds(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

/**
 * Identity knows one HubSpot record less: what was known of the loser counts for the winner until that is read, so that
 * nothing is taken for withdrawn meanwhile.
 */
export async function moveAnchors(db: Queryable, portalId: string, objectType: string, pairs: RecordMerge[]) {
  const scope = [portalId, hubspotSource, objectType];
  const { rows } = await db.query<{ record_key: string }>(
    `select record_key from mapped_records
     where portal_id = $1 and source = $2 and stream = $3 and record_key = any ($4::text[])`,
    [...scope, pairs.flatMap(({ fromId, toId }) => [fromId, toId])],
  );
  const mapped = new Set(rows.map(({ record_key }) => record_key));
  const renamed: RecordMerge[] = [];
  const removed: RecordMerge[] = [];
  for (const pair of [...pairs].sort((a, b) => compareIds(a.fromId, b.fromId))) {
    if (!mapped.has(pair.fromId)) continue;
    if (mapped.has(pair.toId)) removed.push(pair);
    else {
      mapped.add(pair.toId);
      renamed.push(pair);
    }
  }
  for (const table of ['identity_keys', 'mapped_records'] as const) {
    await db.query(
      `update ${table} set record_key = input."toId"
       from json_to_recordset($4) as input ("fromId" text, "toId" text)
       where portal_id = $1 and source = $2 and stream = $3 and record_key = input."fromId"`,
      [...scope, JSON.stringify(renamed)],
    );
  }
  await removeAnchors(
    db,
    portalId,
    objectType,
    removed.map(({ fromId }) => fromId),
  );
  await db.query(
    `delete from staged_records where portal_id = $1 and source = $2 and stream = $3
       and record_key = any ($4::text[])`,
    [...scope, pairs.map(({ fromId }) => fromId)],
  );
}

/** Identity does not meet these HubSpot records any more. */
async function removeAnchors(
  db: Queryable,
  portalId: string,
  objectType: string,
  recordIds: string[],
): Promise<void> {
  const removed = [portalId, hubspotSource, objectType, recordIds];
  await db.query(
    `delete from identity_keys where portal_id = $1 and source = $2 and stream = $3
       and record_key = any ($4::text[])`,
    removed,
  );
  await db.query(
    `with removed as (
       delete from mapped_records where portal_id = $1 and source = $2 and stream = $3
         and record_key = any ($4::text[])
       returning *)
     insert into link_history (portal_id, object_type, source, stream, record_key, golden_id, link_rule, linked_at)
     select portal_id, object_type, source, stream, record_key, golden_id, link_rule, linked_at
     from removed where golden_id is not null`,
    removed,
  );
  await db.query(
    `delete from staged_records where portal_id = $1 and source = $2 and stream = $3
       and record_key = any ($4::text[])`,
    removed,
  );
}

/**
 * Forgets HubSpot records that were archived there: their golden records have none any more, and so are created anew.
 * Call `lockConsolidation` before.
 */
export async function releaseRecords(
  db: Queryable,
  portalId: string,
  objectType: string,
  recordIds: string[],
): Promise<void> {
  if (recordIds.length === 0) return;
  await db.query(
    `update known_states set golden_id = null, archived = true
     where portal_id = $1 and target = 'hubspot' and object_type = $2 and record_id = any ($3::text[])`,
    [portalId, objectType, recordIds],
  );
  await removeAnchors(db, portalId, objectType, recordIds);
}
