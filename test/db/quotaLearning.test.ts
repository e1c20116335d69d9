import { dailyStop, ensureBuckets } from '../../src/db/quota/quota';
import { blockBucket, endDay, learnDay, learnLimit } from '../../src/db/quota/quotaLearning';
import { takeSlot } from '../../src/db/quota/quotaSlots';
import { at, bulk, limit, partner, planned, portalId, realtime, wish, quotaDatabase } from './quotaDatabase';

const quota = quotaDatabase();
const { pool } = quota.database;

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
    expect(await quota.bucket('daily')).toMatchObject({
      used: 2,
      resets_at: new Date('2025-11-22T18:30:00Z'),
    });
    await take(realtime, 8.5 * hour, 0);
    expect(await quota.bucket('daily')).toMatchObject({
      used: 1,
      resets_at: new Date('2025-11-23T18:30:00Z'),
    });
  });

  test('has 25 hours where the clock goes back', async () => {
    await pool.query(`update quota_buckets set next_slot_at = '2026-10-24'`);
    await takeSlot(pool, wish(realtime, { now: new Date('2026-10-24T23:30:00Z') }));
    expect((await quota.bucket('daily')).resets_at).toEqual(new Date('2026-10-26T00:00:00Z'));
  });

  test('of a time zone that nobody knows ends at midnight UTC', async () => {
    await pool.query(`update portals set time_zone = 'Middle/Earth'`);
    await take(realtime, 0, 0);
    expect((await quota.bucket('daily')).resets_at).toEqual(new Date('2025-11-23T00:00:00Z'));
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
    expect(await quota.bucket('daily')).toMatchObject({ calls_max: 625_000, used: 25_000 });
    await told(625_000, 600_010, 2);
    expect((await quota.bucket('daily')).used).toBe(25_000);
    await told(625_000, 620_000, 3);
    expect((await quota.bucket('daily')).used).toBe(5_200);
  });

  test('is not corrected by replies from the day before', async () => {
    await take(realtime, 14 * hour + 5_000, 0);
    await told(625_000, 1_000, 14 * hour + 30_000);
    expect((await quota.bucket('daily')).used).toBe(1);
    await told(625_000, 600_000, 14 * hour + 61_000);
    expect((await quota.bucket('daily')).used).toBe(25_000);
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
    learnLimit(pool, { portalId, bucket: 'burst', callsMax, windowMs, remaining, callMs: 0.25, now: at(ms) });
  const foreign = async (ms: number) =>
    (
      await pool.query(
        `select quota_foreign(quota_buckets, $1) as calls from quota_buckets where bucket = 'burst'`,
        [at(ms)],
      )
    ).rows[0]!.calls as number;

  test('is taken over at once, both ways, under the configured ceiling', async () => {
    await learn(100, 0);
    expect(await quota.bucket()).toMatchObject({ calls_max: 100, window_ms: 10_000 });
    await learn(250, 1);
    expect((await quota.bucket()).calls_max).toBe(250);
    await ensureBuckets(pool, portalId, [{ bucket: 'burst', ...limit, callsCap: 80 }]);
    await learn(250, 2);
    expect((await quota.bucket()).calls_max).toBe(80);
  });

  test('a lower limit stops calls until the window has room again', async () => {
    const last = Math.ceil((await quota.callsFrom(bulk, 0, planned)).at(-1)!);
    await learn(95, last);
    const next = await quota.callsFrom(bulk, last, 200);
    // The newest 92 are half of the window: they leave it in the course of the next one.
    expect(next[0]! - last).toBeGreaterThan(4_500);
    const windowEnd = next.findIndex((time) => time > last + 10_000);
    expect(windowEnd).toBeLessThanOrEqual(95);
    expect((next.at(-1)! - next.at(-51)!) / 50).toBeCloseTo(10_000 / 92, 0);
  });

  test('calls of somebody else are respected, and forgotten when they end', async () => {
    const last = Math.ceil((await quota.callsFrom(bulk, 0, planned)).at(-1)!);
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

  test('refusals at the edge of the window block for a moment, those of calls under way too, later ones for long', async () => {
    await pool.query(`insert into quota_spent (portal_id, bucket, lane, starts_at)
      select 100, 'burst', 2, now() - make_interval(secs => n / 18.5) from generate_series(1, 180) as n`);
    /** From before the call, and from after it. */
    const blockedMs = async () => {
      const { rows } = await pool.query<{ at: string }>('select clock_timestamp()::text as at');
      await blockBucket(pool, portalId, 'burst', 10_000, { edgeMs: 1_000 });
      const sql = `select extract(epoch from blocked_until - $1::timestamptz)::float8 * 1000 as whole,
          extract(epoch from blocked_until - clock_timestamp())::float8 * 1000 as "left"
        from quota_buckets where bucket = 'burst'`;
      return (await pool.query<{ whole: number; left: number }>(sql, [rows[0]!.at])).rows[0]!;
    };
    for (const endedMs of [-1_000, 1_000, 20_000, 20_000]) {
      const edge = await blockedMs();
      expect(edge.whole).toBeGreaterThan(0);
      expect(edge.left).toBeLessThanOrEqual(1_000);
      await pool.query('update quota_buckets set blocked_until = now() - quota_ms($1)', [endedMs]);
    }
    await pool.query('update quota_buckets set blocked_until = now() - quota_ms(3000)');
    expect((await blockedMs()).whole).toBeGreaterThan(9_000);
  });

  test('a refusal whose headers tell what fills the window blocks for a moment, whoever fills it', async () => {
    await takeSlot(pool, wish(bulk));
    await blockBucket(pool, portalId, 'burst', 20_000, { edgeMs: 5_000, isTold: true });
    const { waitMs } = await takeSlot(pool, wish(realtime));
    expect(waitMs).toBeLessThanOrEqual(5_000);
    expect(waitMs).toBeGreaterThan(0);
  });

  test('a refusal blocks the bucket, for urgent calls too, and slows it down for a while', async () => {
    await takeSlot(pool, wish(bulk));
    await blockBucket(pool, portalId, 'burst', 20_000, { edgeMs: 500 });
    const answer = await takeSlot(pool, wish(realtime));
    expect(answer.kind).toBe('later');
    expect(answer.waitMs).toBeGreaterThan(10_000);
    const slowed = await quota.bucket();
    expect(slowed.foreign_calls).toBeCloseTo(95, 0);
    const fades =
      await pool.query(`select quota_foreign(quota_buckets, now() + interval '200 seconds') as calls
      from quota_buckets where bucket = 'burst'`);
    expect(fades.rows[0]!.calls).toBeLessThan(15);
  });
});
