import type { IdentityRecord, ReviewKind } from './identityRecord';

/** The clusters while they are being joined. Records are indexes in the order of `compareRefs`. */
export interface IdentityBoard {
  records: readonly IdentityRecord[];
  heldBy: Readonly<Record<string, string>>;
  /** Golden ids that no cluster may found anew. */
  reserved: ReadonlySet<string>;
  /** Per record: a record nearer to its cluster's root; the root, its smallest index, points at itself. */
  parents: number[];
  /** Per root. */
  clusters: BoardCluster[];
}

export interface BoardCluster {
  members: number[];
  anchor: number | null;
  /** The golden record that HubSpot has (or may have) for it. */
  golden: string | null;
  /** neverJoin property → the values its members have; what was decided to be apart differs likewise. */
  limits: ReadonlyMap<string, ReadonlySet<string>>;
  /** Set when it may belong to one of several clusters (named by a record of each): a person must decide. */
  doubt: { kind: ReviewKind; candidates: number[] } | null;
}

/** Every record in a cluster of its own. */
export function newBoard(
  records: readonly IdentityRecord[],
  heldBy: Readonly<Record<string, string>>,
  reserved: ReadonlySet<string> = new Set(),
): IdentityBoard {
  return {
    records,
    heldBy,
    reserved,
    parents: records.map((_, index) => index),
    clusters: records.map((record, index) => ({
      members: [index],
      anchor: record.anchor ? index : null,
      golden: null,
      limits: new Map(Object.entries(record.limits).map(([name, value]) => [name, new Set([value])])),
      doubt: null,
    })),
  };
}

/** The root of a record's cluster. Shortens the way there, so that long chains stay cheap. */
export function rootOf(board: IdentityBoard, index: number): number {
  let at = index;
  for (;;) {
    const up = board.parents[at] ?? at;
    const over = board.parents[up] ?? up;
    if (up === over) return up;
    board.parents[at] = over;
    at = over;
  }
}

/** The cluster of a record. */
export function clusterOf(board: IdentityBoard, index: number): BoardCluster {
  const cluster = board.clusters[rootOf(board, index)];
  if (cluster === undefined) throw new Error(`identity: no record ${index} on the board`);
  return cluster;
}

/** Whether HubSpot has a record of it already. */
export function isHeld(cluster: BoardCluster): boolean {
  return cluster.anchor !== null || cluster.golden !== null;
}

/** Whether two clusters would be two records in HubSpot: two anchors, two golden records, or a golden and a foreign anchor. */
export function areTwoInHubspot(board: IdentityBoard, a: BoardCluster, b: BoardCluster): boolean {
  if (a.anchor !== null && b.anchor !== null) return true;
  if (a.golden !== null && b.golden !== null) return a.golden !== b.golden;
  return isForeign(board, a.golden, b.anchor) || isForeign(board, b.golden, a.anchor);
}

function isForeign(board: IdentityBoard, golden: string | null, anchor: number | null): boolean {
  if (golden === null || anchor === null) return false;
  const known = board.heldBy[golden];
  return known !== undefined && known !== board.records[anchor]?.key;
}

/** Whether a `neverJoin` property says that two clusters are two things. */
export function breakLimit(a: BoardCluster, b: BoardCluster): boolean {
  if (a.limits.size === 0 || b.limits.size === 0) return false;
  for (const [name, values] of a.limits) {
    const others = b.limits.get(name);
    if (others !== undefined && new Set([...values, ...others]).size > 1) return true;
  }
  return false;
}

/** Joins the clusters of two records. Throws where HubSpot has both: the callers decide before they join. */
export function join(board: IdentityBoard, a: number, b: number): void {
  const [low, high] = [rootOf(board, a), rootOf(board, b)].sort((x, y) => x - y) as [number, number];
  if (low === high) return;
  const [into, from] = [clusterOf(board, low), clusterOf(board, high)];
  if (areTwoInHubspot(board, into, from))
    throw new Error('identity: two HubSpot records cannot be one cluster');
  const limits = new Map(into.limits);
  for (const [name, values] of from.limits)
    limits.set(name, new Set([...(limits.get(name) ?? []), ...values]));
  board.parents[high] = low;
  const [short, members] = [into.members, from.members].sort((x, y) => x.length - y.length) as [
    number[],
    number[],
  ];
  for (const member of short) members.push(member);
  board.clusters[low] = {
    members,
    anchor: into.anchor ?? from.anchor,
    golden: into.golden ?? from.golden,
    limits,
    doubt: null,
  };
}
