import {
  breakLimit,
  clusterOf,
  isHeld,
  rootOf,
  type BoardCluster,
  type IdentityBoard,
} from './identityBoard';
import { isDecidedApart, type BlockedJoin } from './identityDecisions';
import type { IdentityEdge } from './identityEdges';
import type { IdentityReview, ReviewKind } from './identityRecord';
import type { RecordRef } from '../record';

const reasons: Record<ReviewKind, string> = {
  ambiguous: 'It shares evidence with more than one record, and nothing tells which one it is.',
  twoAnchors: 'Two records that HubSpot has share evidence: merge them in HubSpot, or keep them apart.',
  limit: 'They share evidence, but a property that tells records apart (neverJoin) differs.',
  keyMoved: 'It is linked to one record, but its evidence now points to another one that HubSpot has.',
};

const blockedReasons: Record<BlockedJoin['why'], string> = {
  merge:
    'It was decided that they are one, but HubSpot has both: merge them in HubSpot. They are one here as soon as that is seen.',
  merged:
    'HubSpot has made one record of the two: join them, or keep them apart, then the one without a record is created anew.',
  contradiction:
    'It was decided that they are one, but other decisions keep them apart. The latter hold until it is decided anew.',
};

/**
 * The questions that are left on a finished board: one for every cluster in doubt, and one for every pair of
 * clusters that stays apart although it shares evidence.
 *
 * What was decided is no question any more, except a join that cannot be done here.
 *
 * In: the edges of all rules, the golden id of each root that has one, the joins that were decided and could not be
 * done. Out: in a fixed order.
 */
export function openReviews(
  board: IdentityBoard,
  edges: readonly (readonly IdentityEdge[])[],
  goldenIds: ReadonlyMap<number, string>,
  blocked: readonly BlockedJoin[] = [],
): IdentityReview[] {
  const reviews: IdentityReview[] = [];
  board.parents.forEach((_, index) => {
    const cluster = rootOf(board, index) === index ? clusterOf(board, index) : null;
    if (cluster === null || cluster.doubt === null) return;
    const { kind, candidates } = cluster.doubt;
    reviews.push(reviewOf(board, kind, cluster.members, candidates, goldenIds));
  });
  for (const { endpoints, kind, reason } of pairsApart(board, edges, blocked)) {
    const records = [...endpoints].filter((index) => board.records[index]?.anchor === false);
    const review = reviewOf(board, kind, records, [...endpoints], goldenIds);
    reviews.push(reason === undefined ? review : { ...review, reason });
  }
  return reviews;
}

interface PairApart {
  endpoints: Set<number>;
  kind: ReviewKind;
  /** Said instead of the kind's own reason. */
  reason?: string;
}

function pairsApart(
  board: IdentityBoard,
  edges: readonly (readonly IdentityEdge[])[],
  blocked: readonly BlockedJoin[],
): PairApart[] {
  const bearings = bearingsOf(board, edges);
  const pairs = new Map<number, PairApart>();
  edges.forEach((ruleEdges, rule) => {
    for (const [i, j] of ruleEdges) {
      const [a, b] = [rootOf(board, i), rootOf(board, j)];
      const [first, second] = [clusterOf(board, a), clusterOf(board, b)];
      if (a === b || first.doubt !== null || second.doubt !== null) continue;
      if (isDecidedApart(first, second)) continue;
      const moved = hasMoved(board, bearings, i, second, rule) || hasMoved(board, bearings, j, first, rule);
      const kind = moved ? 'keyMoved' : kindOf(first, second);
      const name = pairName(board, a, b);
      const pair = pairs.get(name) ?? { endpoints: new Set<number>(), kind };
      pair.endpoints.add(i).add(j);
      if (moved) pair.kind = kind;
      pairs.set(name, pair);
    }
  });
  for (const { pair, why } of blocked) {
    const [a, b] = [rootOf(board, pair[0]), rootOf(board, pair[1])];
    const name = pairName(board, a, b);
    // Where evidence asks the same question it stays the same review, only its reason is another one.
    const asked = pairs.get(name) ?? {
      endpoints: new Set(pair),
      kind: why === 'contradiction' ? 'limit' : 'twoAnchors',
    };
    pairs.set(name, { ...asked, reason: asked.reason ?? blockedReasons[why] });
  }
  return [...pairs.values()];
}

function pairName(board: IdentityBoard, a: number, b: number): number {
  return Math.min(a, b) * board.records.length + Math.max(a, b);
}

/** Evidence between clusters that do not wait was refused for a limit, or because HubSpot has both. */
function kindOf(a: BoardCluster, b: BoardCluster): ReviewKind {
  return !breakLimit(a, b) && isHeld(a) && isHeld(b) ? 'twoAnchors' : 'limit';
}

/** Where the evidence of each record leads: does any stay in its cluster, and by which rule, the strongest, does it leave? */
interface Bearings {
  inside: Set<number>;
  outward: Map<number, number>;
}

function bearingsOf(board: IdentityBoard, edges: readonly (readonly IdentityEdge[])[]): Bearings {
  const bearings: Bearings = { inside: new Set(), outward: new Map() };
  edges.forEach((ruleEdges, rule) => {
    for (const [i, j] of ruleEdges) {
      const stays = rootOf(board, i) === rootOf(board, j);
      for (const index of [i, j]) {
        if (stays) bearings.inside.add(index);
        else if (!bearings.outward.has(index)) bearings.outward.set(index, rule);
      }
    }
  });
  return bearings;
}

/** A source record with a fixed link whose evidence has left its cluster for another that HubSpot has. */
function hasMoved(
  board: IdentityBoard,
  bearings: Bearings,
  index: number,
  other: BoardCluster,
  rule: number,
): boolean {
  const record = board.records[index];
  if (record === undefined || record.anchor || !record.fixed || !isHeld(other)) return false;
  const leaves = bearings.outward.get(index) === rule && !bearings.inside.has(index);
  return leaves && clusterOf(board, index).members.length > 1;
}

function reviewOf(
  board: IdentityBoard,
  kind: ReviewKind,
  records: readonly number[],
  others: readonly number[],
  goldenIds: ReadonlyMap<number, string>,
): IdentityReview {
  const roots = [...new Set([...records, ...others].map((index) => rootOf(board, index)))];
  const anchors = roots.map((root) => clusterOf(board, root).anchor).filter((anchor) => anchor !== null);
  return {
    kind,
    records: refsOf(board, records),
    anchors: refsOf(board, anchors),
    goldenIds: roots.flatMap((root) => goldenIds.get(root) ?? []).sort(),
    parts: roots.map((root) => refsOf(board, clusterOf(board, root).members)),
    reason: reasons[kind],
  };
}

function refsOf(board: IdentityBoard, indexes: readonly number[]): RecordRef[] {
  const sorted = [...indexes].sort((a, b) => a - b);
  return sorted.flatMap((index) => {
    const record = board.records[index];
    return record === undefined ? [] : [{ source: record.source, stream: record.stream, key: record.key }];
  });
}
