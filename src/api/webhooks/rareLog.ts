import type { Logger } from 'pino';

/** One line per this long, however many try. */
const windowMs = 60_000;

/** Logs what may happen any number of times: the first at once, those of the following minute as their sums. */
export function rareLog(log: Logger, event: string, once: string, more: string): (reason: string) => void {
  let counts: Record<string, number> | null = null;
  return (reason) => {
    if (counts) {
      counts[reason] = (counts[reason] ?? 0) + 1;
      return;
    }
    counts = {};
    log.warn({ event, reason }, once);
    setTimeout(() => {
      const seen = counts ?? {};
      counts = null;
      if (Object.keys(seen).length > 0) log.warn({ event, ...seen, windowMs }, more);
    }, windowMs).unref();
  };
}
