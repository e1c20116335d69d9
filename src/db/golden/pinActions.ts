import type { Pool } from 'pg';
import type { LaneBell } from '../runs/laneBells';
import { makeDueSql } from './pins';
import { inTransaction, type Queryable } from '../pool';

export type LiftOutcome =
  | { ok: true; objectType: string; due: number; bells: LaneBell[] }
  | { ok: false; why: 'unknownPin' | 'ended' };

/** How a person answers an edit: HubSpot's value, or the sources'. */
export type EditAnswer = 'hubspot' | 'source';

/** Ends a pin by a person's word: the sources' value counts again, and the edit is never pinned again. */
export function liftPin(
  pool: Pool,
  portalId: string,
  pinId: string,
  by: { who: string; note: string | null },
): Promise<LiftOutcome> {
  return inTransaction(pool, async (tx): Promise<LiftOutcome> => {
    const { rows } = await tx.query<{ state: string }>(
      'select state from pins where portal_id = $1 and pin_id = $2 for update',
      [portalId, pinId],
    );
    if (!rows[0]) return { ok: false, why: 'unknownPin' };
    if (rows[0].state === 'ended') return { ok: false, why: 'ended' };
    return { ok: true, ...(await endPin(tx, portalId, pinId, 'lifted', by)) };
  });
}

/**
 * Answers an edit that waits for a person: HubSpot's value is pinned, for the time that the rule named when the edit was
 * seen, counted from the answer; or the pin ends and the sources' value counts. Call in a transaction.
 * @returns null when the edit waits no more
 */
export async function answerEdit(
  tx: Queryable,
  portalId: string,
  pinId: string,
  answer: EditAnswer,
  by: { who: string; note: string | null },
): Promise<{ objectType: string; due: number; bells: LaneBell[] } | null> {
  const { rowCount } = await tx.query(
    `select from pins where portal_id = $1 and pin_id = $2 and state = 'review' for update`,
    [portalId, pinId],
  );
  if (rowCount === 0) return null;
  if (answer === 'source') return endPin(tx, portalId, pinId, 'decided', by);
  const { rows } = await tx.query<{ objectType: string; due: number }>(
    `with kept as (
       update pins set state = 'pinned', expires_at = now() + make_interval(secs => pin_for_ms / 1000.0), who = $3, note = $4
       where portal_id = $1 and pin_id = $2
       returning portal_id, object_type, golden_id),
     due as (${makeDueSql('kept')})
     select object_type as "objectType", (select count(*)::int from due) as due from kept`,
    [portalId, pinId, by.who, by.note],
  );
  return withBell(rows[0]!);
}

async function endPin(
  tx: Queryable,
  portalId: string,
  pinId: string,
  endedBy: 'lifted' | 'decided',
  { who, note }: { who: string; note: string | null },
) {
  const { rows } = await tx.query<{ objectType: string; due: number }>(
    `with over as (
       update pins set state = 'ended', ended_at = now(), ended_by = $3, who = $4, note = $5
       where portal_id = $1 and pin_id = $2
       returning portal_id, object_type, golden_id),
     due as (${makeDueSql('over')})
     select object_type as "objectType", (select count(*)::int from due) as due from over`,
    [portalId, pinId, endedBy, who, note],
  );
  return withBell(rows[0]!);
}

function withBell({ objectType, due }: { objectType: string; due: number }) {
  return { objectType, due, bells: [{ lane: 'consolidate' as const, objectType }] };
}
