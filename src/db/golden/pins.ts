import type { NewPin, PinDecision } from '../../domain/merge/decidePins';
import type { Pin } from '../../domain/record';
import type { Queryable } from '../pool';

export interface StoredPin extends Pin {
  goldenId: string;
}

const isoOf = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** All pins of these golden records and HubSpot records, ended ones too. */
export async function loadPins(
  db: Queryable,
  portalId: string,
  objectType: string,
  goldenIds: string[],
  recordIds: string[],
): Promise<StoredPin[]> {
  const { rows } = await db.query<StoredPin>(
    `select pin_id as "pinId", golden_id as "goldenId", record_id as "recordId", property, value, state,
       ${isoOf('set_at')} as at, ${isoOf('expires_at')} as "expiresAt"
     from pins where pin_id in (
       select pin_id from unnest($3::uuid[]) as wanted (golden_id)
       join pins held on held.portal_id = $1 and held.object_type = $2 and held.golden_id = wanted.golden_id
       union
       select pin_id from unnest($4::text[]) as wanted (record_id)
       join pins held on held.portal_id = $1 and held.object_type = $2 and held.record_id = wanted.record_id)
     and portal_id = $1 order by pin_id`,
    [portalId, objectType, goldenIds, recordIds],
  );
  return rows;
}

/** The edits of these golden records that wait for a person. */
export async function loadPinReviews(
  db: Queryable,
  portalId: string,
  objectType: string,
  goldenIds: string[],
): Promise<{ pinId: string; goldenId: string; recordId: string; property: string }[]> {
  const { rows } = await db.query<{ pinId: string; goldenId: string; recordId: string; property: string }>(
    `select pin_id as "pinId", golden_id as "goldenId", record_id as "recordId", property
     from unnest($3::uuid[]) as wanted (id)
     join pins on portal_id = $1 and object_type = $2 and golden_id = wanted.id and state = 'review'
     order by pin_id`,
    [portalId, objectType, goldenIds],
  );
  return rows;
}

/** What was decided of one golden record's pins. */
export interface GoldenPins extends Pick<PinDecision, 'opened' | 'ended'> {
  goldenId: string;
  /** Pins that were another golden record's: they go with their HubSpot record. */
  moved: string[];
}

/** Stores decisions. An edit that has its pin keeps it, whatever became of it. */
export async function savePins(
  db: Queryable,
  portalId: string,
  objectType: string,
  decisions: GoldenPins[],
): Promise<void> {
  const ended = decisions.flatMap((decision) => decision.ended);
  if (ended.length > 0) {
    await db.query(
      `update pins set state = 'ended', ended_at = now(), ended_by = input.by
       from json_to_recordset($2) as input ("pinId" bigint, by text)
       where portal_id = $1 and pin_id = input."pinId" and state <> 'ended'`,
      [portalId, JSON.stringify(ended)],
    );
  }
  const moved = decisions.flatMap(({ goldenId, moved }) => moved.map((pinId) => ({ pinId, goldenId })));
  if (moved.length > 0) {
    await db.query(
      `update pins set golden_id = input."goldenId"
       from json_to_recordset($2) as input ("pinId" bigint, "goldenId" uuid)
       where portal_id = $1 and pin_id = input."pinId"`,
      [portalId, JSON.stringify(moved)],
    );
  }
  const opened = decisions.flatMap(({ goldenId, opened }) => opened.map((pin) => ({ ...pin, goldenId })));
  if (opened.length > 0) await insertPins(db, portalId, objectType, opened);
}

async function insertPins(
  db: Queryable,
  portalId: string,
  objectType: string,
  pins: (NewPin & { goldenId: string })[],
): Promise<void> {
  await db.query(
    `insert into pins (portal_id, object_type, golden_id, record_id, property, value, set_by, writer, set_at, state,
       pin_for_ms, expires_at, ended_at, ended_by)
     select $1, $2, "goldenId", "recordId", property, value, "setBy", writer, at, state, "pinForMs", "expiresAt",
       case when state = 'ended' then now() end, "endedBy"
     from json_to_recordset($3) as input ("goldenId" uuid, "recordId" text, property text, value text, "setBy" text,
       writer text, at timestamptz, state text, "pinForMs" bigint, "expiresAt" timestamptz, "endedBy" text)
     on conflict (portal_id, object_type, record_id, property, set_at) do nothing`,
    [portalId, objectType, JSON.stringify(pins)],
  );
}

/**
 * Ends pins whose time is over and makes their records due, so that the sources' values count again.
 * @returns how many ended
 */
export async function endExpiredPins(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ ended: number }>(
    `with over as (
       update pins set state = 'ended', ended_at = now(), ended_by = 'expired'
       where state = 'pinned' and expires_at <= now()
       returning portal_id, object_type, golden_id),
     due as (${makeDueSql('over')})
     select count(*)::int as ended from over`,
  );
  return rows[0]!.ended;
}

/** Makes the records of some golden records due, as the end of a statement with (portal_id, object_type, golden_id). */
export function makeDueSql(goldens: string): string {
  return `update staged_records staged set due_at = clock_timestamp(), lane = least(staged.lane, 1)
    from ${goldens} join mapped_records mapped on mapped.portal_id = ${goldens}.portal_id
      and mapped.golden_id = ${goldens}.golden_id and mapped.object_type = ${goldens}.object_type
    where staged.portal_id = mapped.portal_id and staged.source = mapped.source and staged.stream = mapped.stream
      and staged.record_key = mapped.record_key
    returning 1`;
}
