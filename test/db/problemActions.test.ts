import { randomUUID } from 'node:crypto';
import { dismissProblems, retryProblems } from '../../src/db/problems/problemActions';
import { showProblem } from '../../src/db/problems/problemDetail';
import { listProblems } from '../../src/db/problems/problemQueries';
import {
  closeAssociationProblems,
  closeGoldenProblems,
  closeRecordProblems,
  openProblems,
  type ProblemInput,
} from '../../src/db/problems/problems';
import { testDatabase } from '../support/testDatabase';

const portal = '100';
const [golden, other] = [randomUUID(), randomUUID()];
const { pool } = testDatabase({ per: 'test' });

beforeEach(async () => {
  await pool.query(
    `insert into staged_records (portal_id, source, stream, record_key, object_type, payload, payload_hash)
     values (100, 'azure', 'customers', 'c1', 'contacts', '{"email": "ann@x.org"}', 'h1')`,
  );
  await pool.query(
    `insert into golden_records (portal_id, object_type, golden_id, values, origins, lead_source)
     values (100, 'contacts', $1, '{"email": "ann@x.org"}', '{}', 'azure'), (100, 'companies', $2, '{}', '{}', 'azure')`,
    [golden, other],
  );
  await pool.query(
    `insert into mapped_records (portal_id, source, stream, record_key, object_type, fields, keys, golden_id, config_number)
     values (100, 'azure', 'customers', 'c1', 'contacts', '{}', '{}', $1, 1)`,
    [golden],
  );
});

const unmapped: ProblemInput = {
  stage: 'consolidate',
  kind: 'invalidValue',
  objectType: 'contacts',
  source: 'azure',
  stream: 'customers',
  key: 'c1',
  field: 'phone',
  reason: 'is no phone number',
};
const refused: ProblemInput = {
  stage: 'deliver',
  kind: 'rejected',
  objectType: 'contacts',
  goldenId: golden,
  source: 'azure',
  field: 'city',
  reason: 'too short',
  sent: { city: 'X' },
};
const unpaired: ProblemInput = {
  stage: 'associate',
  kind: 'rejected',
  objectType: 'contacts',
  goldenId: golden,
  toGolden: other,
  source: 'azure',
  field: 'companies',
  reason: 'refused',
};
const unreadable: ProblemInput = {
  stage: 'extract',
  kind: 'unreadable',
  objectType: 'contacts',
  source: 'impact',
  stream: 'referrals',
  where: 'a.csv:3',
  reason: 'too many columns',
};

const open = (...problems: ProblemInput[]) => openProblems(pool, portal, 'r1', problems);
const listed = async () => listProblems(pool, portal, {}, 100);
const dismissed = async () => listProblems(pool, portal, { dismissed: true }, 100);
const idOf = async (stage: string) =>
  (await pool.query<{ id: string }>('select problem_id as id from problems where stage = $1', [stage]))
    .rows[0]!.id;
const everything = { filter: {} };
const why = { note: 'known', who: 'test' };

test('a retry makes due what each stage looks at, and says which lanes to wake', async () => {
  await pool.query(
    `insert into outbox (portal_id, object_type, golden_id, lead_source, parked, conflicts, not_before)
     values (100, 'contacts', $1, 'azure', true, 4, now() + interval '1 hour')`,
    [golden],
  );
  await pool.query(
    `insert into golden_associations (portal_id, from_object, from_golden, to_object, to_golden, labels, wanted,
       lead_source, parked) values (100, 'contacts', $1, 'companies', $2, '{}', true, 'azure', true)`,
    [golden, other],
  );
  await open(unmapped, refused, unpaired, unreadable);
  const outcome = await retryProblems(pool, portal, everything);
  expect(outcome).toMatchObject({
    retried: 3,
    left: 0,
    notRetried: [{ problemId: await idOf('extract'), reason: expect.stringContaining('impact --full') }],
    bells: [
      { lane: 'consolidate', objectType: 'contacts' },
      { lane: 'deliver', urgency: 'bulk' },
    ],
  });
  const { rows } = await pool.query(
    `select (select count(*)::int from staged_records where due_at is not null) as staged,
       (select count(*)::int from outbox where not parked and not_before is null and conflicts = 0) as marks,
       (select count(*)::int from golden_associations where due and not parked) as pairs`,
  );
  expect(rows[0]).toEqual({ staged: 1, marks: 1, pairs: 1 });
  expect(await listed()).toHaveLength(4);
});

test('a retry takes only what was chosen', async () => {
  await open(unmapped, refused);
  const bySource = await retryProblems(pool, portal, { filter: { source: 'ielts' } });
  const byKind = await retryProblems(pool, portal, { filter: { kind: 'rejected', objectType: 'contacts' } });
  const byId = await retryProblems(pool, portal, { ids: [await idOf('consolidate')] });
  const elsewhere = await retryProblems(pool, '200', everything);
  expect([bySource, byKind, byId, elsewhere].map(({ retried }) => retried)).toEqual([0, 1, 1, 0]);
});

test('a mark that is gone is made anew, a golden record that is gone cannot be retried', async () => {
  await open(refused, { ...refused, goldenId: randomUUID() });
  const outcome = await retryProblems(pool, portal, everything);
  expect(outcome).toMatchObject({
    retried: 1,
    notRetried: [{ reason: expect.stringContaining('no longer') }],
  });
});

test('a retried problem that succeeds is closed as retried; one that fails again stays open', async () => {
  await open(unmapped, refused, unpaired);
  await retryProblems(pool, portal, { filter: {} });
  await pool.query('update problems set retried_at = now()');
  await closeRecordProblems(
    pool,
    portal,
    'consolidate',
    [{ source: 'azure', stream: 'customers', key: 'c1' }],
    [],
  );
  await closeAssociationProblems(pool, portal, 'contacts', 'companies', [
    { fromGolden: golden, toGolden: other },
  ]);
  await open({ ...refused, reason: 'still too short' });
  expect(await listed()).toMatchObject([{ stage: 'deliver', reason: 'still too short', retriedAt: null }]);
  const { rows } = await pool.query(`select distinct closed_by from problems where closed_at is not null`);
  expect(rows).toEqual([{ closed_by: 'retry' }]);
});

test('a problem closed without a retry says what closed it', async () => {
  await open(unmapped, refused);
  await closeRecordProblems(
    pool,
    portal,
    'consolidate',
    [{ source: 'azure', stream: 'customers', key: 'c1' }],
    [],
  );
  await closeGoldenProblems(pool, portal, 'contacts', [golden]);
  const { rows } = await pool.query(`select stage, closed_by from problems order by stage`);
  expect(rows).toEqual([
    { stage: 'consolidate', closed_by: 'source' },
    { stage: 'deliver', closed_by: 'delivery' },
  ]);
});

describe('a dismissed problem', () => {
  beforeEach(async () => {
    await open(unmapped, refused);
    expect(await dismissProblems(pool, portal, everything, why)).toEqual({ dismissed: 2, left: 0 });
  });

  test('is listed no more, but among the dismissed, with the note', async () => {
    expect(await listed()).toEqual([]);
    expect(await dismissed()).toHaveLength(2);
    expect(await showProblem(pool, portal, await idOf('deliver'))).toMatchObject({
      closedBy: 'dismissed',
      closedWho: 'test',
      note: 'known',
    });
  });

  test('stays closed while its fault recurs unchanged', async () => {
    await open(unmapped, refused);
    await pool.query(`update golden_records set version = version + 1, origins = '{"a": 1}'`);
    await open(unmapped, refused);
    expect(await listed()).toEqual([]);
  });

  test('is a problem again when its record changed', async () => {
    await pool.query(`update staged_records set payload_hash = 'h2'`);
    await open(unmapped, refused);
    expect((await listed()).map(({ stage }) => stage)).toEqual(['consolidate']);
    await pool.query(`update golden_records set values = '{"email": "bob@x.org"}'`);
    await open(refused);
    expect((await listed()).map(({ stage }) => stage)).toEqual(['deliver', 'consolidate']);
  });

  test('is a problem again when the reason changed, or the fault is another one', async () => {
    await open({ ...unmapped, reason: 'has too many digits' }, { ...refused, field: 'country' });
    expect(await listed()).toHaveLength(2);
  });

  test('is forgotten as dismissed when it is retried by its id', async () => {
    const outcome = await retryProblems(pool, portal, { ids: [await idOf('consolidate')] });
    expect(outcome.retried).toBe(1);
    await open(unmapped);
    expect((await listed()).map(({ stage }) => stage)).toEqual(['consolidate']);
    expect((await dismissed()).map(({ stage }) => stage)).toEqual(['deliver']);
  });

  test('is not met by a retry of everything', async () => {
    expect(await retryProblems(pool, portal, everything)).toMatchObject({ retried: 0, bells: [] });
  });
});

test('a problem shows payload, golden values, what HubSpot holds and what it refused', async () => {
  await pool.query(
    `insert into known_states (portal_id, object_type, record_id, golden_id, kept, sent)
     values (100, 'contacts', '7', $1, '{"city": "York"}', '{"city": "York"}')`,
    [golden],
  );
  await open(unmapped, refused);
  expect(await showProblem(pool, portal, await idOf('consolidate'))).toMatchObject({
    reason: 'is no phone number',
    field: 'phone',
    staged: { payload: { email: 'ann@x.org' } },
    golden: { goldenId: golden, values: { email: 'ann@x.org' } },
    lastIntent: null,
  });
  expect(await showProblem(pool, portal, await idOf('deliver'))).toMatchObject({
    staged: null,
    golden: { members: [{ source: 'azure', key: 'c1', payload: { email: 'ann@x.org' } }] },
    known: { recordId: '7', kept: { city: 'York' } },
    lastIntent: { properties: { city: 'X' }, inFlight: false },
  });
  expect(await showProblem(pool, '200', await idOf('deliver'))).toBeNull();
});

test('pages follow each other without gap or repeat', async () => {
  await open(...Array.from({ length: 7 }, (_, i) => ({ ...unmapped, field: `f${i}` })));
  const first = await listProblems(pool, portal, {}, 3);
  const second = await listProblems(pool, portal, {}, 3, first.at(-1)!.problemId);
  const third = await listProblems(pool, portal, {}, 3, second.at(-1)!.problemId);
  expect([first.length, second.length, third.length]).toEqual([3, 3, 1]);
  const ids = [...first, ...second, ...third].map(({ problemId }) => Number(problemId));
  expect(ids).toEqual([...new Set(ids)].sort((a, b) => b - a));
});
