import { areTwoInHubspot, clusterOf, join, type IdentityBoard } from './identityBoard';
import type { IdentityQuestion } from './identityRecord';

/**
 * What is settled before any rule is asked: fixed links, and the anchors of golden records.
 *
 * Records with a fixed link to one golden record are one cluster. Its anchor is the HubSpot record that the
 * golden record is known to be, else the one linked to it, else the one carrying its id as `tributary_id`. An
 * anchor that carries the id which an unlinked record would found is that record, created by us before our
 * database lost it. Where claims collide the stronger and then the smaller anchor wins; nothing is joined twice.
 */
export function joinByLinks(board: IdentityBoard, newGoldenId: IdentityQuestion['newGoldenId']): void {
  const firstOf = joinFixedLinks(board);
  for (const { golden, anchor } of anchorClaims(board)) {
    const first = firstOf.get(golden);
    const own = clusterOf(board, anchor);
    if (own.golden !== null) continue;
    if (first === undefined) {
      own.golden = golden;
      firstOf.set(golden, anchor);
    } else if (!areTwoInHubspot(board, own, clusterOf(board, first))) {
      join(board, first, anchor);
    }
  }
  joinFounders(board, newGoldenId);
}

/** Out: per golden id with fixed links of source records, one of these records. */
function joinFixedLinks(board: IdentityBoard): Map<string, number> {
  const firstOf = new Map<string, number>();
  board.records.forEach((record, index) => {
    if (record.anchor || !record.fixed || record.goldenId === null) return;
    const first = firstOf.get(record.goldenId);
    if (first === undefined) {
      firstOf.set(record.goldenId, index);
      clusterOf(board, index).golden = record.goldenId;
    } else {
      join(board, first, index);
    }
  });
  return firstOf;
}

/** Which anchor says, or is said, to be which golden record; strongest claims first. */
function anchorClaims(board: IdentityBoard): { golden: string; anchor: number }[] {
  const goldens = new Set<string>();
  for (const record of board.records)
    if (record.fixed && record.goldenId !== null) goldens.add(record.goldenId);
  const goldenByKey = new Map<string, string>();
  for (const golden of [...goldens].sort()) {
    const key = board.heldBy[golden];
    if (key !== undefined) goldenByKey.set(key, golden);
  }
  const known: { golden: string; anchor: number }[] = [];
  const linked: { golden: string; anchor: number }[] = [];
  const carried: { golden: string; anchor: number }[] = [];
  board.records.forEach((record, anchor) => {
    if (!record.anchor) return;
    const golden = goldenByKey.get(record.key);
    if (golden !== undefined) known.push({ golden, anchor });
    if (record.fixed && record.goldenId !== null) linked.push({ golden: record.goldenId, anchor });
    const carries = record.tributaryId;
    if (carries !== null && goldens.has(carries)) carried.push({ golden: carries, anchor });
  });
  return [...known, ...linked, ...carried];
}

function joinFounders(board: IdentityBoard, newGoldenId: IdentityQuestion['newGoldenId']): void {
  const anchorOf = new Map<string, number>();
  board.records.forEach((record, index) => {
    if (record.tributaryId !== null && record.anchor && !anchorOf.has(record.tributaryId)) {
      anchorOf.set(record.tributaryId, index);
    }
  });
  if (anchorOf.size === 0) return;
  board.records.forEach((record, index) => {
    if (record.anchor || record.fixed) return;
    const anchor = anchorOf.get(newGoldenId(record, 0));
    if (anchor !== undefined) join(board, anchor, index);
  });
}
