import {
  clearAssociationMarks,
  insertAssociationBatch,
  parkAssociations,
  selectAssociationCandidates,
  settledPairs,
  type AssociationCandidate,
} from '../../db/delivery/associationClaims';
import { closeAssociationProblems, openProblems } from '../../db/problems/problems';
import type { Queryable } from '../../db/pool';
import type { PortalLabel } from '../../db/staging/referenceData';
import { chunks } from '../../domain/receive/receiveParts';
import { decideAssociation } from '../../domain/delivery/decideDelivery';
import { associationArchiveMax, associationCreateMax } from '../../hubspot/associations';
import type { DeliveryLane } from '../../workflows/contracts';
import { objectTypesOf, type ActivityContext } from '../context';

/** Batches of associations per wave: each may hold 2,000 pairs. */
const waveBatchesMax = 3;

/**
 * Claims due associations whose both ends HubSpot has. Bulk waits until the records of both objects are settled, so
 * that batches are full.
 */
export async function claimAssociations(
  tx: Queryable,
  context: ActivityContext,
  portalId: string,
  lane: DeliveryLane,
  gathering: Set<string>,
): Promise<string[]> {
  if (lane !== 'bulk') return [];
  for (const { fromObject, toObject } of await settledPairs(tx, portalId, objectTypesOf(context))) {
    if (gathering.has(fromObject) || gathering.has(toObject)) continue;
    const batchIds = await claimPair(tx, context, portalId, fromObject, toObject);
    if (batchIds.length > 0) return batchIds;
  }
  return [];
}

async function claimPair(
  tx: Queryable,
  context: ActivityContext,
  portalId: string,
  fromObject: string,
  toObject: string,
): Promise<string[]> {
  const object = await context.objectContext(portalId, fromObject);
  const labels = object.portal.labels.filter((label) => label.toObject === toObject);
  const limit = waveBatchesMax * associationCreateMax;
  const candidates = await selectAssociationCandidates(tx, portalId, fromObject, toObject, limit);
  const decided = decide(candidates, labels);
  await clearAssociationMarks(tx, portalId, fromObject, toObject, decided.unchanged);
  await closeAssociationProblems(tx, portalId, fromObject, toObject, decided.unchanged);
  await parkAssociations(tx, portalId, fromObject, toObject, decided.unknownLabel);
  await openProblems(
    tx,
    portalId,
    decided.unknownLabel[0]?.runId ?? null,
    decided.unknownLabel.map(({ fromGolden, toGolden, leadSource, unknown }) => ({
      stage: 'associate' as const,
      kind: 'unresolvedReference' as const,
      objectType: fromObject,
      goldenId: fromGolden,
      toGolden,
      source: leadSource,
      field: toObject,
      reason: `the portal has no association label ${unknown} from ${fromObject} to ${toObject}`,
    })),
  );
  const pair = { portalId, fromObject, toObject };
  const batchIds: string[] = [];
  for (const intents of chunks(decided.associate, associationCreateMax)) {
    batchIds.push(await insertAssociationBatch(tx, pair, 'associate', intents));
  }
  for (const intents of chunks(decided.dissociate, associationArchiveMax)) {
    if (batchIds.length < waveBatchesMax) {
      batchIds.push(await insertAssociationBatch(tx, pair, 'dissociate', intents));
    }
  }
  return batchIds;
}

interface Decided {
  associate: AssociationCandidate[];
  dissociate: AssociationCandidate[];
  unchanged: AssociationCandidate[];
  unknownLabel: (AssociationCandidate & { unknown: string })[];
}

function decide(candidates: AssociationCandidate[], labels: PortalLabel[]): Decided {
  const decided: Decided = { associate: [], dissociate: [], unchanged: [], unknownLabel: [] };
  for (const candidate of candidates) {
    const decision = decideAssociation(candidate, labels);
    if (decision.kind === 'unchanged') decided.unchanged.push(candidate);
    else if (decision.kind === 'unknownLabel')
      decided.unknownLabel.push({ ...candidate, unknown: decision.label });
    else decided[decision.kind].push({ ...candidate, types: decision.types, ours: decision.ours });
  }
  return decided;
}
