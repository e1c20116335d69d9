import type { Edit } from '../../domain/record';
import type { Queryable } from '../pool';

export interface KnownState {
  recordId: string;
  goldenId: string | null;
  kept: Record<string, string | null>;
  sent: Record<string, string>;
  archived: boolean;
  /** Values that others than us gave, and who: one counts as long as HubSpot holds its value. */
  edits: Record<string, Edit>;
}

const columns = `record_id as "recordId", golden_id as "goldenId", kept, sent, archived, edits`;

/** The known states of HubSpot records by their ids, and of those linked to golden records. */
export async function loadKnownStates(
  db: Queryable,
  portalId: string,
  objectType: string,
  { recordIds = [], goldenIds = [] }: { recordIds?: string[]; goldenIds?: string[] },
): Promise<KnownState[]> {
  if (recordIds.length === 0 && goldenIds.length === 0) return [];
  const { rows } = await db.query<KnownState>(
    `select ${columns} from known_states
     where portal_id = $1 and target = 'hubspot' and object_type = $2 and record_id = any ($3::text[])
     union
     select ${columns} from known_states
     where portal_id = $1 and target = 'hubspot' and object_type = $2 and golden_id = any ($4::uuid[])`,
    [portalId, objectType, recordIds, goldenIds],
  );
  return rows;
}

export interface ReadState {
  recordId: string;
  kept: Record<string, string | null>;
  updatedAt: string | null;
  /** Changed values that are our own although no settled write of ours explains them. */
  ours?: Record<string, string>;
  /** Changed values that others gave, by HubSpot's history. */
  edits?: Record<string, Edit>;
}

/**
 * Takes over what a read of HubSpot returned. What somebody changed since it answered our write is no longer
 * remembered as sent, so that ownership decides on it anew. A state that a write settled after the read began is newer
 * and stays, and so is one of a read that began later: lists are read beside what people change.
 * @param readBegan when the read's call was sent
 * @returns the ids of the records that were taken over; the others have to be read again
 */
export async function saveReadStates(
  db: Queryable,
  portalId: string,
  objectType: string,
  states: ReadState[],
  readBegan: Date,
): Promise<Set<string>> {
  if (states.length === 0) return new Set();
  const changed = `array(select property from jsonb_each_text(excluded.kept) as read (property, value)
    where known_states.kept ->> property is distinct from value)`;
  const { rows } = await db.query<{ record_id: string }>(
    `insert into known_states (portal_id, object_type, record_id, kept, sent, edits, record_updated_at, read_at)
     select $1, $2, "recordId", kept, coalesce(ours, '{}'), coalesce(edits, '{}'), "updatedAt", $4
     from json_to_recordset($3) as input ("recordId" text, kept jsonb, ours jsonb, edits jsonb,
       "updatedAt" timestamptz) order by "recordId"
     on conflict (portal_id, target, object_type, record_id) do update set
       kept = known_states.kept || excluded.kept,
       sent = (known_states.sent - ${changed}) || excluded.sent,
       edits = (known_states.edits - ${changed}) || excluded.edits,
       record_updated_at = excluded.record_updated_at,
       read_at = excluded.read_at, archived = false
     where (known_states.settled_at is null or known_states.settled_at < excluded.read_at)
       and known_states.read_at <= excluded.read_at
     returning record_id`,
    [portalId, objectType, JSON.stringify(states), readBegan],
  );
  return new Set(rows.map((row) => row.record_id));
}

/**
 * Takes over that HubSpot does not have these records any more: archived, deleted for good or merged away. They stay
 * linked to their golden records, so that nothing is created in their place.
 * @returns those that a write settled after the read began: they have to be read again
 */
export async function saveReadArchived(
  db: Queryable,
  portalId: string,
  objectType: string,
  recordIds: string[],
  readBegan: Date,
): Promise<Set<string>> {
  if (recordIds.length === 0) return new Set();
  await db.query(
    `update known_states set archived = true, read_at = $4
     where portal_id = $1 and target = 'hubspot' and object_type = $2 and record_id = any ($3::text[])
       and not archived and (settled_at is null or settled_at < $4) and read_at <= $4`,
    [portalId, objectType, recordIds, readBegan],
  );
  const { rows } = await db.query<{ record_id: string }>(
    `select record_id from known_states where portal_id = $1 and target = 'hubspot' and object_type = $2
       and record_id = any ($3::text[]) and not archived`,
    [portalId, objectType, recordIds],
  );
  return new Set(rows.map((row) => row.record_id));
}

/** What is known of a HubSpot record, and what of ours may be on its way to it. */
export interface KnownWithIntents {
  /** null: nothing was ever read of it. */
  kept: Record<string, string | null> | null;
  /** Frozen changes of the record, or of the new record that bears our id. */
  intents: Record<string, string>[];
  /** It was known to be archived, deleted or merged away. */
  archived: boolean;
}

/**
 * Known states with the unsettled intents that may already have been sent.
 * @param records `goldenId`: what HubSpot holds as our own id, if any
 * @returns by record id, only those of which anything is known
 */
export async function loadKnownWithIntents(
  db: Queryable,
  portalId: string,
  objectType: string,
  records: { recordId: string; goldenId: string | null }[],
): Promise<Map<string, KnownWithIntents>> {
  if (records.length === 0) return new Map();
  const { rows } = await db.query<KnownWithIntents & { recordId: string }>(
    `with input as materialized (
       select * from json_to_recordset($3) as input ("recordId" text, "goldenId" text)),
     frozen as materialized (
       select record_id, golden_id, properties from intents join delivery_batches using (batch_id)
       where intents.portal_id = $1 and intents.object_type = $2 and target = 'hubspot'),
     mine as materialized (
       select "recordId", jsonb_agg(properties) as intents from (
         select "recordId", properties from frozen join input on record_id = "recordId"
         union all
         select "recordId", properties from frozen join input on record_id is null and golden_id::text = "goldenId"
       ) as flying
       group by "recordId")
     select input."recordId", known.kept, coalesce(mine.intents, '[]') as intents,
       coalesce(known.archived, false) as archived
     from input
     left join known_states known on known.portal_id = $1 and known.target = 'hubspot'
       and known.object_type = $2 and known.record_id = input."recordId"
     left join mine on mine."recordId" = input."recordId"
     where known.record_id is not null or mine.intents is not null`,
    [portalId, objectType, JSON.stringify(records)],
  );
  return new Map(rows.map(({ recordId, ...known }) => [recordId, known]));
}

/** Links HubSpot records to golden records, one to one. Pass only links that change. */
export async function linkAnchors(
  db: Queryable,
  portalId: string,
  objectType: string,
  links: { recordId: string; goldenId: string | null }[],
): Promise<void> {
  if (links.length === 0) return;
  const input = JSON.stringify(links);
  await db.query(
    `update known_states set golden_id = null
     from json_to_recordset($3) as input ("recordId" text)
     where portal_id = $1 and target = 'hubspot' and object_type = $2 and record_id = input."recordId"
       and golden_id is not null`,
    [portalId, objectType, input],
  );
  await db.query(
    `update known_states set golden_id = input."goldenId"
     from json_to_recordset($3) as input ("recordId" text, "goldenId" uuid)
     where portal_id = $1 and target = 'hubspot' and object_type = $2 and record_id = input."recordId"
       and input."goldenId" is not null`,
    [portalId, objectType, input],
  );
}
