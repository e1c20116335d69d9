import type { Pool } from 'pg';
import { openPool } from '../../src/db/pool';
import {
  clearLapsedQuota,
  dailyStop,
  ensureBuckets,
  moveSpent,
  returnLease,
  takeLease,
} from '../../src/db/quota';
import { blockBucket, endDay, learnDay, learnLimit } from '../../src/db/quotaLearning';
import { takeSlot, voidSlot, type SlotWish } from '../../src/db/quotaSlots';
import { freshDatabase, type FreshDatabase } from '../support/postgres';

const portalId = '100';
const realtime = 0;
const partner = 1;
const bulk = 2;
/** HubSpot's burst limit of most accounts: five of its calls are never planned. */
const limit = { callsMax: 190, windowMs: 10_000 };
const planned = 185;
const gapMs = limit.windowMs / planned;
const began = Date.parse('2025-11-22T10:00:00Z');
const at = (ms: number) => new Date(began + ms);

let database: FreshDatabase;
let pool: Pool;

beforeEach(async () => {
  database = await freshDatabase();
  pool = openPool(database.url, 8);
  await pool.query(`insert into portals (portal_id, name, time_zone) values (100, 'main', 'Europe/London')`);
  await ensureBuckets(pool, portalId, [
    { bucket: 'burst', ...limit, callsCap: null },
    { bucket: 'daily', callsMax: 1_000, windowMs: 86_400_000, callsCap: null },
  ]);
  await pool.query('update quota_buckets set next_slot_at = $1, foreign_at = $1', [at(0)]);
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

const wish = (lane: number, more: Partial<SlotWish> = {}): SlotWish => ({
  portalId,
  bucket: 'burst',
  lane,
  leaseId: null,
  keptShare: 0,
  ...more,
});

/** Asks as a caller does that asks again when told to, by a clock of whole milliseconds. @returns when it may call */
async function callAt(lane: number, askedMs: number): Promise<number> {
  for (let now = Math.ceil(askedMs), asked = 0; asked < 20; asked += 1) {
    const answer = await takeSlot(pool, wish(lane, { now: at(now) }));
    if (answer.kind === 'slot') return now + answer.waitMs;
    now = Math.ceil(now + Math.max(0.01, answer.waitMs));
  }
  throw new Error('asked in vain');
}

async function callsFrom(lane: number, askedMs: number, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i += 1)
    times.push(await callAt(lane, Math.max(askedMs, (times.at(-1) ?? 0) - 50)));
  return times;
}

/** Most calls in any window of the log. */
async function fullestWindow(windowMs: number): Promise<number> {
  const { rows } = await pool.query<{ most: number }>(
    `select max(calls)::int as most from (select count(*) over (order by starts_at
       range between quota_ms($1) preceding and current row exclude no others) as calls from quota_spent) as windows`,
    [windowMs - 0.001],
  );
  return rows[0]!.most;
}

const bucket = async (name = 'burst') =>
  (await pool.query(`select *, used::int from quota_buckets where portal_id = 100 and bucket = $1`, [name]))
    .rows[0]!;

describe('bulk', () => {
  test('is spaced evenly, and never takes a slot long before its time', async () => {
    const times = await callsFrom(bulk, 0, 30);
    const gaps = times.slice(1).map((time, i) => time - times[i]!);
    for (const gap of gaps) expect(Math.abs(gap - gapMs)).toBeLessThan(2);
    expect(times.at(-1)).toBeCloseTo(29 * gapMs, 0);
    const early = await takeSlot(pool, wish(bulk, { now: at(Math.floor(times.at(-1)! - gapMs)) }));
    expect(early.kind).toBe('later');
  });

  test('asks again when it was told to, and then has its slot', async () => {
    await callsFrom(bulk, 0, 3);
    const first = await takeSlot(pool, wish(bulk, { now: at(10) }));
    expect(first).toMatchObject({ kind: 'later' });
    const again = await takeSlot(pool, wish(bulk, { now: at(Math.ceil(10 + first.waitMs)) }));
    expect(again.kind).toBe('slot');
  });

  test('catches up a short stall and loses a long one', async () => {
    await callsFrom(bulk, 0, 10);
    const stalled = await callsFrom(bulk, 9 * gapMs + 3_000, 8);
    const late = stalled.filter((time) => time < 9 * gapMs + 3_000 + 1);
    // The spare's worth, and the one that is due.
    expect(late).toHaveLength(6);
  });
});

describe('an urgent call', () => {
  test('goes at once while bulk saturates, and bulk pays it back', async () => {
    const before = await callsFrom(bulk, 0, 20);
    const now = Math.floor(before.at(-1)! - 20);
    expect(await callAt(realtime, now)).toBe(now);
    expect(await callAt(realtime, now)).toBe(now);
    const [next] = await callsFrom(bulk, now, 1);
    expect(next! - before.at(-1)!).toBeCloseTo(3 * gapMs, 0);
  });

  test('waits for the timeline when more came than the spare', async () => {
    const times = await Promise.all(Array.from({ length: 12 }, () => callAt(realtime, 0)));
    times.sort((a, b) => a - b);
    expect(times.filter((time) => time === 0).length).toBeLessThanOrEqual(6);
    expect(times.at(-1)!).toBeCloseTo(6 * gapMs, 0);
  });

  test('is asked before partner, partner before bulk', async () => {
    const last = (await callsFrom(bulk, 0, 5)).at(-1)!;
    // So early that only the more urgent ones are given the next slot.
    const kinds = async (lane: number, before: number) =>
      (await takeSlot(pool, wish(lane, { now: at(Math.floor(last + gapMs - before)) }))).kind;
    expect(await kinds(bulk, 100)).toBe('later');
    expect(await kinds(partner, 130)).toBe('later');
    expect(await kinds(partner, 100)).toBe('slot');
  });
});

test('no window holds more than the limit less a part of the spare, whoever asks how often', async () => {
  let now = 0;
  for (let i = 0; i < 500; i += 1) {
    now = await callAt(i % 7 === 0 ? realtime : i % 5 === 0 ? partner : bulk, now);
    if (i % 100 === 50) now += 400;
  }
  expect(await fullestWindow(limit.windowMs)).toBeLessThanOrEqual(188);
  expect(await fullestWindow(limit.windowMs)).toBeGreaterThan(180);
}, 60_000);

test('eight clients at once share one timeline', async () => {
  const clients = await Promise.all(Array.from({ length: 8 }, () => openPool(database.url, 1)));
  await pool.query(`update quota_buckets set calls_max = 1000, window_ms = 2000 where bucket = 'burst'`);
  const until = performance.now() + 2_000;
  const taken = await Promise.all(
    clients.map(async (client) => {
      let slots = 0;
      while (performance.now() < until) {
        const answer = await takeSlot(client, wish(bulk));
        if (answer.kind === 'slot') slots += 1;
        else await new Promise((resolve) => setTimeout(resolve, Math.min(answer.waitMs, 100)));
      }
      return slots;
    }),
  );
  await Promise.all(clients.map((client) => client.end()));
  const all = taken.reduce((sum, slots) => sum + slots, 0);
  expect((await bucket()).used).toBe(all);
  expect((await bucket('daily')).used).toBe(all);
  expect(await fullestWindow(2_000)).toBeLessThanOrEqual(987);
  const { rows } = await pool.query(`select count(*)::int as twice from (
    select from quota_spent group by starts_at having count(*) > 1) as same`);
  expect(rows[0]!.twice).toBe(0);
  expect(all).toBeGreaterThan(300);
});

describe('a lease', () => {
  const lease = (lane: number, want = 10, aheadMsMax = 1_500) =>
    takeLease(pool, { portalId, bucket: 'burst', lane, want, aheadMsMax });
  const leased = async (lane: number, want = 10, aheadMsMax?: number) => {
    const given = await lease(lane, want, aheadMsMax);
    if (!('leaseId' in given)) throw new Error('no lease');
    return given;
  };

  test('is given while what is reserved before it is short, and says when it begins', async () => {
    const given = [await leased(bulk), await leased(bulk), await leased(bulk)];
    expect(given[0]!.startsInMs).toBe(0);
    expect(given[2]!.startsInMs).toBeCloseTo(20 * gapMs, 0);
    const refused = await lease(bulk);
    expect(refused).toEqual({ waitMs: expect.closeTo(30 * gapMs - 1_500, 0) });
  });

  test('of an urgent lane is always given, and counts before bulk only', async () => {
    for (let i = 0; i < 5; i += 1) await leased(realtime, 10, Infinity);
    expect(await lease(bulk)).toHaveProperty('waitMs');
    expect((await leased(realtime, 1, Infinity)).startsInMs).toBeCloseTo(50 * gapMs, 0);
  });

  test('gives back what was not spent', async () => {
    const first = await leased(bulk, 40);
    expect(await lease(bulk)).toHaveProperty('waitMs');
    await returnLease(pool, first.leaseId);
    expect((await leased(bulk)).startsInMs).toBe(0);
  });

  test('counts each slot once, and none when it is used up or void', async () => {
    const { leaseId } = await leased(realtime, 2);
    for (let i = 0; i < 4; i += 1) await takeSlot(pool, wish(realtime, { leaseId }));
    const spent = async (id: string) =>
      (await pool.query('select spent from quota_leases where lease_id = $1', [id])).rows[0]!.spent;
    expect(await spent(leaseId)).toBe(2);
    const late = await leased(realtime, 2);
    await pool.query('update quota_leases set expires_at = now()');
    await takeSlot(pool, wish(realtime, { leaseId: late.leaseId }));
    expect(await spent(late.leaseId)).toBe(0);
    expect((await bucket()).used).toBe(5);
  });

  test('that expired reserves nothing, and is cleared', async () => {
    await leased(bulk, 100);
    await pool.query('update quota_leases set expires_at = now()');
    expect((await leased(bulk)).startsInMs).toBe(0);
    await clearLapsedQuota(pool);
    expect((await pool.query('select from quota_leases')).rowCount).toBe(1);
  });
});

test('an unused slot is not counted as a call', async () => {
  const answer = await takeSlot(pool, wish(realtime));
  if (answer.kind !== 'slot') throw new Error('no slot');
  await voidSlot(pool, answer.spentId);
  expect([(await bucket()).used, (await bucket('daily')).used]).toEqual([0, 0]);
  expect((await pool.query('select from quota_spent')).rowCount).toBe(0);
});

test('calls made before their portal was known are counted to it', async () => {
  await ensureBuckets(pool, '0', [{ bucket: 'burst', ...limit, callsCap: null }]);
  await takeSlot(pool, { ...wish(realtime), portalId: '0' });
  await moveSpent(pool, '0', portalId);
  expect([(await bucket()).used, (await bucket('daily')).used]).toEqual([1, 1]);
  const { rows } = await pool.query('select used::int from quota_buckets where portal_id = 0');
  expect(rows).toEqual([{ used: 0 }]);
});

test('nothing can be spent of a bucket that cannot be read', async () => {
  await expect(takeSlot(pool, wish(bulk, { bucket: 'search' }))).rejects.toThrow('no quota bucket search');
  await pool.query('alter table quota_spent rename to away');
  await expect(takeSlot(pool, wish(bulk))).rejects.toThrow();
  expect((await bucket()).used).toBe(0);
});

describe('the day', () => {
  const told = (callsMax: number, remaining: number, ms: number) =>
    learnDay(pool, portalId, { callsMax, remaining }, at(ms));
  const take = (lane: number, ms: number, keptShare: number) =>
    takeSlot(pool, wish(lane, { now: at(ms), keptShare }));
  const hour = 3_600_000;

  test('is counted, and starts anew at midnight in the time zone of the account', async () => {
    await pool.query(`update portals set time_zone = 'Asia/Kolkata'`);
    // 18:30 UTC is midnight in Kolkata.
    await take(realtime, 8 * hour, 0);
    await take(realtime, 8.49 * hour, 0);
    expect(await bucket('daily')).toMatchObject({ used: 2, resets_at: new Date('2025-11-22T18:30:00Z') });
    await take(realtime, 8.5 * hour, 0);
    expect(await bucket('daily')).toMatchObject({ used: 1, resets_at: new Date('2025-11-23T18:30:00Z') });
  });

  test('has 25 hours where the clock goes back', async () => {
    await pool.query(`update quota_buckets set next_slot_at = '2026-10-24'`);
    await takeSlot(pool, wish(realtime, { now: new Date('2026-10-24T23:30:00Z') }));
    expect((await bucket('daily')).resets_at).toEqual(new Date('2026-10-26T00:00:00Z'));
  });

  test('of a time zone that nobody knows ends at midnight UTC', async () => {
    await pool.query(`update portals set time_zone = 'Middle/Earth'`);
    await take(realtime, 0, 0);
    expect((await bucket('daily')).resets_at).toEqual(new Date('2025-11-23T00:00:00Z'));
  });

  test('stops bulk first, then partner, urgent calls never, and says when they go on', async () => {
    await take(realtime, 0, 0);
    const stops = async (ms: number) =>
      Promise.all([bulk, partner, realtime].map((lane) => dailyStop(pool, portalId, lane, at(ms))));
    const stop = { resumeAt: new Date('2025-11-23T00:00:00Z'), waitMs: 14 * hour - 1 };
    expect(await stops(1)).toEqual([null, null, null]);
    await told(1_000, 101, 1);
    expect(await stops(1)).toEqual([null, null, null]);
    await told(1_000, 100, 1);
    expect(await stops(1)).toEqual([stop, null, null]);
    await told(1_000, 50, 1);
    expect(await stops(1)).toEqual([stop, stop, null]);
    expect(await take(bulk, 1, 0.1)).toEqual({ kind: 'dayEnded', ...stop });
    expect((await take(realtime, 1, 0)).kind).toBe('slot');
    expect(await stops(14 * hour + 1)).toEqual([null, null, null]);
    expect((await take(bulk, 14 * hour + 1, 0.1)).kind).toBe('slot');
  });

  test('stops nobody while its limit was never told', async () => {
    await take(realtime, 0, 0);
    await pool.query(`update quota_buckets set used = 5000 where bucket = 'daily'`);
    expect(await dailyStop(pool, portalId, bulk, at(1))).toBeNull();
  });

  test('is corrected both ways by what HubSpot counts', async () => {
    await take(realtime, 0, 0);
    await told(625_000, 600_000, 1);
    expect(await bucket('daily')).toMatchObject({ calls_max: 625_000, used: 25_000 });
    await told(625_000, 600_010, 2);
    expect((await bucket('daily')).used).toBe(25_000);
    await told(625_000, 620_000, 3);
    expect((await bucket('daily')).used).toBe(5_200);
  });

  test('is not corrected by replies from the day before', async () => {
    await take(realtime, 14 * hour + 5_000, 0);
    await told(625_000, 1_000, 14 * hour + 30_000);
    expect((await bucket('daily')).used).toBe(1);
    await told(625_000, 600_000, 14 * hour + 61_000);
    expect((await bucket('daily')).used).toBe(25_000);
  });

  test('is over when HubSpot says so', async () => {
    await pool.query(`update portals set time_zone = 'UTC'`);
    await takeSlot(pool, wish(realtime));
    await endDay(pool, portalId);
    expect(await dailyStop(pool, portalId, partner)).not.toBeNull();
    expect(await dailyStop(pool, portalId, realtime)).toBeNull();
  });
});

describe('what HubSpot tells', () => {
  const learn = (callsMax: number, ms: number, remaining: number | null = null, windowMs = 10_000) =>
    learnLimit(pool, { portalId, bucket: 'burst', callsMax, windowMs, remaining, callMs: 0, now: at(ms) });
  const foreign = async (ms: number) =>
    (
      await pool.query(
        `select quota_foreign(quota_buckets, $1) as calls from quota_buckets where bucket = 'burst'`,
        [at(ms)],
      )
    ).rows[0]!.calls as number;

  test('is taken over at once, both ways, under the configured ceiling', async () => {
    await learn(100, 0);
    expect(await bucket()).toMatchObject({ calls_max: 100, window_ms: 10_000 });
    await learn(250, 1);
    expect((await bucket()).calls_max).toBe(250);
    await ensureBuckets(pool, portalId, [{ bucket: 'burst', ...limit, callsCap: 80 }]);
    await learn(250, 2);
    expect((await bucket()).calls_max).toBe(80);
  });

  test('a lower limit stops calls until the window has room again', async () => {
    const last = Math.ceil((await callsFrom(bulk, 0, planned)).at(-1)!);
    await learn(95, last);
    const next = await callsFrom(bulk, last, 200);
    // The newest 92 are half of the window: they leave it in the course of the next one.
    expect(next[0]! - last).toBeGreaterThan(4_500);
    const windowEnd = next.findIndex((time) => time > last + 10_000);
    expect(windowEnd).toBeLessThanOrEqual(95);
    expect((next.at(-1)! - next.at(-51)!) / 50).toBeCloseTo(10_000 / 92, 0);
  });

  test('calls of somebody else are respected, and forgotten when they end', async () => {
    const last = Math.ceil((await callsFrom(bulk, 0, planned)).at(-1)!);
    await learn(190, last, 5);
    expect(await foreign(last)).toBe(0);
    await learn(190, last, 0);
    // 190 used of which 185 are ours: 5.
    expect(await foreign(last)).toBeCloseTo(5, 5);
    await pool.query(`delete from quota_spent where starts_at < $1`, [at(5_000)]);
    await learn(190, last, 0);
    expect(await foreign(last)).toBeGreaterThan(90);
    for (let ms = 500; ms <= 15_000; ms += 500) await learn(190, last + 10_000 + ms, 190);
    expect(await foreign(last + 25_000)).toBeLessThan(1);
  });

  test('others below our own ceiling take nothing from us', async () => {
    await ensureBuckets(pool, portalId, [{ bucket: 'burst', ...limit, callsCap: 80 }]);
    await learn(190, 0, 90);
    expect(await foreign(0)).toBe(0);
    await learn(190, 0, 60);
    expect(await foreign(0)).toBe(20);
  });

  test('a refusal blocks the bucket, for urgent calls too, and slows it down for a while', async () => {
    await takeSlot(pool, wish(bulk));
    await blockBucket(pool, portalId, 'burst', 5_000);
    const answer = await takeSlot(pool, wish(realtime));
    expect(answer.kind).toBe('later');
    expect(answer.waitMs).toBeGreaterThan(4_500);
    const slowed = await bucket();
    expect(slowed.foreign_calls).toBeCloseTo(95, 0);
    const fades =
      await pool.query(`select quota_foreign(quota_buckets, now() + interval '200 seconds') as calls
      from quota_buckets where bucket = 'burst'`);
    expect(fades.rows[0]!.calls).toBeLessThan(15);
  });
});
