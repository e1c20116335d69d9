const unitMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What a duration looks like: one or more of number and unit, e.g. `30s`, `10m`, `1h30m`, `2d`. */
export const durationPattern = /^(?:\d{1,9}(?:ms|s|m|h|d))+$/;

/** No setting waits longer than a year; a longer one is a slip of the pen. */
export const durationMaxMs = 366 * 86_400_000;

/**
 * Reads a duration as it is written in the configuration.
 * Out: milliseconds, or null where the text is no duration or above `durationMaxMs`.
 */
export function parseDuration(text: string): number | null {
  if (!durationPattern.test(text)) return null;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    totalMs += Number(amount) * (unitMs[unit!] ?? 0);
  }
  return totalMs <= durationMaxMs ? totalMs : null;
}
