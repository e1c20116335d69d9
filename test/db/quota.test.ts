import { openPool } from '../../src/db/pool';
import { clearLapsedQuota, ensureBuckets, moveSpent, returnLease, takeLease } from '../../src/db/quota/quota';
import { takeSlot, voidSlot } from '../../src/db/quota/quotaSlots';
import { at, bulk, gapMs, limit, partner, portalId, realtime, wish, quotaDatabase } from './quotaDatabase';

const quota = quotaDatabase();
const { pool } = quota.database;

describe('bulk', () => {
  test('is spaced evenly, and never takes a slot long before its time', async () => {
    const times = await quota.callsFrom(bulk, 0, 30);
    const gaps = times.slice(1).map((time, i) => time - times[i]!);
    for (const gap of gaps) expect(Math.abs(gap - gapMs)).toBeLessThan(2);
    expect(times.at(-1)).toBeCloseTo(29 * gapMs, 0);
    const early = await takeSlot(pool, wish(bulk, { now: at(Math.floor(times.at(-1)! - gapMs)) }));
    expect(early.kind).toBe('later');
  });

  test('asks again when it was told to, and then has its slot', async () => {
    await quota.callsFrom(bulk, 0, 3);
    const first = await takeSlot(pool, wish(bulk, { now: at(10) }));
    expect(first).toMatchObject({ kind: 'later' });
    const again = await takeSlot(pool, wish(bulk, { now: at(Math.ceil(10 + first.waitMs)) }));
    expect(again.kind).toBe('slot');
  });

  test('catches up a short stall and loses a long one', async () => {
    await quota.callsFrom(bulk, 0, 10);
    const stalled = await quota.callsFrom(bulk, 9 * gapMs + 3_000, 8);
    const late = stalled.filter((time) => time < 9 * gapMs + 3_000 + 1);
    // The spare's worth, and the one that is due.
    expect(late).toHaveLength(6);
  });
});

describe('an urgent call', () => {
  test('goes at once while bulk saturates, and bulk pays it back', async () => {
    const before = await quota.callsFrom(bulk, 0, 20);
    const now = Math.floor(before.at(-1)! - 20);
    expect(await quota.callAt(realtime, now)).toBe(now);
    expect(await quota.callAt(realtime, now)).toBe(now);
    const [next] = await quota.callsFrom(bulk, now, 1);
    expect(next! - before.at(-1)!).toBeCloseTo(3 * gapMs, 0);
  });

  test('waits for the timeline when more came than the spare', async () => {
    const times = await Promise.all(Array.from({ length: 12 }, () => quota.callAt(realtime, 0)));
    times.sort((a, b) => a - b);
    expect(times.filter((time) => time === 0).length).toBeLessThanOrEqual(6);
    expect(times.at(-1)!).toBeCloseTo(6 * gapMs, 0);
  });

  test('is asked before partner, partner before bulk', async () => {
    const last = (await quota.callsFrom(bulk, 0, 5)).at(-1)!;
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
    now = await quota.callAt(i % 7 === 0 ? realtime : i % 5 === 0 ? partner : bulk, now);
    if (i % 100 === 50) now += 400;
  }
  expect(await quota.fullestWindow(limit.windowMs)).toBeLessThanOrEqual(188);
  expect(await quota.fullestWindow(limit.windowMs)).toBeGreaterThan(180);
});

test('eight clients at once share one timeline', async () => {
  const clients = Array.from({ length: 8 }, () => openPool(quota.database.url, 1));
  await pool.query(`update quota_buckets set calls_max = 400, window_ms = 2000 where bucket = 'burst'`);
  // An account where it is noon: at midnight the day's count begins anew.
  const west = new Date().getUTCHours() - 12;
  await pool.query('update portals set time_zone = $1', [`Etc/GMT${west < 0 ? '' : '+'}${west}`]);
  const began = performance.now();
  let all = 0;
  await Promise.all(
    clients.map(async (client) => {
      // Three seconds; a busy machine may take more.
      while (all < 600 && performance.now() - began < 20_000) {
        const answer = await takeSlot(client, wish(bulk));
        if (answer.kind === 'slot') all += 1;
        else await new Promise((resolve) => setTimeout(resolve, Math.min(answer.waitMs, 100)));
      }
    }),
  );
  await Promise.all(clients.map((client) => client.end()));
  expect((await quota.bucket()).used).toBe(all);
  expect((await quota.bucket('daily')).used).toBe(all);
  expect(await quota.fullestWindow(2_000)).toBeLessThanOrEqual(394);
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
    expect((await quota.bucket()).used).toBe(5);
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
  expect([(await quota.bucket()).used, (await quota.bucket('daily')).used]).toEqual([0, 0]);
  expect((await pool.query('select from quota_spent')).rowCount).toBe(0);
});

test('calls made before their portal was known are counted to it', async () => {
  await ensureBuckets(pool, '0', [{ bucket: 'burst', ...limit, callsCap: null }]);
  await takeSlot(pool, { ...wish(realtime), portalId: '0' });
  await moveSpent(pool, '0', portalId);
  expect([(await quota.bucket()).used, (await quota.bucket('daily')).used]).toEqual([1, 1]);
  const { rows } = await pool.query('select used::int from quota_buckets where portal_id = 0');
  expect(rows).toEqual([{ used: 0 }]);
});

test('nothing can be spent of a bucket that cannot be read', async () => {
  await expect(takeSlot(pool, wish(bulk, { bucket: 'search' }))).rejects.toThrow('no quota bucket search');
  await pool.query('alter table quota_spent rename to away');
  await expect(takeSlot(pool, wish(bulk))).rejects.toThrow();
  expect((await quota.bucket()).used).toBe(0);
});
