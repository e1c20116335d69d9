import { startQuotaRiver, type QuotaRiver } from './quotaRiver';

/** Four calls a second, so that a claim sees fewer slots than a wave has writes. */
const windowMs = 5_000;
const limit = 21;
const claimMs = 2_000;
const records = 1_200;

let river: QuotaRiver;

beforeAll(async () => {
  river = await startQuotaRiver(1, {
    TRIBUTARY_CLAIM_MS: String(claimMs),
    TRIBUTARY_CALL_DEADLINE_MS: '1000',
  });
  await river.open();
  await river.sync();
});

afterAll(async () => {
  await river?.stop();
});

test('where every write must be read back and few calls are left, what was begun is ended first', async () => {
  await river.settings({
    limits: { perTenSeconds: limit, windowMs },
    switches: { writeRepliesCarryProperties: false },
  });
  await river.pool.query('update quota_buckets set calls_max = $1, window_ms = $2, next_slot_at = now()', [
    limit,
    windowMs,
  ]);
  const before = (await river.report()).calls;
  await river.mark(2, records);
  await river.ring('bulk');
  await river.delivered();
  // A write and a read for each hundred, and some again whose claim ended in between.
  expect((await river.report()).calls - before).toBeLessThan((records / 100) * 4);
});
