import { createHash } from 'node:crypto';
import type { RecordRef } from '../../domain/record';
import type { Queryable } from '../pool';

export interface ReviewInput {
  kind: string;
  reason: string;
  records: RecordRef[];
  /** The HubSpot records concerned. */
  anchors: RecordRef[];
  /** All records of each cluster concerned, what is in doubt first. */
  parts: RecordRef[][];
  goldenIds: string[];
  /** The edit in HubSpot that the question is about; else it is about who is who. */
  pinId?: string;
}

/**
 * Brings the open reviews around some records to what identity now says: new ones open, those that no longer hold
 * are closed. One that a person decided and that still holds stays, with the reason why.
 * @param around all records that identity looked at, and those that are gone
 */
export async function replaceReviews(
  db: Queryable,
  portalId: string,
  objectType: string,
  runId: string | null,
  around: RecordRef[],
  reviews: ReviewInput[],
): Promise<void> {
  const byFingerprint = new Map(reviews.map((review) => [fingerprintOf(review), review]));
  const rows = [...byFingerprint].map(([fingerprint, review]) => ({
    ...review,
    recordKeys: [...review.records, ...review.anchors].map(recordKey).sort(),
    fingerprint,
  }));
  await db.query(
    `update reviews set closed_at = now(), decision = coalesce(decision, 'no longer true')
     where portal_id = $1 and object_type = $2 and closed_at is null and record_keys && $3::text[]
       and not (fingerprint = any ($4::text[]))`,
    [portalId, objectType, around.map(recordKey), rows.map(({ fingerprint }) => fingerprint)],
  );
  if (rows.length === 0) return;
  await db.query(
    `insert into reviews (portal_id, object_type, fingerprint, kind, reason, records, parts, record_keys,
       golden_ids, run_id, pin_id)
     select $1, $2, fingerprint, kind, reason, records, parts, array(select json_array_elements_text("recordKeys")),
       array(select json_array_elements_text("goldenIds"))::uuid[], $4, "pinId"
     from json_to_recordset($3) as input (fingerprint text, kind text, reason text, records jsonb,
       parts jsonb, "recordKeys" json, "goldenIds" json, "pinId" bigint)
     on conflict (portal_id, object_type, fingerprint) where closed_at is null do update set
       reason = excluded.reason, parts = excluded.parts, golden_ids = excluded.golden_ids
     where (reviews.reason, reviews.parts, reviews.golden_ids)
       is distinct from (excluded.reason, excluded.parts, excluded.golden_ids)`,
    [portalId, objectType, JSON.stringify(rows), runId],
  );
}

/** A record as one text, as reviews and decisions name it. */
export function recordKey({ source, stream, key }: RecordRef): string {
  return JSON.stringify([source, stream, key]);
}

function fingerprintOf({ kind, records, anchors, pinId }: ReviewInput): string {
  const keys = [...records, ...anchors].map(recordKey).sort();
  return createHash('sha1')
    .update(JSON.stringify(pinId === undefined ? [kind, keys] : [kind, keys, pinId]))
    .digest('hex');
}
