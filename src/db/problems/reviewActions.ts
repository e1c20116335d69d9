import type { Pool } from 'pg';
import { decisionsOf, type IdentityVerdict } from '../../domain/identity/identityVerdict';
import { hubspotSource, type RecordRef } from '../../domain/record';
import { saveDecisions } from '../golden/identityDecisions';
import { contestedMerges, endContested, type ContestedMerge } from '../delivery/contestedMerges';
import { lockConsolidation } from '../golden/mergedRecords';
import type { LaneBell } from '../runs/laneBells';
import { answerEdit, type EditAnswer } from '../golden/pinActions';
import { inTransaction, type Queryable } from '../pool';
import { recordKey } from './reviews';

/** An answer to who is who. `recordId`: the HubSpot record that it is. */
type IdentityReviewAnswer = { how: 'join' } | { how: 'apart' } | { how: 'link'; recordId: string };

/** A person's answer: to who is who, or to whose value counts. */
export type ReviewAnswer = IdentityReviewAnswer | { how: EditAnswer };

export type DecideOutcome =
  | { ok: true; objectType: string; decisions: number; due: number; bells: LaneBell[] }
  | { ok: false; why: 'unknownReview' | 'closed' | 'unknownRecord' | 'nothingToDecide' };

/**
 * Decides a review, or decides anew one that was decided before: the decision is remembered, and the records concerned are due. Consolidation then closes the
 * review, unless it still holds: two HubSpot records that are one must be merged in HubSpot, which the review says.
 */
export function decideReview(
  pool: Pool,
  portalId: string,
  reviewId: string,
  answer: ReviewAnswer,
  { who, note }: { who: string; note: string | null },
): Promise<DecideOutcome> {
  return inTransaction(pool, async (tx): Promise<DecideOutcome> => {
    const merged = await lockMerged(tx, portalId, reviewId);
    const review = await lockReview(tx, portalId, reviewId);
    if (!review) return { ok: false, why: 'unknownReview' };
    if (review.closed) return { ok: false, why: 'closed' };
    const { objectType, pinId } = review;
    if (pinId !== null || isEditAnswer(answer)) {
      if (pinId === null || !isEditAnswer(answer)) return { ok: false, why: 'nothingToDecide' };
      const answered = await answerEdit(tx, portalId, pinId, answer.how, { who, note });
      if (!answered) return { ok: false, why: 'closed' };
      await noteDecision(tx, portalId, reviewId, answer);
      return { ok: true, decisions: 1, ...answered };
    }
    const parts = review.parts.map((part) => part.filter((ref) => !isMergedAway(ref, merged)));
    const verdict = await verdictOf(tx, portalId, objectType, answer);
    if (!verdict) return { ok: false, why: 'unknownRecord' };
    const decisions = decisionsOf({ ...review, parts }, verdict);
    if (decisions.length === 0) return { ok: false, why: 'nothingToDecide' };
    await saveDecisions(tx, portalId, objectType, decisions, { reviewId, who, note });
    await noteDecision(tx, portalId, reviewId, answer);
    await endContested(tx, portalId, objectType, merged);
    const target = verdict.how === 'link' ? [verdict.target] : [];
    const due = await makeDue(tx, portalId, objectType, [...parts.flat(), ...review.records, ...target]);
    return {
      ok: true,
      objectType,
      decisions: decisions.length,
      due,
      bells: [{ lane: 'consolidate', objectType }],
    };
  });
}

function isEditAnswer(answer: ReviewAnswer): answer is { how: EditAnswer } {
  return answer.how === 'hubspot' || answer.how === 'source';
}

async function noteDecision(tx: Queryable, portalId: string, reviewId: string, { how }: ReviewAnswer) {
  await tx.query(
    `update reviews set decision = $3, decided_at = now() where portal_id = $1 and review_id = $2`,
    [portalId, reviewId, how],
  );
}

/** The merges in HubSpot that a review asks about; where there are any, consolidation waits for the decision. */
async function lockMerged(tx: Queryable, portalId: string, reviewId: string): Promise<ContestedMerge[]> {
  const { rows } = await tx.query<{ objectType: string; goldenIds: string[] }>(
    `select object_type as "objectType", golden_ids as "goldenIds" from reviews
     where portal_id = $1 and review_id = $2`,
    [portalId, reviewId],
  );
  const [review] = rows;
  if (!review) return [];
  const { objectType, goldenIds } = review;
  if ((await contestedMerges(tx, portalId, objectType, goldenIds)).length === 0) return [];
  await lockConsolidation(tx, portalId, objectType);
  const merges = await contestedMerges(tx, portalId, objectType, goldenIds);
  return merges.filter(({ loser, winner }) => goldenIds.includes(loser) && goldenIds.includes(winner));
}

/** Such a HubSpot record names nothing any more: a decision names the source records instead. */
function isMergedAway(ref: RecordRef, merged: ContestedMerge[]): boolean {
  return ref.source === hubspotSource && merged.some(({ fromId }) => fromId === ref.key);
}

interface LockedReview {
  objectType: string;
  closed: boolean;
  records: RecordRef[];
  parts: RecordRef[][];
  /** The edit that it is about, if it is about one. */
  pinId: string | null;
}

async function lockReview(tx: Queryable, portalId: string, reviewId: string): Promise<LockedReview | null> {
  const { rows } = await tx.query<LockedReview>(
    `select object_type as "objectType", closed_at is not null and decided_at is null as closed, records, parts,
       pin_id as "pinId" from reviews
     where portal_id = $1 and review_id = $2 for update`,
    [portalId, reviewId],
  );
  return rows[0] ?? null;
}

/** Null when HubSpot has no such record, as far as is known here. */
async function verdictOf(
  tx: Queryable,
  portalId: string,
  objectType: string,
  answer: IdentityReviewAnswer,
): Promise<IdentityVerdict | null> {
  if (answer.how !== 'link') return answer;
  const { rows } = await tx.query<RecordRef>(
    `select source, stream, record_key as key from mapped_records
     where portal_id = $1 and object_type = $2 and source = $3 and record_key = $4 limit 1`,
    [portalId, objectType, hubspotSource, answer.recordId],
  );
  return rows[0] ? { how: 'link', target: rows[0] } : null;
}

async function makeDue(
  tx: Queryable,
  portalId: string,
  objectType: string,
  refs: RecordRef[],
): Promise<number> {
  const distinct = [...new Map(refs.map((ref) => [recordKey(ref), ref])).values()];
  const { rowCount } = await tx.query(
    `update staged_records staged set due_at = clock_timestamp(), lane = least(staged.lane, 1)
     from json_to_recordset($3) as ref (source text, stream text, key text)
     where staged.portal_id = $1 and staged.object_type = $2 and staged.source = ref.source
       and staged.stream = ref.stream and staged.record_key = ref.key`,
    [portalId, objectType, JSON.stringify(distinct)],
  );
  return rowCount ?? 0;
}
