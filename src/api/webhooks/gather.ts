interface Waiting<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: Error) => void;
}

export interface GatherLimits {
  /** Calls of `work` at a time. */
  atOnceMax: number;
  /** Items of one call. */
  itemsMax: number;
  /** Items that may wait for a call. */
  waitingMax: number;
  /** How long an item may take from its arrival. */
  withinMs: number;
}

/**
 * Gathers what arrives while earlier calls are under way into one call: alone an item goes at once, in a rush many share
 * one round trip and one commit.
 * @param work does all items together, or throws for all
 * @returns hands in one item and ends with its call; throws what the call throws, or an error when too many
 * wait, or when it takes too long: then the item may or may not be done
 */
export function gather<Item, Result>(
  work: (items: Item[]) => Promise<Result>,
  { atOnceMax, itemsMax, waitingMax, withinMs }: GatherLimits,
): (item: Item) => Promise<Result> {
  const waiting = new Set<Waiting<Item, Result>>();
  let atOnce = 0;

  async function next(): Promise<void> {
    if (atOnce >= atOnceMax || waiting.size === 0) return;
    const taken: Waiting<Item, Result>[] = [];
    for (const one of waiting) {
      if (taken.length >= itemsMax) break;
      waiting.delete(one);
      taken.push(one);
    }
    atOnce += 1;
    try {
      const result = await work(taken.map(({ item }) => item));
      for (const { resolve } of taken) resolve(result);
    } catch (error) {
      for (const { reject } of taken) reject(error as Error);
    } finally {
      atOnce -= 1;
      void next();
    }
  }

  return (item) =>
    new Promise<Result>((resolve, reject) => {
      if (waiting.size >= waitingMax) return reject(new Error('too many wait for the store'));
      const own: Waiting<Item, Result> = { item, resolve, reject };
      const timer = setTimeout(() => {
        waiting.delete(own);
        reject(new Error(`the store did not answer within ${withinMs} ms`));
      }, withinMs);
      own.resolve = (result) => {
        clearTimeout(timer);
        resolve(result);
      };
      own.reject = (error) => {
        clearTimeout(timer);
        reject(error);
      };
      waiting.add(own);
      void next();
    });
}
