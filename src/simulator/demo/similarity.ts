/**
 * Jaro-Winkler similarity of two texts, 0 to 1 (prefix weight 0.1, at most 4 characters). Written from the
 * published definition so that the generator can keep people apart without the product's own code.
 */
export function similarityOf(left: string, right: string): number {
  const a = [...left];
  const b = [...right];
  if (a.length === 0 || b.length === 0) return a.length === b.length ? 1 : 0;
  const reach = Math.max(0, Math.floor(Math.max(a.length, b.length) / 2) - 1);
  const taken = new Array<boolean>(b.length).fill(false);
  const matchedLeft: string[] = [];
  a.forEach((character, at) => {
    for (let to = Math.max(0, at - reach); to < Math.min(b.length, at + reach + 1); to++) {
      if (taken[to] || b[to] !== character) continue;
      taken[to] = true;
      matchedLeft.push(character);
      return;
    }
  });
  const matches = matchedLeft.length;
  if (matches === 0) return 0;
  const matchedRight = b.filter((_, at) => taken[at]);
  const moved = matchedLeft.filter((character, at) => character !== matchedRight[at]).length / 2;
  const jaro = (matches / a.length + matches / b.length + (matches - moved) / matches) / 3;
  let prefix = 0;
  while (prefix < 4 && prefix < a.length && prefix < b.length && a[prefix] === b[prefix]) prefix++;
  return jaro + prefix * 0.1 * (1 - jaro);
}
