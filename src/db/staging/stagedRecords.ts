import { clockSkewMs } from '../../domain/values/instants';
import type { JsonObject } from '../../domain/record';
import type { StreamRef } from './cursors';
import type { Queryable } from '../pool';

export interface StagedInput {
  key: string;
  payload: JsonObject;
  payloadHash: string;
  changedAt: string | null;
  /** When its system told it, where that was not by the read of a page. */
  toldAt?: string | undefined;
}

export interface StagingOptions {
  runId: string | null;
  lane: number;
  alwaysDue?: boolean;
  /** When the read of the page began; now, where nobody says. */
  readBegan?: Date;
  /**
   * They may come late: what is older than the record that is staged, by their source's own time, is left out (unless
   * that lies ahead of ours).
   */
  mayBeLate?: boolean;
}

/**
 * Stages a page: a record whose payload hash differs from its latest row (or that had gone) becomes due; an equal one
 * changes nothing, and so does one that was read before the latest row was, unless its source's own time says that it is
 * newer: a record is pushed while its page is read. A due record that a run waits for stays that run's when no run stages
 * it again; another run takes it over. @returns how many rows became due
 */
export async function stageRecords(
  db: Queryable,
  { portalId, source, stream }: StreamRef,
  objectType: string,
  records: StagedInput[],
  { runId, lane, alwaysDue, readBegan, mayBeLate }: StagingOptions,
): Promise<number> {
  if (records.length === 0) return 0;
  const { rowCount } = await db.query(
    `insert into staged_records
       (portal_id, source, stream, record_key, object_type, payload, payload_hash, changed_at, run_id, lane, due_at,
        read_at)
     select $1, $2, $3, key, $4, payload, "payloadHash", "changedAt", $6, $7, now(), coalesce("toldAt", $9, now())
     from json_to_recordset($5) as page (key text, payload jsonb, "payloadHash" text, "changedAt" timestamptz,
       "toldAt" timestamptz)
     on conflict (portal_id, source, stream, record_key) do update set
       payload = excluded.payload, payload_hash = excluded.payload_hash, changed_at = excluded.changed_at,
       staged_at = now(), read_at = excluded.read_at, gone_at = null, gone_action = null,
       run_id = case when staged_records.due_at is null then excluded.run_id
         else coalesce(excluded.run_id, staged_records.run_id) end,
       due_at = now(), lane = least(excluded.lane, staged_records.lane)
     where (staged_records.payload_hash <> excluded.payload_hash or staged_records.gone_at is not null or $8)
       and not ($10 and coalesce(staged_records.changed_at > excluded.changed_at
         and staged_records.changed_at < now() + interval '${clockSkewMs} milliseconds', false))
       and not (($10 or $9::timestamptz is not null) and staged_records.read_at > excluded.read_at
         and not coalesce(excluded.changed_at > staged_records.changed_at, false))`,
    [
      ...[portalId, source, stream, objectType, JSON.stringify(records), runId, lane, alwaysDue ?? false],
      readBegan ?? null,
      mayBeLate ?? false,
    ],
  );
  return rowCount ?? 0;
}

/** Notes which keys a full read has seen, page by page. */
export async function noteSeenKeys(
  db: Queryable,
  { portalId, source, stream }: StreamRef,
  readNumber: string,
  keys: string[],
): Promise<void> {
  await db.query(
    `insert into seen_keys (portal_id, source, stream, read_number, record_key)
     select $1, $2, $3, $4, unnest($5::text[]) on conflict do nothing`,
    [portalId, source, stream, readNumber, keys],
  );
}

/**
 * After a complete full read: what the stream no longer holds becomes gone and due, unless that is more than
 * `maxGonePercent` of it, which only a person may confirm.
 */
export async function markGone(
  db: Queryable,
  { portalId, source, stream }: StreamRef,
  readNumber: string,
  action: 'withdraw' | 'archive',
  maxGonePercent: number,
  runId: string,
): Promise<{ gone: number; refused: boolean }> {
  const scope = [portalId, source, stream];
  // What was told while the read went on may stand on a page that it had passed.
  const isOld = `staged.read_at < coalesce((select started_at from runs where portal_id = $1 and run_id = $5), now())`;
  const { rows } = await db.query<{ total: string; missing: string }>(
    `select count(*) as total, count(*) filter (where seen.record_key is null and ${isOld}) as missing
     from staged_records staged left join seen_keys seen
       on seen.portal_id = staged.portal_id and seen.source = staged.source and seen.stream = staged.stream
       and seen.read_number = $4 and seen.record_key = staged.record_key
     where staged.portal_id = $1 and staged.source = $2 and staged.stream = $3 and staged.gone_at is null`,
    [...scope, readNumber, runId],
  );
  const total = Number(rows[0]!.total);
  const missing = Number(rows[0]!.missing);
  const refused = missing > 0 && missing * 100 > total * maxGonePercent;
  if (missing > 0 && !refused) {
    await db.query(
      `update staged_records staged set gone_at = now(), gone_action = $6, due_at = now(), run_id = $5
       where portal_id = $1 and source = $2 and stream = $3 and gone_at is null and ${isOld} and not exists (
         select from seen_keys seen where seen.portal_id = $1 and seen.source = $2 and seen.stream = $3
           and seen.read_number = $4 and seen.record_key = staged.record_key)`,
      [...scope, readNumber, runId, action],
    );
  }
  await db.query('delete from seen_keys where portal_id = $1 and source = $2 and stream = $3', scope);
  return { gone: refused ? 0 : missing, refused };
}

/** What is known to be gone, record by record. @returns how many rows became due */
export async function markKeysGone(
  db: Queryable,
  { portalId, source, stream }: StreamRef,
  keys: string[],
  action: 'withdraw' | 'archive',
  lane: number,
): Promise<number> {
  if (keys.length === 0) return 0;
  const { rowCount } = await db.query(
    `update staged_records set gone_at = now(), gone_action = $5, due_at = now(), lane = least(lane, $6)
     where portal_id = $1 and source = $2 and stream = $3 and record_key = any ($4::text[]) and gone_at is null`,
    [portalId, source, stream, keys, action, lane],
  );
  return rowCount ?? 0;
}

export interface FedObject {
  source: string;
  stream: string;
  objectType: string;
}

/** Those of these streams whose records were staged as another object: they would stay that. Looks at one record each. */
export async function movedStreams(
  db: Queryable,
  portalId: string,
  streams: FedObject[],
): Promise<(FedObject & { before: string })[]> {
  const { rows } = await db.query<FedObject & { before: string }>(
    `select source, stream, "objectType", before
     from json_to_recordset($2) as input (source text, stream text, "objectType" text)
     cross join lateral (select object_type as before from staged_records staged
       where staged.portal_id = $1 and staged.source = input.source and staged.stream = input.stream limit 1) as staged
     where before <> "objectType" order by source, stream`,
    [portalId, JSON.stringify(streams)],
  );
  return rows;
}
