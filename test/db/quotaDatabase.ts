import { ensureBuckets } from '../../src/db/quota/quota';
import { takeSlot, type SlotWish } from '../../src/db/quota/quotaSlots';
import { testDatabase, type TestDatabase } from '../support/testDatabase';

export const portalId = '100';
export const realtime = 0;
export const partner = 1;
export const bulk = 2;
/** HubSpot's burst limit of most accounts: five of its calls are never planned. */
export const limit = { callsMax: 190, windowMs: 10_000 };
export const planned = 185;
export const gapMs = limit.windowMs / planned;

const began = Date.parse('2025-11-22T10:00:00Z');
/** A time of the tests' own clock, which stands where a test puts it. */
export const at = (ms: number) => new Date(began + ms);

/** Each test's database, with the buckets of one portal whose timeline begins at `at(0)`. */
export interface QuotaDatabase {
  database: TestDatabase;
  bucket(name?: string): Promise<Record<string, unknown> & { used: number; foreign_calls: number }>;
  /** Asks as a caller does that asks again when told to, by a clock of whole milliseconds. @returns when it may call */
  callAt(lane: number, askedMs: number): Promise<number>;
  callsFrom(lane: number, askedMs: number, count: number): Promise<number[]>;
  /** Most calls that any window held, as planned. */
  fullestWindow(windowMs: number): Promise<number>;
}

export function quotaDatabase(): QuotaDatabase {
  const database = testDatabase({ per: 'test', connections: 8 });
  const { pool } = database;
  beforeEach(async () => {
    await pool.query(
      `insert into portals (portal_id, name, time_zone) values (100, 'main', 'Europe/London')`,
    );
    await ensureBuckets(pool, portalId, [
      { bucket: 'burst', ...limit, callsCap: null },
      { bucket: 'daily', callsMax: 1_000, windowMs: 86_400_000, callsCap: null },
    ]);
    await pool.query('update quota_buckets set next_slot_at = $1, foreign_at = $1', [at(0)]);
  });
  const callAt = async (lane: number, askedMs: number) => {
    for (let now = Math.ceil(askedMs), asked = 0; asked < 20; asked += 1) {
      const answer = await takeSlot(pool, wish(lane, { now: at(now) }));
      if (answer.kind === 'slot') return now + answer.waitMs;
      now = Math.ceil(now + Math.max(0.01, answer.waitMs));
    }
    throw new Error('asked in vain');
  };
  return {
    database,
    callAt,
    async bucket(name = 'burst') {
      const sql = 'select *, used::int from quota_buckets where portal_id = 100 and bucket = $1';
      return (await pool.query(sql, [name])).rows[0]!;
    },
    async callsFrom(lane, askedMs, count) {
      const times: number[] = [];
      for (let i = 0; i < count; i += 1)
        times.push(await callAt(lane, Math.max(askedMs, (times.at(-1) ?? 0) - 50)));
      return times;
    },
    async fullestWindow(windowMs) {
      const { rows } = await pool.query<{ most: number }>(
        `select max(calls)::int as most from (select count(*) over (order by starts_at
           range between quota_ms($1) preceding and current row exclude no others) as calls from quota_spent) as windows`,
        [windowMs - 0.001],
      );
      return rows[0]!.most;
    },
  };
}

export const wish = (lane: number, more: Partial<SlotWish> = {}): SlotWish => ({
  portalId,
  bucket: 'burst',
  lane,
  leaseId: null,
  keptShare: 0,
  ...more,
});
