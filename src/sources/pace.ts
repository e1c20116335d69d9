export interface Turn {
  /** Ends the waiting; its slot is free for the next. */
  signal?: AbortSignal | undefined;
  /** Goes before all that is not urgent. */
  isUrgent?: boolean | undefined;
}

/** Waits for the next free slot. */
export type Pace = (turn?: Turn) => Promise<void>;

/**
 * Spaces calls evenly, inside this process; what is urgent has the next slot.
 * In: calls per second, or undefined for no limit. Rejects with the reason of a signal that ends the waiting.
 */
export function openPace(requestsPerSecond: number | undefined): Pace {
  if (requestsPerSecond === undefined) return async () => undefined;
  const gapMs = 1000 / requestsPerSecond;
  const waiting: { urgent: (() => void)[]; others: (() => void)[] } = { urgent: [], others: [] };
  let nextSlot = 0;
  let timer: NodeJS.Timeout | undefined;

  function arm(): void {
    timer ??= setTimeout(grant, Math.max(nextSlot - performance.now(), 0));
  }

  function grant(): void {
    timer = undefined;
    const go = waiting.urgent.shift() ?? waiting.others.shift();
    if (go === undefined) return;
    const now = performance.now();
    // A timer that is a little late moves no other slot.
    nextSlot = (now - nextSlot < gapMs ? nextSlot : now) + gapMs;
    go();
    arm();
  }

  return ({ signal, isUrgent = false } = {}) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const queue = isUrgent ? waiting.urgent : waiting.others;
      const go = () => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        queue.splice(queue.indexOf(go), 1);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      queue.push(go);
      arm();
    });
}
