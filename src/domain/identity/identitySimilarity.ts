/** Jaro-Winkler's own bound and weight of the common prefix. */
const prefixMax = 4;
const prefixWeight = 0.1;
/** Longer texts are compared by their beginning: the comparison is quadratic. */
const comparedMax = 100;

/**
 * Jaro-Winkler similarity of two folded texts: 0 (nothing in common, or one empty) to 1 (equal). Symmetric,
 * by code points. Written out because the package at hand, @skyra/jaro-winkler 1.1.1, counts a prefix of five
 * and looks further than Jaro does, which lifts different people above 0.9.
 */
export function similarityOf(a: string, b: string): number {
  if (a === '' || b === '') return 0;
  if (a === b) return 1;
  // Greedy matching can depend on the direction; the answer must not.
  const [shorter, longer] = a.length < b.length || (a.length === b.length && a < b) ? [a, b] : [b, a];
  const left = [...shorter].slice(0, comparedMax);
  const right = [...longer].slice(0, comparedMax);
  const jaro = jaroOf(left, right);
  let prefix = 0;
  while (prefix < prefixMax && prefix < left.length && left[prefix] === right[prefix]) prefix++;
  return jaro + prefix * prefixWeight * (1 - jaro);
}

function jaroOf(left: readonly string[], right: readonly string[]): number {
  const reach = Math.max(0, Math.floor(Math.max(left.length, right.length) / 2) - 1);
  const taken = new Array<boolean>(right.length).fill(false);
  const matchedLeft: string[] = [];
  left.forEach((letter, i) => {
    const end = Math.min(right.length, i + reach + 1);
    for (let j = Math.max(0, i - reach); j < end; j++) {
      if (taken[j] !== true && right[j] === letter) {
        taken[j] = true;
        matchedLeft.push(letter);
        return;
      }
    }
  });
  const matches = matchedLeft.length;
  if (matches === 0) return 0;
  const matchedRight = right.filter((_, j) => taken[j]);
  const moved = matchedLeft.filter((letter, i) => letter !== matchedRight[i]).length / 2;
  return (matches / left.length + matches / right.length + (matches - moved) / matches) / 3;
}
