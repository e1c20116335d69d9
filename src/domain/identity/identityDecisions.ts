import {
  areTwoInHubspot,
  clusterOf,
  join,
  rootOf,
  type BoardCluster,
  type IdentityBoard,
} from './identityBoard';
import type { IdentityRecord } from './identityRecord';
import type { RecordRef } from '../record';

/** What a person decided about two groups of records. It lasts until another decision contradicts it. */
export interface IdentityDecision {
  /** 'together': all of them are one thing. 'apart': what is on the left is nothing of what is on the right. */
  kind: 'together' | 'apart';
  left: readonly RecordRef[];
  right: readonly RecordRef[];
  /** Of decisions that contradict each other by way of a third record the newer one is asked first. */
  decidedAt: string;
  /** 'together' with a HubSpot record on the right: what is on the left leaves the one that it is linked to now. */
  moves: boolean;
  /** Not decided here: HubSpot has made one record of the two golden records. */
  merged?: boolean;
}

/** Two records that a decision wanted to join, and why they stay apart. */
export interface BlockedJoin {
  pair: readonly [number, number];
  /** 'merge': HubSpot has both. 'merged': HubSpot has made them one. 'contradiction': other decisions keep them apart. */
  why: 'merge' | 'merged' | 'contradiction';
}

/** No property of HubSpot has a colon in its name, so it is never taken for a `neverJoin` property. */
const limitPrefix = 'decision:';

/** Records that a person moved to another HubSpot record than the one they are linked to: index → index of that one. */
export function movedRecords(
  records: readonly IdentityRecord[],
  decisions: readonly IdentityDecision[],
  heldBy: Readonly<Record<string, string>>,
): Map<number, number> {
  const moved = new Map<number, number>();
  const moves = decisions.filter(({ kind, moves }) => kind === 'together' && moves);
  if (moves.length === 0) return moved;
  const indexes = new Map(records.map((record, index) => [refText(record), index]));
  for (const { left, right } of sorted(moves)) {
    const targets = right.flatMap((ref) => indexes.get(refText(ref)) ?? []);
    const target = targets.sort((a, b) => a - b).find((index) => records[index]?.anchor);
    if (target === undefined) continue;
    for (const ref of left) {
      const index = indexes.get(refText(ref));
      const record = index === undefined ? undefined : records[index];
      if (index === undefined || !record || record.anchor || !record.fixed || moved.has(index)) continue;
      // A golden record that is only being created stays: nobody can call the creation back.
      const holder = record.goldenId === null ? undefined : heldBy[record.goldenId];
      if (holder !== undefined && holder !== records[target]?.key) moved.set(index, target);
    }
  }
  return moved;
}

/**
 * What people decided, after the fixed links and before any rule. Clusters that were decided to be apart carry a
 * limit that differs, as a `neverJoin` property does, so no rule joins them; links that say otherwise are stronger.
 * Decisions to join ignore the rules' limits, but never join what HubSpot has twice, nor what was decided to be apart.
 *
 * Out: the records that were joined, and the joins that could not be. Neither order of the decisions nor of the
 * records matters.
 */
export function joinByDecisions(
  board: IdentityBoard,
  decisions: readonly IdentityDecision[],
): { joined: Set<number>; blocked: BlockedJoin[] } {
  const joined = new Set<number>();
  const blocked: BlockedJoin[] = [];
  const known = onBoard(board, decisions);
  known.forEach((decision, number) => {
    if (decision.kind === 'apart') keepApart(board, decision, `${limitPrefix}${number}`);
  });
  for (const { kind, left, right, merged } of known) {
    const [first, ...others] = [...left, ...right];
    if (kind !== 'together' || first === undefined) continue;
    for (const other of others) {
      const [a, b] = [clusterOf(board, first), clusterOf(board, other)];
      if (a === b) continue;
      const pair = [first, other] as const;
      if (areTwoInHubspot(board, a, b)) blocked.push({ pair, why: merged ? 'merged' : 'merge' });
      else if (isDecidedApart(a, b)) blocked.push({ pair, why: 'contradiction' });
      else {
        join(board, first, other);
        joined.add(first).add(other);
      }
    }
  }
  return { joined, blocked };
}

/** Whether a person decided that two clusters are two things. */
export function isDecidedApart(a: BoardCluster, b: BoardCluster): boolean {
  for (const [name, values] of a.limits) {
    const others = name.startsWith(limitPrefix) ? b.limits.get(name) : undefined;
    if (others !== undefined && new Set([...values, ...others]).size > 1) return true;
  }
  return false;
}

interface KnownDecision {
  kind: IdentityDecision['kind'];
  merged: boolean;
  left: number[];
  right: number[];
}

/** The decisions of which both sides are here, newest first. */
function onBoard(board: IdentityBoard, decisions: readonly IdentityDecision[]): KnownDecision[] {
  if (decisions.length === 0) return [];
  const indexes = new Map(board.records.map((record, index) => [refText(record), index]));
  const here = (refs: readonly RecordRef[]) =>
    refs.flatMap((ref) => indexes.get(refText(ref)) ?? []).sort((a, b) => a - b);
  return sorted(decisions)
    .map(({ kind, left, right, merged = false }) => ({ kind, merged, left: here(left), right: here(right) }))
    .filter(({ left, right }) => left.length > 0 && right.length > 0);
}

function keepApart(board: IdentityBoard, { left, right }: KnownDecision, name: string): void {
  const roots = new Set(left.map((index) => rootOf(board, index)));
  // Links say that they are one thing: HubSpot has them as one record by now.
  if (right.some((index) => roots.has(rootOf(board, index)))) return;
  const give = (index: number, value: string) => {
    const cluster = clusterOf(board, index);
    cluster.limits = new Map([...cluster.limits, [name, new Set([value])]]);
  };
  for (const index of left) give(index, 'left');
  for (const index of right) give(index, 'right');
}

function sorted(decisions: readonly IdentityDecision[]): IdentityDecision[] {
  const named = decisions.map((decision) => {
    const { kind, left, right } = decision;
    return { decision, name: JSON.stringify([kind, left.map(refText).sort(), right.map(refText).sort()]) };
  });
  return named
    .sort((a, b) => {
      const [one, other] = [a.decision.decidedAt, b.decision.decidedAt];
      return one > other ? -1 : one < other ? 1 : a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
    })
    .map(({ decision }) => decision);
}

function refText({ source, stream, key }: RecordRef): string {
  return JSON.stringify([source, stream, key]);
}
