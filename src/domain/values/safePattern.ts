/** Longest regular expression a configuration may hold. */
const patternLengthMax = 200;

/**
 * Whether a configured regular expression may run over data that strangers wrote. A repeated group that
 * repeats or branches inside ((a+)+, (a|aa)*) can take exponential time, so such patterns are refused.
 * @returns null where it may, else what is wrong with it, as a sentence
 */
export function safePattern(pattern: string): string | null {
  if (pattern === '') return 'pattern must not be empty';
  if (pattern.length > patternLengthMax)
    return `pattern must not be longer than ${patternLengthMax} characters`;
  try {
    new RegExp(pattern, 'gu');
  } catch (error) {
    return `pattern is no regular expression: ${(error as Error).message}`;
  }
  if (/\\[1-9]|\\k</.test(pattern))
    return 'pattern must not refer back to a group (\\1): it may take too long';
  return repeatsBranching(pattern)
    ? 'pattern repeats a group that itself repeats or branches: it may take too long'
    : null;
}

function repeatsBranching(pattern: string): boolean {
  // Per open group: does it hold a repetition or a branch?
  const open: boolean[] = [];
  const bare = pattern.replace(/\\./gu, 'x').replace(/\[[^\]]*\]/gu, 'x');
  for (let i = 0; i < bare.length; i++) {
    const char = bare[i] as string;
    if (char === '(') open.push(false);
    else if (char === ')') {
      const inside = open.pop() ?? false;
      const repeated = /^(?:[*+]|\{\d+,?\d*\})/.test(bare.slice(i + 1));
      if (inside && repeated) return true;
      if ((inside || repeated) && open.length > 0) open[open.length - 1] = true;
    } else if ((char === '*' || char === '+' || char === '{' || char === '|') && open.length > 0) {
      open[open.length - 1] = true;
    }
  }
  return false;
}
