import { markAgain } from '../golden/mergedRecords';
import type { Queryable } from '../pool';
import { releaseRecords, type RecordMerge } from '../golden/recordAnchors';

/** A golden record whose HubSpot record became part of one that belongs to another golden record. */
export interface ContestedMerge extends RecordMerge {
  /** The golden record that lost its record, and the one that has the winner. */
  loser: string;
  winner: string;
}

/** The contested merges in which one of these golden records takes part. */
export async function contestedMerges(
  db: Queryable,
  portalId: string,
  objectType: string,
  goldenIds: string[],
): Promise<ContestedMerge[]> {
  if (goldenIds.length === 0) return [];
  const { rows } = await db.query<ContestedMerge>(
    `select lost.record_id as "fromId", won.record_id as "toId", lost.golden_id as loser, won.golden_id as winner
     from known_states lost join known_states won on won.portal_id = lost.portal_id and won.target = lost.target
       and won.object_type = lost.object_type and won.record_id = lost.merged_into
     where lost.portal_id = $1 and lost.target = 'hubspot' and lost.object_type = $2
       and lost.merged_into is not null and lost.golden_id is not null and won.golden_id is not null
       and (lost.golden_id = any ($3::uuid[]) or won.golden_id = any ($3::uuid[])) order by 3`,
    [portalId, objectType, goldenIds],
  );
  return rows;
}

/**
 * Ends contested merges that a person has decided: the losers have no HubSpot record any more, so that they can join,
 * or be created anew. Call `lockConsolidation` before.
 */
export async function endContested(
  db: Queryable,
  portalId: string,
  objectType: string,
  merges: ContestedMerge[],
): Promise<void> {
  const ids = merges.map(({ fromId }) => fromId);
  await releaseRecords(db, portalId, objectType, ids);
  await markAgain(
    db,
    portalId,
    objectType,
    merges.map(({ loser }) => loser),
  );
}
