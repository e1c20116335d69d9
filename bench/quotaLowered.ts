import { setTimeout as sleep } from 'node:timers/promises';
import { readStats, resetStats, setSettings } from './simulatorStats';
import type { Stack } from './stack';

const limit = 190;
const lowLimit = 100;
const windowMs = 10_000;
const lookEveryMs = 100;

export interface LoweredFigures {
  from: number;
  to: number;
  /** Calls that HubSpot refused after the limit fell, and when the last of them came. */
  refusals: number;
  settledSeconds: number;
  /** In the 30 s after the first 10 s under the lower limit. */
  low: { share: number; rateRefusals: number; largestWindow: number };
  /** The same under the old limit again, from 10 s after it rose. */
  raised: { share: number; rateRefusals: number; largestWindow: number };
}

/** Lowers the simulator's limit in mid-flight, of which replies' headers and refusals tell, and raises it again. */
export async function lowerLimit({ simulatorUrl }: Stack): Promise<LoweredFigures> {
  await resetStats(simulatorUrl);
  await setSettings(simulatorUrl, { limits: { perTenSeconds: lowLimit } });
  const began = performance.now();
  let refusals = 0;
  let settledSeconds = 0;
  while (performance.now() - began < windowMs) {
    await sleep(lookEveryMs);
    const { violations } = (await readStats(simulatorUrl)).limits.buckets['burst']!;
    if (violations > refusals) settledSeconds = (performance.now() - began) / 1_000;
    refusals = violations;
  }
  const low = await lookAt(simulatorUrl, lowLimit);
  await setSettings(simulatorUrl, { limits: { perTenSeconds: limit } });
  await sleep(windowMs);
  const raised = await lookAt(simulatorUrl, limit);
  return { from: limit, to: lowLimit, refusals, settledSeconds, low, raised };
}

async function lookAt(simulatorUrl: string, allowed: number): Promise<LoweredFigures['low']> {
  await resetStats(simulatorUrl);
  const before = (await readStats(simulatorUrl)).limits.daily.used;
  const began = performance.now();
  await sleep(3 * windowMs);
  const { daily, buckets } = (await readStats(simulatorUrl)).limits;
  const { violations, largestAtArrival } = buckets['burst']!;
  const windows = (performance.now() - began) / windowMs;
  return {
    share: (daily.used - before) / (windows * allowed),
    rateRefusals: violations,
    largestWindow: largestAtArrival,
  };
}
