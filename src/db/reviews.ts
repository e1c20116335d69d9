import { createHash } from 'node:crypto';
import type { RecordRef } from '../domain/record';
import type { Queryable } from './pool';

export interface ReviewInput {
  kind: string;
  reason: string;
  records: RecordRef[];
  goldenIds: string[];
}

/**
 * Brings the open reviews around some records to what identity now says: new ones open, those that no longer hold
 * are closed.
 */
export async function replaceReviews(
  db: Queryable,
  portalId: string,
  objectType: string,
  runId: string | null,
  around: RecordRef[],
  reviews: ReviewInput[],
): Promise<void> {
  const rows = reviews.map((review) => ({
    ...review,
    recordKeys: review.records.map(recordKey).sort(),
    fingerprint: fingerprintOf(review),
  }));
  await db.query(
    `update reviews set closed_at = now(), decision = 'no longer true'
     where portal_id = $1 and object_type = $2 and closed_at is null and record_keys && $3::text[]
       and not (fingerprint = any ($4::text[]))`,
    [portalId, objectType, around.map(recordKey), rows.map(({ fingerprint }) => fingerprint)],
  );
  if (rows.length === 0) return;
  await db.query(
    `insert into reviews (portal_id, object_type, fingerprint, kind, reason, records, record_keys, golden_ids, run_id)
     select $1, $2, fingerprint, kind, reason, records, array(select json_array_elements_text("recordKeys")),
       array(select json_array_elements_text("goldenIds"))::uuid[], $4
     from json_to_recordset($3) as input (fingerprint text, kind text, reason text, records jsonb,
       "recordKeys" json, "goldenIds" json)
     on conflict (portal_id, object_type, fingerprint) where closed_at is null do nothing`,
    [portalId, objectType, JSON.stringify(rows), runId],
  );
}

function recordKey({ source, stream, key }: RecordRef): string {
  return JSON.stringify([source, stream, key]);
}

function fingerprintOf({ kind, records }: ReviewInput): string {
  return createHash('sha1')
    .update(JSON.stringify([kind, records.map(recordKey).sort()]))
    .digest('hex');
}
