import { breakLimit, clusterOf, isHeld, join, type IdentityBoard } from './identityBoard';
import type { Touching } from './identityJoin';

/**
 * Shares the clusters of one connected part out among those of them that are certainly different things.
 *
 * These *seeds* are the clusters that HubSpot has and, where the part holds more than one value of a limit,
 * the clusters with such values. Without seeds, or with one, the whole part is one thing. Otherwise each other
 * cluster goes to the seed that it touches, then to the one that its neighbours went to, ring by ring. One that
 * touches several at once is in doubt and passes nothing on; what is reached only through it is in doubt too
 * (`spreadDoubt`). Rings are closed one at a time, so no order of records or clusters can matter.
 *
 * In: the roots of the part, sorted. Changes the board.
 */
export function shareOut(board: IdentityBoard, part: readonly number[], touch: Touching): void {
  const within = new Set(part);
  const near = (root: number) => (touch.get(root) ?? []).filter((next) => within.has(next));
  /** Which seed a cluster went to, by the seed's own root. */
  const owner = new Map<number, number>();
  for (const root of part) if (isHeld(clusterOf(board, root))) owner.set(root, root);
  const names = differentLimits(board, part);
  if (names.size > 0) seedByLimits(board, part, names, near, owner);
  const [first] = part;
  if (owner.size === 0 && first !== undefined) owner.set(first, first);
  let ring = [...owner.keys()];
  while (ring.length > 0) {
    const reached = new Map<number, Set<number>>();
    for (const root of ring) {
      const seed = owner.get(root);
      for (const next of near(root)) {
        if (seed === undefined || owner.has(next) || clusterOf(board, next).doubt !== null) continue;
        const seeds = reached.get(next);
        if (seeds === undefined) reached.set(next, new Set([seed]));
        else seeds.add(seed);
      }
    }
    ring = [];
    for (const [root, seeds] of reached) {
      const [seed] = seeds;
      if (seed === undefined || seeds.size > 1) {
        clusterOf(board, root).doubt = { kind: 'ambiguous', candidates: [...seeds] };
      } else {
        owner.set(root, seed);
        ring.push(root);
      }
    }
  }
  for (const [root, seed] of owner) join(board, seed, root);
}

/** The limits of which the part holds more than one value; the others tell nothing apart here. */
function differentLimits(board: IdentityBoard, part: readonly number[]): Set<string> {
  const seen = new Map<string, string>();
  const different = new Set<string>();
  for (const root of part) {
    for (const [name, values] of clusterOf(board, root).limits) {
      for (const value of values) {
        if ((seen.get(name) ?? value) !== value) different.add(name);
        seen.set(name, value);
      }
    }
  }
  return different;
}

/**
 * Clusters with limit values that HubSpot does not have: those that touch and agree wholly are one. It goes to
 * the one held cluster it touches unless another that disagrees with it wants the same (then both are in
 * doubt: one of them may be it); it is in doubt between several held ones; else it is a seed of its own.
 */
function seedByLimits(
  board: IdentityBoard,
  part: readonly number[],
  names: ReadonlySet<string>,
  near: (root: number) => number[],
  owner: Map<number, number>,
): void {
  const claims = new Map<number, number[][]>();
  for (const group of agreeingGroups(board, part, names, near)) {
    const held = [...new Set(group.flatMap(near))].filter((root) => isHeld(clusterOf(board, root)));
    const [seed] = held;
    if (held.length > 1) doubt(board, group, 'ambiguous', held);
    else if (seed !== undefined) claims.set(seed, [...(claims.get(seed) ?? []), group]);
    else for (const root of group) owner.set(root, group[0] ?? root);
  }
  for (const [seed, groups] of claims) {
    for (const group of groups) {
      const rivals = groups.some((other) => other !== group && groupsDisagree(board, group, other));
      if (rivals) doubt(board, group, 'limit', [seed]);
      else for (const root of group) owner.set(root, seed);
    }
  }
}

function agreeingGroups(
  board: IdentityBoard,
  part: readonly number[],
  names: ReadonlySet<string>,
  near: (root: number) => number[],
): number[][] {
  const signatures = new Map<number, string>();
  for (const root of part) {
    const cluster = clusterOf(board, root);
    if (isHeld(cluster)) continue;
    const entries = [...cluster.limits]
      .filter(([name]) => names.has(name))
      .map(([name, values]) => [name, ...values]);
    if (entries.length === 0) continue;
    signatures.set(root, JSON.stringify(entries.sort((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1))));
  }
  const seen = new Set<number>();
  const groups: number[][] = [];
  for (const [start, signature] of signatures) {
    if (seen.has(start)) continue;
    const group = [start];
    seen.add(start);
    for (const at of group) {
      for (const next of near(at)) {
        if (seen.has(next) || signatures.get(next) !== signature) continue;
        seen.add(next);
        group.push(next);
      }
    }
    groups.push(group);
  }
  return groups;
}

function groupsDisagree(board: IdentityBoard, a: readonly number[], b: readonly number[]): boolean {
  const [first, second] = [a[0], b[0]];
  if (first === undefined || second === undefined) return false;
  return breakLimit(clusterOf(board, first), clusterOf(board, second));
}

function doubt(
  board: IdentityBoard,
  roots: readonly number[],
  kind: 'ambiguous' | 'limit',
  candidates: readonly number[],
): void {
  for (const root of roots) clusterOf(board, root).doubt = { kind, candidates: [...candidates] };
}
