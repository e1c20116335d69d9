/** Counts events of the last window. Times are monotonic milliseconds. */
export interface SlidingLog {
  /** Number of entries younger than the window. */
  count(now: number): number;
  add(now: number): void;
  /** Milliseconds until the oldest entry leaves the window. */
  freeInMs(now: number): number;
}

/** Entries in front of the head are thrown away when there are this many. */
const deadMax = 4096;

/** A log of arrival times whose head moves with the window. */
export function createSlidingLog(windowMs: () => number): SlidingLog {
  let times: number[] = [];
  let head = 0;
  const trim = (now: number): void => {
    const since = now - windowMs();
    while (head < times.length && (times[head] as number) <= since) head++;
    if (head < deadMax) return;
    times = times.slice(head);
    head = 0;
  };
  return {
    count(now) {
      trim(now);
      return times.length - head;
    },
    add: (now) => void times.push(now),
    freeInMs: (now) => Math.max(0, (times[head] ?? now) + windowMs() - now),
  };
}
