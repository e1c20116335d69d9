import type { ActivityContext } from '../../src/activities/context';
import { createClaimWriteBacks } from '../../src/activities/writeBack/claimWriteBacks';
import { createSendWriteBacks } from '../../src/activities/writeBack/sendWriteBacks';
import { dropForeignMarks } from '../../src/db/delivery/writeBackClaims';
import { SourceFailure, type WriteOutcome, type WriteRequest } from '../../src/sources/contract';
import { testDatabase } from '../support/testDatabase';

const scope = { portalId: '100', target: 'desk' };
const keys = ['a', 'b', 'c'];
const { pool } = testDatabase();

/** How the desk answers a change of a record. */
let answer: (key: string) => WriteOutcome | SourceFailure;
/** The keys of every call, in their order. */
let called: string[];

beforeEach(async () => {
  [answer, called] = [() => ({ kind: 'accepted' }), []];
  await pool.query(
    `truncate portals, golden_records, mapped_records, known_states, delivery_batches, intents, outbox, problems,
       deliveries, targets cascade`,
  );
  await pool.query(`insert into portals (portal_id, name, mode) values (100, 'main', 'live')`);
  for (const key of keys) {
    const goldenId = `00000000-0000-4000-8000-00000000000${key}`;
    await pool.query(
      `insert into golden_records (portal_id, golden_id, object_type, values, origins, lead_source, version)
       values (100, $1, 'contacts', '{"city": "York"}', '{}', 'club', 1)`,
      [goldenId],
    );
    await pool.query(
      `insert into mapped_records (portal_id, source, stream, record_key, object_type, golden_id, fields, keys,
         config_number) values (100, 'desk', 'callers', $1, 'contacts', $2, '{}', '{}', 1)`,
      [key, goldenId],
    );
    await pool.query(
      `insert into known_states (portal_id, target, object_type, record_id, kept)
       values (100, 'desk', 'contacts', $1, '{"city": "Bath"}')`,
      [key],
    );
    await pool.query(
      `insert into outbox (portal_id, target, object_type, golden_id, lead_source)
       values (100, 'desk', 'contacts', $1, 'desk')`,
      [goldenId],
    );
  }
});

async function write({ records, mayStart }: WriteRequest<never>) {
  const outcomes: WriteOutcome[] = [];
  for (const { key } of records) {
    if (!mayStart()) break;
    called.push(key);
    const given = answer(key);
    if (given instanceof SourceFailure) {
      outcomes.push({ kind: 'unknown' });
      return { outcomes, failure: given, calls: called.length };
    }
    outcomes.push(given);
  }
  return { outcomes, failure: null, calls: called.length };
}

const city = { property: 'city', type: 'string', ownership: 'source' };
const fields = [{ property: 'city', to: 'city', transforms: [], as: 'text' }];
const map = { objectType: 'contacts', timeZone: 'UTC', defaultRegion: 'GB', writeBack: fields };
const stream = { name: 'callers', objectType: 'contacts', map, recordKey: ['ref'], writeOptions: {} };
const context = {
  pool,
  limits: { callDeadlineMs: 1_000, claimMs: 30_000 },
  settings: { portals: [], objects: [], sources: [{ name: 'desk', streams: [stream] }] },
  objectContext: async () => ({ rules: { objectType: 'contacts', fields: [city] }, reference: {} }),
  openSource: async () => ({ write }),
  failpoint: async () => undefined,
  log: { info: () => undefined, warn: () => undefined },
  now: () => new Date(),
} as unknown as ActivityContext;
const claim = createClaimWriteBacks(context);
const send = createSendWriteBacks(context);

/** What the lane does, with all waits over at once. @returns how many waves it took; null: it does not end */
async function lane(wavesMax = 40): Promise<number | null> {
  for (let wave = 0; wave < wavesMax; wave += 1) {
    await pool.query(`update targets set paused_until = now() where paused_until < 'infinity'`);
    const { batchIds } = await claim(scope);
    if (batchIds.length === 0) return wave;
    await send({ ...scope, batchIds }).catch((error: unknown) => {
      if (!(error instanceof SourceFailure)) throw error;
    });
    // The activity is tried again at once, the lane claims what was left.
    await pool.query(`update delivery_batches set created_at = to_timestamp(0), not_before = null`);
  }
  return null;
}

const written = async () =>
  (await pool.query<{ key: string }>('select record_id as key from deliveries order by 1')).rows.map(
    ({ key }) => key,
  );
const problems = async () =>
  (
    await pool.query<{ reason: string; id: string }>(
      'select reason, golden_id::text as id from problems where closed_at is null',
    )
  ).rows.map(({ reason, id }) => `${id.at(-1)}: ${reason}`);
const silence = new SourceFailure('retry', 'answered 500');

test.each(keys)(
  'a record that the target never answers keeps no other from being written: %s',
  async (silent) => {
    answer = (key) => (key === silent ? silence : { kind: 'accepted' });
    await lane();
    expect(await written()).toEqual(keys.filter((key) => key !== silent));
  },
);

test('nor one that is due later, and it ends as a problem', async () => {
  await pool.query(`update outbox set parked = true where golden_id::text not like '%a'`);
  answer = (key) => (key === 'a' ? silence : { kind: 'accepted' });
  expect(await lane()).toBeNull();
  for (let change = 1; change <= 10; change += 1) {
    await pool.query(`update golden_records set values = jsonb_build_object('city', 'Leeds' || $1)`, [
      change,
    ]);
    await pool.query(`update outbox set parked = false`);
    await pool.query(
      `insert into outbox (portal_id, target, object_type, golden_id, lead_source)
       select 100, 'desk', 'contacts', golden_id, 'desk' from golden_records where golden_id::text like '%b'
       on conflict do nothing`,
    );
    await lane(10);
    expect((await written()).filter((key) => key === 'b')).toHaveLength(change);
  }
  expect(await problems()).toEqual(['a: desk fails this record: answered 500']);
});

test('nor one that was sent in vain itself, while the target was down', async () => {
  await pool.query(`update outbox set parked = true where golden_id::text not like '%a'`);
  answer = () => silence;
  expect(await lane()).toBeNull();
  await pool.query(`update outbox set parked = false where golden_id::text like '%b'`);
  expect(await lane(3)).toBeNull();
  expect(called).toContain('b');
  answer = (key) => (key === 'a' ? silence : { kind: 'accepted' });
  await lane(10);
  expect(await written()).toEqual(['b']);
});

test('a target that is down is tried with few changes, and all are written when it is back', async () => {
  answer = () => silence;
  expect(await lane()).toBeNull();
  expect(await written()).toEqual([]);
  answer = () => ({ kind: 'accepted' });
  expect(await lane()).not.toBeNull();
  expect(await written()).toEqual(keys);
  expect(await problems()).toEqual([]);
});

test.each([
  ['names no time', null],
  ['says at once', 0],
  ['says soon', 10],
])(
  'a target that fails again and again is paused, longer each time, also where it %s',
  async (_what, afterMs) => {
    answer = () => new SourceFailure(afterMs === null ? 'retry' : 'retryAfter', 'answered 503', afterMs);
    const pauses: number[] = [];
    for (let wave = 0; wave < 12; wave += 1) {
      await lane(1);
      const { rows } = await pool.query<{ ms: number | null }>(
        'select (extract(epoch from paused_until - clock_timestamp()) * 1000)::float8 as ms from targets',
      );
      pauses.push(rows[0]?.ms ?? 0);
    }
    expect(pauses.at(-1)).toBeGreaterThan(10_000);
    expect(pauses.at(0)).toBeLessThan(100);
  },
);

/** A change that was frozen for a stream which took write-backs then. */
async function freezeFormer(objectType: string): Promise<void> {
  await pool.query(
    `insert into delivery_batches (portal_id, target, kind, object_type, operation, lane, created_at)
     values (100, 'desk', 'records', $1, 'update', 2, to_timestamp(0))`,
    [objectType],
  );
  await pool.query(
    `insert into outbox (portal_id, target, object_type, golden_id, lead_source, batch_id)
     select 100, 'desk', $1, gen_random_uuid(), 'desk', batch_id from delivery_batches`,
    [objectType],
  );
}

test('what was on its way to a stream that takes no write-backs any more stops nobody, and goes with the next run', async () => {
  await freezeFormer('companies');
  expect(await lane()).not.toBeNull();
  expect(await written()).toEqual(keys);
  await pool.query(
    `insert into outbox (portal_id, target, object_type, golden_id, lead_source)
     values (100, 'desk', 'contacts', gen_random_uuid(), 'desk')`,
  );
  await dropForeignMarks(pool, '100', [{ target: 'desk', objectType: 'contacts' }]);
  const { rows } = await pool.query(
    `select object_type from outbox union all select object_type from delivery_batches`,
  );
  expect(rows).toEqual([{ object_type: 'contacts' }]);
});
