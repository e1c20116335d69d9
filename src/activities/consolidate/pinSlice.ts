import { loadPinReviews, loadPins, savePins, type GoldenPins, type StoredPin } from '../../db/golden/pins';
import type { Queryable } from '../../db/pool';
import type { ReviewInput } from '../../db/problems/reviews';
import { decidePins, takesEdits } from '../../domain/merge/decidePins';
import type { IdentityCluster } from '../../domain/identity/identityRecord';
import { hubspotSource, type Pin } from '../../domain/record';
import { membersOf } from './mergeCluster';
import type { MergeRequest } from './mergeSlice';

/**
 * Decides and stores what becomes of the edits in these clusters.
 * @returns the pins in force, by golden id
 */
export async function pinSlice(
  db: Queryable,
  { portalId, rules, component, now }: MergeRequest,
  clusters: IdentityCluster[],
): Promise<Map<string, Pin[]>> {
  const inForce = new Map<string, Pin[]>();
  if (!rules.fields.some(takesEdits)) return inForce;
  const goldenIds = clusters.map(({ goldenId }) => goldenId);
  const stored = await loadPins(db, portalId, rules.objectType, goldenIds, clusters.flatMap(anchorIds));
  const decisions: GoldenPins[] = [];
  for (const cluster of clusters) {
    const { goldenId } = cluster;
    const records = new Set(anchorIds(cluster));
    const isHere = (pin: StoredPin) => records.has(pin.recordId) || pin.goldenId === goldenId;
    const pins = stored.length === 0 ? [] : stored.filter(isHere);
    const decision = decidePins(membersOf(cluster, component, rules), rules, pins, now);
    if (decision.inForce.length > 0) inForce.set(goldenId, decision.inForce);
    const moved = pins.filter((pin) => pin.goldenId !== goldenId).map(({ pinId }) => pinId);
    if (decision.opened.length + decision.ended.length + moved.length === 0) continue;
    decisions.push({ goldenId, moved, opened: decision.opened, ended: decision.ended });
  }
  await savePins(db, portalId, rules.objectType, decisions);
  return inForce;
}

/** The edits of the whole component that wait for a person, as questions. */
export async function pinReviews(
  db: Queryable,
  { portalId, rules, component }: MergeRequest,
): Promise<ReviewInput[]> {
  if (!rules.fields.some((rule) => takesEdits(rule) && rule.onHubSpotEdit === 'review')) return [];
  const clusters = new Map(component.answer.clusters.map((cluster) => [cluster.goldenId, cluster]));
  const waiting = await loadPinReviews(db, portalId, rules.objectType, [...clusters.keys()]);
  return waiting.map(({ pinId, goldenId, recordId, property }) => {
    const members = clusters.get(goldenId)!.members;
    const parts = members.map(({ source, stream, key }) => ({ source, stream, key }));
    const edited = parts.filter(({ source, key }) => source === hubspotSource && key === recordId);
    return {
      kind: 'hubspotEdit',
      reason: `Its "${property}" was changed in HubSpot, and belongs to the sources: keep HubSpot's value, or take theirs.`,
      records: edited.length > 0 ? edited : parts,
      anchors: [],
      parts: [parts],
      goldenIds: [goldenId],
      pinId,
    };
  });
}

function anchorIds({ members }: IdentityCluster): string[] {
  return members.filter(({ source }) => source === hubspotSource).map(({ key }) => key);
}
