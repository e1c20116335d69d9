import { countDrift, takeMissing } from '../../db/staging/drift';
import type { StreamRef } from '../../db/staging/cursors';
import { eventKeyOf, insertEvents } from '../../db/staging/inbox';
import type { Queryable } from '../../db/pool';
import { noteSeenKeys } from '../../db/staging/stagedRecords';
import { keptOf, type HubSpotRead } from '../receive/readHistories';
import { laneNumbers } from '../../domain/record';

/**
 * Counts where a list read differs from what HubSpot was known to hold, before the page is saved. What differs is
 * repaired as every change is: the page is staged, and what its golden record wants otherwise becomes due. Records that
 * the list does not have at its end are put into the inbox, for a list cannot tell whether they were archived, merged
 * or deleted: \`receive\` looks at each. Ring it when this is committed.
 */
export async function auditPage(
  tx: Queryable,
  ref: StreamRef,
  runId: string,
  { records, properties, readBegan }: HubSpotRead,
  { readNumber, isLast }: { readNumber: string; isLast: boolean },
): Promise<void> {
  const { portalId, source, stream: objectType } = ref;
  const states = records.map((record) => ({ recordId: record.id, kept: keptOf(record, properties) }));
  await countDrift(tx, portalId, runId, objectType, states, readBegan);
  const ids = records.map(({ id }) => id);
  await noteSeenKeys(tx, ref, readNumber, ids);
  if (!isLast) return;
  const missing = await takeMissing(tx, ref, runId, readNumber);
  const events = missing.map((key) => ({
    ...{ portalId, source, stream: objectType, key, payload: null, also: {} },
    eventKey: eventKeyOf(['audit', runId, objectType, key]),
    kind: 'changed' as const,
    lane: laneNumbers.bulk,
    occurredAt: readBegan.toISOString(),
  }));
  await insertEvents(tx, events);
}
