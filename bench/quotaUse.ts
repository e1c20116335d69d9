import { setTimeout as sleep } from 'node:timers/promises';
import { keepOutboxFull, urgentMs } from './quotaLoad';
import { lowerLimit, type LoweredFigures } from './quotaLowered';
import { readStats, resetStats, setSettings } from './simulatorStats';
import type { Stack } from './stack';

/** HubSpot's quota of most accounts: 190 calls in ten seconds (facts §2.1). */
const callsPerWindow = 190;
const windowSeconds = 10;
const latency = { meanMs: 800, jitterMs: 400 };
const warmUpSeconds = 15;
/** 250 urgent records in five minutes: enough to speak of the slowest hundredth. */
const urgentEveryMs = 1_200;

export interface QuotaRound {
  workers: number;
  seconds: number;
  calls: number;
  allowed: number;
  /** Calls per allowed call. */
  share: number;
  rateRefusals: number;
  largestWindow: number;
  /** Milliseconds from marking an urgent record until its acknowledgement is stored. */
  urgent: { count: number; p50: number; p99: number; max: number };
}

export interface QuotaFigures {
  limit: number;
  recordsPerCall: number;
  rounds: QuotaRound[];
  lowered: LoweredFigures;
}

export interface QuotaOptions {
  minutes: number;
  workers: number[];
  recordsPerCall: number;
  say: (line: string) => void;
}

/**
 * Lets bulk delivery run against the real quota, with records always waiting and urgent ones in between, once per
 * number of workers; then lowers the limit under the last of them and raises it again.
 */
export async function quotaUse(
  stack: Stack,
  { minutes, workers, recordsPerCall, say }: QuotaOptions,
): Promise<QuotaFigures> {
  const limits = { perTenSeconds: callsPerWindow, associationsPerTenSeconds: callsPerWindow };
  await setSettings(stack.simulatorUrl, { limits, latency });
  await stack.pool.query('update quota_buckets set calls_max = $1, next_slot_at = now()', [callsPerWindow]);
  if (recordsPerCall < 100) await holdBatchSize(stack, recordsPerCall);
  const load = await keepOutboxFull(stack);
  const rounds: QuotaRound[] = [];
  for (const count of workers) {
    say(`quota: ${minutes} minutes with ${count} workers`);
    await stack.setWorkers(count);
    await sleep(warmUpSeconds * 1_000);
    rounds.push(await measureRound(stack, count, minutes * 60_000));
  }
  say('quota: the limit is lowered and raised');
  const lowered = await lowerLimit(stack);
  await load.stop();
  return { limit: callsPerWindow, recordsPerCall, rounds, lowered };
}

/** A portal's batches grow by themselves: in this database they do not. */
async function holdBatchSize({ pool }: Stack, size: number): Promise<void> {
  await pool.query(
    `create function hold_batch_size() returns trigger language plpgsql as
       $$ begin new.batch_size := ${size}; return new; end $$`,
  );
  await pool.query(
    'create trigger hold before update on portals for each row execute function hold_batch_size()',
  );
  await pool.query('update portals set batch_size = $1', [size]);
}

async function measureRound(stack: Stack, workers: number, ms: number): Promise<QuotaRound> {
  await resetStats(stack.simulatorUrl);
  const before = (await readStats(stack.simulatorUrl)).limits.daily.used;
  const began = performance.now();
  const waits: Promise<number>[] = [];
  while (performance.now() - began < ms) {
    waits.push(urgentMs(stack));
    await sleep(Math.min(urgentEveryMs, Math.max(0, began + ms - performance.now())));
  }
  const { limits } = await readStats(stack.simulatorUrl);
  const seconds = (performance.now() - began) / 1_000;
  const calls = limits.daily.used - before;
  const allowed = (seconds * callsPerWindow) / windowSeconds;
  const { violations, largestAtArrival } = limits.buckets['burst']!;
  const sorted = (await Promise.all(waits)).sort((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.ceil(sorted.length * share) - 1]!;
  const urgent = { count: sorted.length, p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) };
  const share = calls / allowed;
  return {
    workers,
    ...{ seconds, calls, allowed, share, urgent },
    ...{ rateRefusals: violations, largestWindow: largestAtArrival },
  };
}
