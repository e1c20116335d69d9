import type { IdentityDecision } from '../../domain/identity/identityDecisions';
import type { RecordRef } from '../../domain/record';
import type { Queryable } from '../pool';
import { recordKey } from '../problems/reviews';

/** Whether anything was ever decided about an object type: most portals never ask further. */
export async function hasDecisions(db: Queryable, portalId: string, objectType: string): Promise<boolean> {
  const { rows } = await db.query<{ found: boolean }>(
    `select exists (select from identity_decisions
       where portal_id = $1 and object_type = $2 and superseded_at is null) as found`,
    [portalId, objectType],
  );
  return rows[0]!.found;
}

export type StoredDecision = IdentityDecision & { decisionId: string };

/** The decisions in force that name one of these records. */
export async function loadDecisions(
  db: Queryable,
  portalId: string,
  objectType: string,
  refs: RecordRef[],
): Promise<StoredDecision[]> {
  if (refs.length === 0) return [];
  const { rows } = await db.query<{
    decisionId: string;
    kind: IdentityDecision['kind'];
    moves: boolean;
    left: string[];
    right: string[];
    decidedAt: string;
  }>(
    `select decision_id as "decisionId", kind, moves, left_keys as left, right_keys as right,
       to_char(decided_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "decidedAt"
     from identity_decisions
     where portal_id = $1 and object_type = $2 and superseded_at is null
       and (left_keys || right_keys) && $3::text[]`,
    [portalId, objectType, refs.map(recordKey)],
  );
  return rows.map((row) => ({ ...row, left: row.left.map(refOf), right: row.right.map(refOf) }));
}

export type DecisionInput = Omit<IdentityDecision, 'decidedAt'>;

/**
 * Remembers decisions. Earlier ones that they contradict are in force no longer: the opposite about the same records,
 * and another HubSpot record for the same records.
 */
export async function saveDecisions(
  db: Queryable,
  portalId: string,
  objectType: string,
  decisions: DecisionInput[],
  { reviewId, who, note }: { reviewId: string; who: string; note: string | null },
): Promise<void> {
  const input = JSON.stringify(
    decisions.map(({ kind, moves, left, right }) => ({
      kind,
      moves,
      left: left.map(recordKey).sort(),
      right: right.map(recordKey).sort(),
    })),
  );
  const made = `(select kind, moves, array(select json_array_elements_text("left")) as left_keys,
      array(select json_array_elements_text("right")) as right_keys
    from json_to_recordset($3) as input (kind text, moves boolean, "left" json, "right" json))`;
  await db.query(
    `update identity_decisions old set superseded_at = now() from ${made} as made
     where old.portal_id = $1 and old.object_type = $2 and old.superseded_at is null and (
       (old.kind <> made.kind and (
         (old.left_keys && made.left_keys and old.right_keys && made.right_keys) or
         (old.left_keys && made.right_keys and old.right_keys && made.left_keys)))
       or (old.moves and made.moves and old.left_keys && made.left_keys)
       or (old.kind = made.kind and old.left_keys = made.left_keys and old.right_keys = made.right_keys))`,
    [portalId, objectType, input],
  );
  await db.query(
    `insert into identity_decisions (portal_id, object_type, kind, moves, left_keys, right_keys, review_id, who, note)
     select $1, $2, kind, moves, left_keys, right_keys, $4, $5, $6 from ${made} as made`,
    [portalId, objectType, input, reviewId, who, note],
  );
}

function refOf(key: string): RecordRef {
  const [source, stream, recordKey] = JSON.parse(key) as [string, string, string];
  return { source, stream, key: recordKey };
}
