import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { collectGarbage } from './collectGarbage';

/** A page of Postgres, in a file as long as one of its log. */
const pageBytes = 8 * 1024;
const fileBytes = 16 * 1024 * 1024;

/**
 * Makes 8 KB durable at a steady rate, over and over the same file, as Postgres does at every commit: what no receiver that
 * keeps what it is told can be faster than.
 * @returns milliseconds of each: those that are due while another is under way wait for it
 */
export async function syncTimes(
  folder: string,
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<number[]> {
  const file = await open(join(folder, 'sync-times'), 'w+');
  try {
    await file.write(Buffer.alloc(fileBytes), 0, fileBytes, 0);
    await file.sync();
    const times: number[] = [];
    const page = Buffer.alloc(pageBytes, 1);
    const total = perSecond * seconds;
    collectGarbage();
    const began = performance.now();
    let freeAt = began;
    for (let done = 0; done < total;) {
      const startedAt = performance.now();
      const due = Math.min(total, Math.floor(((startedAt - began) / 1_000) * perSecond) + 1);
      if (due === done) {
        await sleep(1);
        continue;
      }
      // All that are due share one, as commits do.
      await file.write(page, 0, pageBytes, (done * pageBytes) % fileBytes);
      await file.datasync();
      const endedAt = performance.now();
      for (; done < due; done += 1) {
        const dueAt = began + (done / perSecond) * 1_000;
        times.push(endedAt - (dueAt < freeAt ? dueAt : startedAt));
      }
      freeAt = endedAt;
    }
    return times;
  } finally {
    await file.close();
  }
}
