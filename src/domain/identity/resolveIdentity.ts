import { clusterOf, newBoard, rootOf, type IdentityBoard } from './identityBoard';
import { joinByDecisions, movedRecords, type BlockedJoin } from './identityDecisions';
import { identityEdges, type IdentityEdge } from './identityEdges';
import { nameGoldens } from './identityGoldens';
import { joinByRule } from './identityJoin';
import { joinByLinks } from './identityLinks';
import {
  compareRefs,
  type ClusterMember,
  type IdentityAnswer,
  type IdentityCluster,
  type IdentityQuestion,
  type IdentityRecord,
} from './identityRecord';
import { openReviews } from './identityReviews';
import type { RecordRef } from '../record';

/**
 * Decides which records are one thing. A function of the *set* of records: neither their order nor the slices
 * in which they came matter, because whole connected components are decided anew, in rounds that treat all
 * clusters alike (the fixed links, which say what HubSpot has, are the only memory).
 *
 * 1. Fixed links, and the anchors of golden records, join first and without asking the rules (`joinByLinks`).
 *    Then what people decided: records that are one thing join, others are kept apart (`joinByDecisions`).
 * 2. Rule by rule, strongest first, clusters that share an evident key are shared out among those that are
 *    certainly different: HubSpot has both, or a `neverJoin` property differs (`joinByRule`, `shareOut`).
 *    What touches several of them is in doubt: it waits, and a person decides.
 * 3. Each cluster with a source record gets a golden id that no other has (`nameGoldens`).
 * 4. With what is decided taken as fixed the rules are asked again, until nothing more joins: a weaker rule may
 *    have shown that one of two candidates is somebody else. What waits is not decided: of it nothing is taken as
 *    fixed. So delivery, which fixes links, changes no answer.
 * 5. What stays apart in spite of shared evidence becomes a review (`openReviews`).
 *
 * Invariants: no cluster has two anchors; no golden id is given twice; every source record is in exactly one
 * cluster or waits; fixed records never wait and never move, unless a person moved them; the answer, fixed, resolves to itself.
 * Anchors alone make no cluster. Out: everything sorted. Throws only where a record is given twice.
 */
export function resolveIdentity(question: IdentityQuestion): IdentityAnswer {
  const { start, afterLinks, joined, blocked } = joinBeforeRules(question);
  const { records } = start;
  const edges = identityEdges(records, question.sharers, question.rules);
  const { board, goldenIds } = joinByRules(start, edges, question.newGoldenId);
  const reasons = memberReasons(
    board,
    edges,
    afterLinks,
    joined,
    question.rules.rules.map((rule) => rule.name),
  );
  const used = new Set(goldenIds.values());
  const linked = records.map((record) => record.goldenId).filter((id) => id !== null);
  return {
    clusters: [...goldenIds].map(([root, goldenId]) => clusterAnswer(board, root, goldenId, reasons)),
    reviews: openReviews(board, edges, goldenIds, blocked),
    waiting: records.filter((_, index) => clusterOf(board, index).doubt !== null).map(refOf),
    emptied: [...new Set(linked)].filter((id) => !used.has(id)).sort(),
  };
}

interface BeforeRules {
  start: IdentityBoard;
  /** The roots when the links had joined. */
  afterLinks: number[];
  joined: ReadonlySet<number>;
  blocked: BlockedJoin[];
}

/**
 * Step 1. A record that a person moved to another HubSpot record loses its fixed link, but only where it arrives:
 * one that other decisions keep from there stays where it is, or it would become a second record in HubSpot.
 */
function joinBeforeRules({
  records,
  decisions = [],
  heldBy = {},
  newGoldenId,
}: IdentityQuestion): BeforeRules {
  const all = sortedRecords(records);
  const moved = movedRecords(all, decisions, heldBy);
  for (;;) {
    const goldenIds = [...moved.keys()].flatMap((index) => all[index]?.goldenId ?? []);
    const freed = all.map((record, index) => (moved.has(index) ? { ...record, fixed: false } : record));
    const start = newBoard(freed, heldBy, new Set(goldenIds));
    joinByLinks(start, newGoldenId);
    const afterLinks = freed.map((_, index) => rootOf(start, index));
    const { joined, blocked } = joinByDecisions(start, decisions);
    const lost = [...moved].filter(([index, target]) => rootOf(start, index) !== rootOf(start, target));
    if (lost.length === 0) return { start, afterLinks, joined, blocked };
    for (const [index] of lost) moved.delete(index);
  }
}

/**
 * Steps 2 to 4. Every round starts from what a delivery would remember: the clusters that have a golden id, and
 * for all else what was before the rules (`nextRound`). A record that has a golden id keeps it, so the rounds are
 * bounded by the records; one or two are usual, and one where no evidence is left between clusters.
 */
function joinByRules(
  start: IdentityBoard,
  edges: readonly (readonly IdentityEdge[])[],
  newGoldenId: IdentityQuestion['newGoldenId'],
): { board: IdentityBoard; goldenIds: Map<number, string> } {
  let board = nextRound(start, start, new Map());
  let placedBefore = -1;
  for (;;) {
    for (const ruleEdges of edges) joinByRule(board, ruleEdges);
    const goldenIds = nameGoldens(board, newGoldenId);
    const placed = [...goldenIds.keys()].reduce(
      (sum, root) => sum + clusterOf(board, root).members.length,
      0,
    );
    const isApart = ([i, j]: IdentityEdge) => rootOf(board, i) !== rootOf(board, j);
    if (placed === placedBefore || !edges.some((ruleEdges) => ruleEdges.some(isApart)))
      return { board, goldenIds };
    placedBefore = placed;
    board = nextRound(start, board, goldenIds);
  }
}

/**
 * The clusters of a finished round that are to be delivered, held by their golden ids. What waits is taken apart
 * again to what it was at the start: nothing of it is stored, so the next question could not know that the rules
 * had joined it, and would answer otherwise.
 */
function nextRound(
  start: IdentityBoard,
  ended: IdentityBoard,
  goldenIds: ReadonlyMap<number, string>,
): IdentityBoard {
  const boardOf = (index: number) => (clusterOf(ended, index).doubt === null ? ended : start);
  const parents = start.records.map((_, index) => rootOf(boardOf(index), index));
  const clusters = parents.map((root, index) => {
    const cluster = clusterOf(boardOf(root), root);
    if (root !== index) return cluster;
    // `join` writes to the members, and the start is needed again.
    return { ...cluster, members: [...cluster.members], golden: goldenIds.get(root) ?? cluster.golden };
  });
  return { ...start, parents, clusters };
}

function sortedRecords(records: readonly IdentityRecord[]): IdentityRecord[] {
  const sorted = [...records].sort(compareRefs);
  sorted.forEach((record, index) => {
    const before = sorted[index - 1];
    if (before !== undefined && compareRefs(before, record) === 0) {
      throw new Error('identity: a record was given twice');
    }
  });
  return sorted;
}

function clusterAnswer(
  board: IdentityBoard,
  root: number,
  goldenId: string,
  reasons: readonly string[],
): IdentityCluster {
  const { members, anchor } = clusterOf(board, root);
  const named = [...members]
    .sort((a, b) => a - b)
    .flatMap((index): ClusterMember[] => {
      const record = board.records[index];
      return record === undefined ? [] : [{ ...refOf(record), rule: reasons[index] ?? 'new' }];
    });
  const anchorRecord = anchor === null ? undefined : board.records[anchor];
  return { goldenId, members: named, anchor: anchorRecord === undefined ? null : refOf(anchorRecord) };
}

/** Per record: its link, our own id, a decision, the strongest rule by which it shares evidence with its cluster, or 'new'. */
function memberReasons(
  board: IdentityBoard,
  edges: readonly (readonly IdentityEdge[])[],
  afterLinks: readonly number[],
  joined: ReadonlySet<number>,
  ruleNames: readonly string[],
): string[] {
  const sizes = new Map<number, number>();
  for (const root of afterLinks) sizes.set(root, (sizes.get(root) ?? 0) + 1);
  const reasons = board.records.map((record, index): string => {
    if (record.fixed && record.goldenId !== null && record.goldenId === clusterOf(board, index).golden)
      return 'link';
    if ((sizes.get(afterLinks[index] ?? index) ?? 1) > 1) return 'tributaryId';
    return joined.has(index) ? 'decision' : 'new';
  });
  edges.forEach((ruleEdges, rule) => {
    for (const [i, j] of ruleEdges) {
      if (rootOf(board, i) !== rootOf(board, j)) continue;
      for (const index of [i, j]) if (reasons[index] === 'new') reasons[index] = ruleNames[rule] ?? 'new';
    }
  });
  return reasons;
}

function refOf(record: RecordRef): RecordRef {
  return { source: record.source, stream: record.stream, key: record.key };
}
