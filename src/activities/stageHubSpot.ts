import type { StreamRef } from '../db/cursors';
import { saveReadStates } from '../db/knownStates';
import type { Queryable } from '../db/pool';
import type { HubSpotRecord } from '../hubspot/schemas';
import type { ObjectContext } from './objectContext';
import { stagePage } from './stagePage';
import { tributaryIdProperty } from '../domain/record';

/** The properties of an object that are read: what the configuration names and the portal has, and our own id. */
export function readProperties({ settings, portal }: ObjectContext): string[] {
  const existing = new Set(portal.properties.map(({ name }) => name));
  return [...settings.properties, tributaryIdProperty].filter((name) => existing.has(name));
}

export interface HubSpotRead {
  records: HubSpotRecord[];
  properties: string[];
  /** When the read's first call was sent. */
  readBegan: Date;
}

/**
 * Takes over records as HubSpot holds them: their known states, and the anchors of identity as staged records of source
 * `hubspot`. What a write settled after the read began is newer than the read: it is left alone and not staged.
 * @param ref the stream of source `hubspot`: it is named like its object type
 * @returns how many records became due, and the ids that have to be read again
 */
export async function stageHubSpotRecords(
  tx: Queryable,
  ref: StreamRef,
  { records, properties, readBegan }: HubSpotRead,
  { runId, lane }: { runId: string | null; lane: number },
): Promise<{ staged: number; stale: string[] }> {
  const { portalId, stream: objectType } = ref;
  const states = records.map(({ id, properties: kept, updatedAt }) => ({
    recordId: id,
    // null says "read and empty"; a property that is missing here was never read (DESIGN §5.3).
    kept: Object.fromEntries(properties.map((name) => [name, kept[name] || null])),
    updatedAt: updatedAt ?? null,
  }));
  const saved = await saveReadStates(tx, portalId, objectType, states, readBegan);
  const current = states.filter(({ recordId }) => saved.has(recordId));
  const { staged } = await stagePage(
    tx,
    ref,
    objectType,
    current.map(({ recordId, kept, updatedAt }) => ({
      key: recordId,
      payload: { properties: withoutEmpty(kept) },
      changedAt: updatedAt,
    })),
    { runId, lane },
  );
  return { staged, stale: records.map(({ id }) => id).filter((id) => !saved.has(id)) };
}

/** The payload holds only what is set, so that its hash changes only with a value. */
function withoutEmpty(kept: Record<string, string | null>): Record<string, string> {
  const set: Record<string, string> = {};
  for (const property in kept) if (kept[property]) set[property] = kept[property];
  return set;
}
