import { settleFailure } from '../../src/activities/deliver/batchFailure';
import type { ActivityContext } from '../../src/activities/context';
import { hardFailuresMax } from '../../src/activities/quota/limits';
import { installationOf } from '../../src/db/oauth/oauthInstall';
import { takeBatch, type TakenBatch } from '../../src/db/delivery/batches';
import { networkFailure, replyFailure, type HubSpotFailure } from '../../src/hubspot/hubspotFailure';
import { noRateLimitHeaders } from '../../src/hubspot/rateLimitHeaders';
import { testDatabase } from '../support/testDatabase';

const portalId = '100';
const second = 1_000;
const never = 'nobody gives up';

const { pool } = testDatabase();

beforeEach(async () => {
  await empty();
  await pool.query('delete from portals');
  await pool.query(`insert into portals (portal_id, name, mode) values (100, 'main', 'live')`);
});

const empty = () => pool.query('delete from delivery_batches; delete from outbox');

/** A batch of so many records that a worker has taken for sending, after so many calls that failed hard. */
async function taken(size: number, hardFailures: number, maybeWritten = false): Promise<TakenBatch> {
  const { rows } = await pool.query<{ batch_id: string }>(
    `insert into delivery_batches (portal_id, kind, object_type, operation, lane, hard_failures, maybe_written)
     values (100, 'records', 'contacts', 'update', 2, $1, $2) returning batch_id`,
    [hardFailures, maybeWritten],
  );
  const [{ batch_id: batchId }] = rows as [{ batch_id: string }];
  await pool.query(
    `with goldens as (select gen_random_uuid() as id from generate_series(1, $2::int)),
     marks as (insert into outbox (portal_id, object_type, golden_id, lead_source, batch_id)
       select 100, 'contacts', id, 'azure', $1 from goldens)
     insert into intents (batch_id, golden_id, portal_id, object_type, record_id, properties, before, golden_version,
       lead_source) select $1, id, 100, 'contacts', '7', '{}', '{}', 1, 'azure' from goldens`,
    [batchId, size],
  );
  return (await takeBatch(pool, batchId, 60_000, 1_000)) as TakenBatch;
}

async function settled(batch: TakenBatch, failure: HubSpotFailure, installation: string | null = null) {
  let gaveUp = never;
  const { rows: began } = await pool.query<{ at: string }>('select clock_timestamp()::text as at');
  const { batchId, fence, hardFailures, maybeWritten, intents } = batch;
  await settleFailure(
    { pool } as ActivityContext,
    portalId,
    {
      ...{ batchId, fence, hardFailures, maybeWritten, size: intents.length, installation },
      giveUp: async (_, reason) => void (gaveUp = reason),
    },
    failure,
  );
  const { rows: batches } = await pool.query(
    `select (select count(*)::int from outbox where outbox.batch_id = b.batch_id) as records, hard_failures as hard,
       maybe_written as maybe, expires_at is null as free,
       extract(epoch from not_before - $1::timestamptz)::float8 as "waitS",
       extract(epoch from clock_timestamp() - $1::timestamptz)::float8 as "tookS"
     from delivery_batches b order by batch_id`,
    [began[0]!.at],
  );
  const { rows: portals } = await pool.query(
    `select batch_size as size, pause_reason as why, paused_until = 'infinity' as "forPerson" from portals`,
  );
  const { rows: loose } = await pool.query(
    `select count(*)::int as records from outbox where batch_id is null`,
  );
  return { batches, portal: portals[0], looseMarks: loose[0].records, gaveUp };
}

const reply = (status: number, inputCount: number, value: object = {}) =>
  replyFailure({
    ...{ endpoint: 'objects.batchUpdate', status, headers: noRateLimitHeaders, inputCount },
    body: { kind: 'json', value },
  });

test('a refused token pauses the installation that it was refused for, and never the next one', async () => {
  const refused = reply(401, 2, { message: 'invalid' });
  expect(await settled(await taken(2, 0), refused)).toMatchObject({
    ...{ batches: [], looseMarks: 2, portal: { forPerson: true } },
  });
  for (const former of [null, '2026-11-22 10:00:00+00']) {
    await empty();
    await pool.query('update portals set paused_until = null, pause_reason = null');
    await pool.query(
      `insert into oauth_tokens (portal_id, client_id, scopes, expires_at, refresh_at)
       values (100, 'app', '{}', now(), now()) on conflict do nothing`,
    );
    expect(await settled(await taken(2, 0), refused, former)).toMatchObject({
      ...{ batches: [], looseMarks: 2, portal: { forPerson: null, why: null } },
    });
  }
  await empty();
  const now = (await installationOf(pool, portalId))!;
  expect(await settled(await taken(2, 0), refused, now)).toMatchObject({ portal: { forPerson: true } });
  await pool.query('delete from oauth_tokens');
});

test('an internal error: the same body again, counted; at the third, two halves', async () => {
  expect(await settled(await taken(40, 0), reply(500, 40))).toMatchObject({
    batches: [{ records: 40, hard: 1, maybe: true, free: true }],
    portal: { size: 100, why: null },
  });
  await empty();
  expect(await settled(await taken(40, 2), reply(500, 40))).toMatchObject({
    batches: [
      { records: 20, hard: 0, maybe: true, free: true },
      { records: 20, hard: 0, maybe: true, free: true },
    ],
    looseMarks: 0,
  });
});

test.each([
  ['502', reply(502, 40), 5],
  ['504', reply(504, 40), 5],
  ['silence', networkFailure('objects.batchUpdate', 'deadline', 40), 0],
])(
  '%s: the next batches are half as large, and the second time this one is halved',
  async (_, failure, waitS) => {
    const { batches, portal } = await settled(await taken(40, 0), failure);
    expect(batches).toMatchObject([{ records: 40, hard: 1, maybe: true, free: true }]);
    expect(batches[0].waitS).toBeGreaterThanOrEqual(waitS);
    expect(batches[0].waitS).toBeLessThanOrEqual(waitS + batches[0].tookS);
    expect(portal).toMatchObject({ size: 20, why: null });
    await empty();
    expect((await settled(await taken(40, 1), failure)).batches).toMatchObject([
      { records: 20 },
      { records: 20 },
    ]);
  },
);

test('a single record that HubSpot fails again and again is given up, not earlier', async () => {
  expect((await settled(await taken(1, hardFailuresMax - 2), reply(500, 1))).gaveUp).toBe(never);
  await empty();
  const last = await settled(await taken(1, hardFailuresMax - 1), reply(500, 1));
  expect(last.gaveUp).toContain('status 500');
});

test('a refusal in passing costs no patience: the limit, a lock', async () => {
  const limited = reply(429, 40, { policyName: 'TEN_SECONDLY_ROLLING' });
  const { batches } = await settled(await taken(40, 1), limited);
  expect(batches).toMatchObject([{ records: 40, hard: 1, maybe: false, free: true }]);
  expect(batches[0].waitS).toBeGreaterThanOrEqual(9);
  await empty();
  expect(await settled(await taken(40, 1), reply(423, 40))).toMatchObject({
    batches: [{ records: 40, hard: 1, maybe: false }],
    portal: { size: 20 },
  });
});

test('the daily limit pauses also in a time zone that nobody knows', async () => {
  await pool.query(`update portals set time_zone = 'Middle/Earth'`);
  const { portal } = await settled(await taken(40, 0), reply(429, 40, { policyName: 'DAILY' }));
  expect(portal).toMatchObject({ forPerson: false, why: expect.stringContaining('daily') });
});

test.each([
  ['a refused token', reply(401, 40, { category: 'INVALID_AUTHENTICATION' }), true],
  ['a missing scope', reply(403, 40, { category: 'MISSING_SCOPES' }), true],
  ['the daily limit', reply(429, 40, { policyName: 'DAILY' }), false],
])('%s pauses the portal; records wait as marks, to be compared anew', async (_, failure, forPerson) => {
  const { batches, looseMarks, portal } = await settled(await taken(40, 0), failure);
  expect({ batches, looseMarks }).toEqual({ batches: [], looseMarks: 40 });
  expect(portal).toMatchObject({ forPerson, why: expect.stringContaining(failure.verdict.reason) });
});

test('what HubSpot may have applied before is kept whole over a pause', async () => {
  const failure = reply(401, 40, { category: 'INVALID_AUTHENTICATION' });
  const { batches, looseMarks } = await settled(await taken(40, 1, true), failure);
  expect(batches).toMatchObject([{ records: 40, maybe: true, free: true }]);
  expect(looseMarks).toBe(0);
});

test('a worker that lost its claim changes nothing', async () => {
  const batch = await taken(40, 2);
  await pool.query(`update delivery_batches set expires_at = now() - interval '1 hour'`);
  const other = (await takeBatch(pool, batch.batchId, 60 * second, second)) as TakenBatch;
  expect(other.fence).not.toBe(batch.fence);
  const { batches, looseMarks } = await settled(batch, reply(500, 40));
  expect(batches).toMatchObject([{ records: 40, hard: 2, free: false }]);
  expect(looseMarks).toBe(0);
});
