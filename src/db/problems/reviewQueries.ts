import type { MappedField, RecordRef } from '../../domain/record';
import type { Queryable } from '../pool';

/** One question as people see it. */
export interface ReviewRow {
  reviewId: string;
  objectType: string;
  kind: string;
  reason: string;
  /** The records that the question is about. */
  records: RecordRef[];
  /** The records of each cluster concerned, what is in doubt first. */
  parts: RecordRef[][];
  goldenIds: string[];
  openedAt: Date;
  closedAt: Date | null;
  /** How it was decided, or that it is no longer true. */
  decision: string | null;
  decidedAt: Date | null;
  /** The edit that it is about (`listPins`); null where it is about who is who. */
  pinId: string | null;
}

export interface ReviewFilter {
  objectType?: string;
  kind?: string;
  /** Those that a person decided, open or closed, instead of the open ones. */
  decided?: boolean;
}

const columns = `review_id as "reviewId", object_type as "objectType", kind, reason, records, parts,
  golden_ids as "goldenIds", opened_at as "openedAt", closed_at as "closedAt", decision,
  decided_at as "decidedAt", pin_id as "pinId"`;

const stateOf = ({ decided }: ReviewFilter) => (decided ? 'decided_at is not null' : 'closed_at is null');

/**
 * Open reviews, newest first; they hold no values.
 * @param before only those older than this review: the next page
 */
export async function listReviews(
  db: Queryable,
  portalId: string,
  filter: ReviewFilter,
  limit: number,
  before: string | null = null,
): Promise<ReviewRow[]> {
  const { rows } = await db.query<ReviewRow>(
    `select ${columns} from reviews where portal_id = $1 and ${stateOf(filter)}
       and ($2::text is null or object_type = $2) and ($3::text is null or kind = $3)
       and ($4::bigint is null or review_id < $4)
     order by review_id desc limit $5`,
    [portalId, filter.objectType ?? null, filter.kind ?? null, before, limit],
  );
  return rows;
}

/** How many reviews there are. */
export async function countReviews(db: Queryable, portalId: string, filter: ReviewFilter): Promise<number> {
  const { rows } = await db.query<{ total: number }>(
    `select count(*)::float8 as total from reviews where portal_id = $1 and ${stateOf(filter)}
       and ($2::text is null or object_type = $2) and ($3::text is null or kind = $3)`,
    [portalId, filter.objectType ?? null, filter.kind ?? null],
  );
  return rows[0]!.total;
}

export interface ReviewedRecord extends RecordRef {
  goldenId: string | null;
  fields: Record<string, MappedField>;
}

/** A review with its records' values. Holds personal data: for the person who asks, never for logs. */
export interface ReviewDetail extends Omit<ReviewRow, 'parts'> {
  parts: ReviewedRecord[][];
  /** What was decided about these records so far. */
  decisions: { how: string; who: string; note: string | null; decidedAt: Date; inForce: boolean }[];
}

/** One review, open or closed; null when there is none of this id. */
export async function showReview(
  db: Queryable,
  portalId: string,
  reviewId: string,
): Promise<ReviewDetail | null> {
  const { rows } = await db.query<ReviewRow>(
    `select ${columns} from reviews where portal_id = $1 and review_id = $2`,
    [portalId, reviewId],
  );
  const review = rows[0];
  if (!review) return null;
  const { rows: values } = await db.query<ReviewedRecord>(
    `select m.source, m.stream, m.record_key as key, m.golden_id as "goldenId", m.fields
     from json_to_recordset($2) as ref (source text, stream text, key text)
     join mapped_records m on m.portal_id = $1 and m.source = ref.source and m.stream = ref.stream
       and m.record_key = ref.key`,
    [portalId, JSON.stringify(review.parts.flat())],
  );
  const { rows: decisions } = await db.query<ReviewDetail['decisions'][number]>(
    `select distinct kind as how, who, note, decided_at as "decidedAt", superseded_at is null as "inForce"
     from identity_decisions where portal_id = $1 and review_id = $2 order by decided_at desc, kind limit 100`,
    [portalId, reviewId],
  );
  const found = new Map(
    values.map((record) => [JSON.stringify([record.source, record.stream, record.key]), record]),
  );
  const withValues = ({ source, stream, key }: RecordRef): ReviewedRecord =>
    found.get(JSON.stringify([source, stream, key])) ?? { source, stream, key, goldenId: null, fields: {} };
  return { ...review, parts: review.parts.map((part) => part.map(withValues)), decisions };
}
