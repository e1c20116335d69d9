import { distance } from 'fastest-levenshtein';

/** Longer words than this are no names; the limit keeps the comparison cheap. */
const lengthMax = 100;

/**
 * The known name a person most likely meant.
 * Out: null where none is near: more than a third of its letters (at least two) would have to change.
 */
export function nearest(written: string, known: readonly string[]): string | null {
  if (written.length > lengthMax) return null;
  let best: string | null = null;
  let bestDistance = Infinity;
  for (const candidate of known) {
    const apart = distance(written.toLowerCase(), candidate.toLowerCase());
    if (apart < bestDistance) [best, bestDistance] = [candidate, apart];
  }
  const allowed = Math.max(2, Math.floor(written.length / 3));
  return bestDistance <= allowed ? best : null;
}

/** Out: `did you mean "x"?`, else the list of what is known where it is short, else undefined. */
export function suggestion(written: string, known: readonly string[]): string | undefined {
  const close = nearest(written, known);
  if (close !== null) return `did you mean "${close}"?`;
  if (known.length === 0) return undefined;
  return known.length <= 12 ? `known: ${known.join(', ')}` : undefined;
}
