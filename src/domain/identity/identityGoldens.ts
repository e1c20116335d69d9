import { clusterOf, rootOf, type IdentityBoard } from './identityBoard';
import type { IdentityQuestion } from './identityRecord';

/**
 * Gives every cluster with a source record its golden id: the one HubSpot has by its links, else the one its
 * anchor carries, else the one its first source record founds. Clusters in doubt and anchors alone get none.
 *
 * An id that is linked, or that any anchor carries as `tributary_id`, is never founded anew: an upsert under it
 * would overwrite another HubSpot record. Out: by root, in the order of the clusters' first records.
 */
export function nameGoldens(
  board: IdentityBoard,
  newGoldenId: IdentityQuestion['newGoldenId'],
): Map<number, string> {
  const taken = new Set<string>(board.reserved);
  const roots: number[] = [];
  const named = new Map<number, string>();
  board.records.forEach((record, index) => {
    const root = rootOf(board, index);
    const { golden, doubt } = clusterOf(board, root);
    if (golden !== null) taken.add(golden);
    if (record.fixed && record.goldenId !== null) taken.add(record.goldenId);
    if (!record.anchor && doubt === null && !named.has(root)) {
      named.set(root, golden ?? '');
      roots.push(root);
    }
  });
  const open = roots.filter((root) => named.get(root) === '').sort((a, b) => a - b);
  for (const root of open) {
    const carried = carriedId(board, root);
    if (carried === null || taken.has(carried)) continue;
    taken.add(carried);
    named.set(root, carried);
  }
  for (const record of board.records)
    if (record.anchor && record.tributaryId !== null) taken.add(record.tributaryId);
  for (const root of open) {
    if (named.get(root) === '') named.set(root, foundedId(board, root, taken, newGoldenId));
  }
  return new Map([...named].sort(([a], [b]) => a - b));
}

function carriedId(board: IdentityBoard, root: number): string | null {
  const { anchor } = clusterOf(board, root);
  return anchor === null ? null : (board.records[anchor]?.tributaryId ?? null);
}

function foundedId(
  board: IdentityBoard,
  root: number,
  taken: Set<string>,
  newGoldenId: IdentityQuestion['newGoldenId'],
): string {
  const sources = clusterOf(board, root).members.filter((index) => board.records[index]?.anchor === false);
  const founder = board.records[Math.min(...sources)];
  if (founder === undefined)
    throw new Error('identity: a cluster without a source record cannot found a golden record');
  // Ids of different attempts differ, so among one more attempt than taken ids one is free.
  for (let attempt = 0; attempt <= taken.size; attempt++) {
    const id = newGoldenId(founder, attempt);
    if (taken.has(id)) continue;
    taken.add(id);
    return id;
  }
  throw new Error('identity: newGoldenId gives the same id for different attempts');
}
