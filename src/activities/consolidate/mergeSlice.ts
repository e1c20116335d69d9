import {
  deleteGolden,
  loadGolden,
  saveGolden,
  type GoldenInput,
  type StoredGolden,
} from '../../db/golden/goldenRecords';
import { refreshAssociations } from '../../db/golden/goldenAssociations';
import { linkAnchors } from '../../db/delivery/knownStates';
import { relink, type Link } from '../../db/golden/mappedRecords';
import { markDue } from '../../db/delivery/outbox';
import { lockInTransaction, type Queryable } from '../../db/pool';
import type { ReviewInput } from '../../db/problems/reviews';
import { addCounts, type RunCount } from '../../db/runs/runCounts';
import { hubspotSource, laneNumbers, type RecordRef } from '../../domain/record';
import type { IdentityCluster } from '../../domain/identity/identityRecord';
import type { ObjectRules } from '../../domain/rules';
import { isChanged, laneOf, marksOf } from './goldenChanges';
import type { Component } from './identifySlice';
import { refKey } from './mapSlice';
import { mergeCluster } from './mergeCluster';
import { pinReviews, pinSlice } from './pinSlice';
import { tellPrimaries } from './tellPrimaries';
import type { TargetStream } from '../writeBack/targetSettings';
import { writeBackMarks } from './writeBackMarks';

export interface MergeRequest {
  portalId: string;
  rules: ObjectRules;
  /** The streams that take write-backs of this object. */
  targets: TargetStream[];
  /** The object type of HubSpot's companies, if any. */
  company: string | null;
  component: Component;
  /** `refKey`s of the records this slice mapped. */
  touched: Set<string>;
  /** Golden records that lost a member because its record is gone, and what the stream wants then. */
  gone: Map<string, 'withdraw' | 'archive'>;
  /** Records that were removed: what pointed to them is looked at again. */
  removed: RecordRef[];
  runId: string | null;
  lane: number;
  /** An ISO instant: pins end with time. */
  now: string;
}

/** What a slice marked. */
export interface Marked {
  /** Whether anything of it is urgent. */
  urgent: boolean;
  /** The sources for which write-backs were marked. */
  targets: string[];
}

export interface MergeResult extends Marked {
  /** The edits that a person must decide on. */
  reviews: ReviewInput[];
}

/**
 * Writes what identity decided: links, golden records, adoptions, wanted associations, and a due mark for every golden
 * record that changed or whose HubSpot record was read anew.
 */
export async function mergeSlice(db: Queryable, request: MergeRequest): Promise<MergeResult> {
  const { portalId, rules, component, runId } = request;
  const { clusters, emptied, waiting } = component.answer;
  const links = changedLinks(component, clusters, waiting);
  const movedRefs = [...links.filter(({ source }) => source !== hubspotSource), ...request.removed];
  const affected = clusters.filter((cluster) => isAffected(cluster, component, request, links));
  const ids = [...new Set([...affected.map(({ goldenId }) => goldenId), ...emptied])];
  const existing = new Map(
    (await loadGolden(db, portalId, rules.objectType, ids)).map((g) => [g.goldenId, g]),
  );

  await relink(db, portalId, links);
  const adoptions = await adopt(db, portalId, rules, component, affected);
  const pins = await pinSlice(db, request, affected);
  const merged = affected.map((cluster) =>
    mergeCluster(cluster, component, rules, pins.get(cluster.goldenId)),
  );
  const changed = merged.filter((golden) => isChanged(golden, existing.get(golden.goldenId)));
  const emptiedGolden = emptyGolden(emptied, existing, component, request.gone);
  await saveGolden(db, portalId, rules.objectType, [...changed, ...emptiedGolden.keep]);
  await deleteGolden(db, portalId, rules.objectType, emptiedGolden.drop);

  const marks = [
    ...marksOf(merged, affected, changed, existing, adoptions, request),
    ...emptiedGolden.keep.map(({ goldenId, leadSource }) => ({ goldenId, leadSource, lane: request.lane })),
  ];
  const targetMarks = await writeBackMarks(
    db,
    request,
    merged.map((golden, index) => ({
      golden,
      before: existing.get(golden.goldenId),
      members: affected[index]!.members,
      lane: laneOf(golden, existing.get(golden.goldenId), request),
    })),
  );
  await markDue(db, portalId, rules.objectType, runId, [...marks, ...targetMarks]);
  await lockInTransaction(db, `associations:${portalId}`);
  await tellPrimaries(
    db,
    request,
    await refreshAssociations(db, portalId, rules.objectType, ids, movedRefs, runId, request.company),
  );
  await addCounts(db, portalId, runId, adoptionCounts(adoptions, merged, rules));
  return {
    urgent: [...marks, ...targetMarks].some(({ lane }) => lane === laneNumbers.realtime),
    targets: [...new Set(targetMarks.map(({ target }) => target!))],
    reviews: await pinReviews(db, request),
  };
}

function changedLinks(component: Component, clusters: IdentityCluster[], waiting: RecordRef[]): Link[] {
  const links: Link[] = [];
  for (const { goldenId, members } of clusters) {
    for (const member of members) {
      if (component.records.get(refKey(member))?.goldenId !== goldenId) {
        links.push({
          source: member.source,
          stream: member.stream,
          key: member.key,
          goldenId,
          rule: member.rule,
        });
      }
    }
  }
  for (const { source, stream, key } of waiting) {
    if (component.records.get(refKey({ source, stream, key }))?.goldenId) {
      links.push({ source, stream, key, goldenId: null, rule: 'waiting' });
    }
  }
  return links;
}

/** A cluster is merged again when this slice wrote one of its records, or one joined or left it. */
function isAffected(
  cluster: IdentityCluster,
  component: Component,
  { touched, gone }: MergeRequest,
  links: Link[],
): boolean {
  if (gone.has(cluster.goldenId) || cluster.members.some((member) => touched.has(refKey(member))))
    return true;
  return links.some(
    (link) =>
      link.goldenId === cluster.goldenId ||
      component.records.get(refKey(link))?.goldenId === cluster.goldenId,
  );
}

/** Links HubSpot records to golden records where that changed. @returns golden ids adopted in this slice */
async function adopt(
  db: Queryable,
  portalId: string,
  rules: ObjectRules,
  { heldBy }: Component,
  clusters: IdentityCluster[],
): Promise<Set<string>> {
  const links = clusters.flatMap(({ goldenId, anchor }) =>
    anchor && heldBy[goldenId] !== anchor.key ? [{ goldenId, recordId: anchor.key }] : [],
  );
  await linkAnchors(db, portalId, rules.objectType, links);
  return new Set(links.map(({ goldenId }) => goldenId));
}

/** Golden records without members: forgotten where HubSpot has none, else emptied or archived as configured. */
function emptyGolden(
  emptied: string[],
  existing: Map<string, StoredGolden>,
  { heldBy }: Component,
  gone: Map<string, 'withdraw' | 'archive'>,
): { keep: GoldenInput[]; drop: string[] } {
  const keep: GoldenInput[] = [];
  const drop: string[] = [];
  for (const goldenId of emptied) {
    const golden = existing.get(goldenId);
    if (!golden) continue;
    if (!heldBy[goldenId]) drop.push(goldenId);
    else {
      const state = gone.get(goldenId) === 'archive' ? 'archived' : 'empty';
      keep.push({ goldenId, values: {}, origins: {}, leadSource: golden.leadSource, state });
    }
  }
  return { keep, drop };
}

function adoptionCounts(
  adoptions: Set<string>,
  merged: GoldenInput[],
  { objectType }: ObjectRules,
): RunCount[] {
  return merged
    .filter(({ goldenId }) => adoptions.has(goldenId))
    .map(({ leadSource }) => ({ source: leadSource, objectType, status: 'adopted', count: 1 }));
}
