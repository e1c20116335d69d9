import {
  areTwoInHubspot,
  breakLimit,
  clusterOf,
  isHeld,
  join,
  rootOf,
  type IdentityBoard,
} from './identityBoard';
import type { IdentityEdge } from './identityEdges';
import { shareOut } from './identityShareOut';

/** Clusters, by root, with the clusters that they share evidence of the rule at hand with. */
export type Touching = ReadonlyMap<number, readonly number[]>;

/**
 * Joins clusters by the evidence of one rule. Called strongest rule first; what a rule leaves in doubt, no
 * weaker rule may decide.
 */
export function joinByRule(board: IdentityBoard, edges: readonly IdentityEdge[]): void {
  let touch = touching(board, edges);
  if (touch.size === 0) return;
  if (joinGoldenWithAnchor(board, touch)) touch = touching(board, edges);
  const seen = new Set<number>();
  for (const start of touch.keys()) {
    if (!seen.has(start) && clusterOf(board, start).doubt === null) {
      shareOut(board, reach(board, start, touch, seen), touch);
    }
  }
  spreadDoubt(board, edges);
}

/** The graph of the clusters. Clusters that a limit keeps apart do not touch: the evidence is refuted. */
function touching(board: IdentityBoard, edges: readonly IdentityEdge[]): Map<number, number[]> {
  const touch = new Map<number, number[]>();
  const seen = new Set<number>();
  const add = (from: number, to: number) => {
    const list = touch.get(from);
    if (list === undefined) touch.set(from, [to]);
    else list.push(to);
  };
  for (const edge of edges) {
    const a = rootOf(board, edge[0]);
    const b = rootOf(board, edge[1]);
    if (a === b) continue;
    const pair = Math.min(a, b) * board.records.length + Math.max(a, b);
    if (seen.has(pair)) continue;
    seen.add(pair);
    if (breakLimit(clusterOf(board, a), clusterOf(board, b))) continue;
    add(a, b);
    add(b, a);
  }
  return touch;
}

/**
 * A golden record whose anchor is not known here and an anchor without one, when there is no other choice for
 * either. Out: whether any were joined.
 */
function joinGoldenWithAnchor(board: IdentityBoard, touch: Touching): boolean {
  const lacksAnchor = (root: number) =>
    clusterOf(board, root).golden !== null && clusterOf(board, root).anchor === null;
  const isAnchor = (root: number) => clusterOf(board, root).anchor !== null;
  const pairs: IdentityEdge[] = [];
  for (const [root, touched] of touch) {
    if (!lacksAnchor(root)) continue;
    const [anchor, ...others] = touched.filter(isAnchor);
    if (anchor === undefined || others.length > 0) continue;
    if (areTwoInHubspot(board, clusterOf(board, root), clusterOf(board, anchor))) continue;
    if ((touch.get(anchor) ?? []).filter(lacksAnchor).length === 1) pairs.push([root, anchor]);
  }
  for (const [golden, anchor] of pairs) join(board, golden, anchor);
  return pairs.length > 0;
}

function reach(board: IdentityBoard, start: number, touch: Touching, seen: Set<number>): number[] {
  const part = [start];
  seen.add(start);
  for (const at of part) {
    for (const next of touch.get(at) ?? []) {
      if (seen.has(next) || clusterOf(board, next).doubt !== null) continue;
      seen.add(next);
      part.push(next);
    }
  }
  return part.sort((a, b) => a - b);
}

/**
 * A new cluster whose only evidence leads to one in doubt is in doubt too: delivered now, it would be a second
 * record of whatever the other turns out to be. Clusters between which the doubt hangs are not touched by it.
 */
function spreadDoubt(board: IdentityBoard, edges: readonly IdentityEdge[]): void {
  if (!edges.some((edge) => edge.some((index) => clusterOf(board, index).doubt !== null))) return;
  const touch = touching(board, edges);
  let doubtful = [...touch.keys()].filter((root) => clusterOf(board, root).doubt !== null);
  while (doubtful.length > 0) {
    const found = new Map<number, Set<number>>();
    for (const root of doubtful) {
      const candidates = (clusterOf(board, root).doubt?.candidates ?? []).map((index) =>
        rootOf(board, index),
      );
      for (const next of touch.get(root) ?? []) {
        const cluster = clusterOf(board, next);
        if (isHeld(cluster) || cluster.doubt !== null || candidates.includes(next)) continue;
        found.set(next, new Set([...(found.get(next) ?? []), ...candidates]));
      }
    }
    for (const [root, candidates] of found) {
      clusterOf(board, root).doubt = { kind: 'ambiguous', candidates: [...candidates] };
    }
    doubtful = [...found.keys()];
  }
}
