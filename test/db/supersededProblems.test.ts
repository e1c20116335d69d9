import { openProblems, type ProblemInput } from '../../src/db/problems/problems';
import { testDatabase } from '../support/testDatabase';

const portal = '100';
const [golden, other] = ['a', 'b'].map((digit) => `${digit.repeat(8)}-0000-4000-8000-000000000000`) as [
  string,
  string,
];
const { pool } = testDatabase();

beforeEach(() => pool.query('truncate problems'));

const rejected: ProblemInput = {
  ...{ stage: 'deliver', kind: 'rejected', objectType: 'contacts', goldenId: golden, source: 'azure' },
  ...{ field: 'city', reason: 'the city is too long' },
};
const conflict: ProblemInput = { ...rejected, kind: 'conflict', field: null, reason: 'owned by another' };

const open = (...problems: ProblemInput[]) => openProblems(pool, portal, 'r1', problems);
async function reasons(state: 'open' | 'superseded'): Promise<string[]> {
  const { rows } = await pool.query<{ reason: string }>(
    `select reason from problems where case when closed_at is null then 'open' else closed_by end = $1
     order by problem_id`,
    [state],
  );
  return rows.map(({ reason }) => reason);
}

test('a record that is refused for another reason than before has the newer problem only', async () => {
  await open(rejected);
  await open(conflict);
  expect(await reasons('open')).toEqual(['owned by another']);
  expect(await reasons('superseded')).toEqual(['the city is too long']);
  await open(rejected);
  expect(await reasons('open')).toEqual(['the city is too long']);
});

test('the faults of one try stand beside each other, and one that is met again stays the same problem', async () => {
  const phone = { ...rejected, field: 'phone', reason: 'no phone' };
  await open(rejected, phone);
  const { rows } = await pool.query(`select problem_id from problems where field = 'phone'`);
  await open({ ...phone, reason: 'still no phone' }, conflict);
  expect(await reasons('open')).toEqual(['still no phone', 'owned by another']);
  expect((await pool.query(`select problem_id from problems where field = 'phone'`)).rows).toEqual(rows);
});

test('what is about something else stays open', async () => {
  const stillTrue: ProblemInput[] = [
    { ...rejected, goldenId: other, reason: 'of another record' },
    { ...rejected, objectType: 'deals', reason: 'of another object' },
    { ...rejected, target: 'eol', reason: 'of another target' },
    { ...rejected, target: 'eol', stream: 'subscribers', reason: 'of another stream' },
    { ...rejected, stage: 'associate', toGolden: other, field: 'companies', reason: 'of a pair' },
    { ...rejected, stage: 'consolidate', key: '1', reason: 'of another stage' },
  ];
  for (const problem of stillTrue) await open(problem);
  // A slice says by itself what of its records is over.
  await open({ ...rejected, stage: 'consolidate', key: '1', field: 'fax', reason: 'of a slice' });
  await openProblems(pool, '200', 'r1', [{ ...rejected, reason: 'of another portal' }]);
  await open(conflict);
  expect(await reasons('superseded')).toEqual([]);
  expect(await reasons('open')).toHaveLength(stillTrue.length + 3);
});

test('a pair of records has the newer problem only; another pair of the same record keeps its own', async () => {
  const pair: ProblemInput = { ...rejected, stage: 'associate', field: 'companies', toGolden: other };
  await open({ ...pair, reason: 'refused' }, { ...pair, toGolden: golden, reason: 'of another pair' });
  await open({ ...pair, kind: 'unresolvedReference', reason: 'no such label' });
  expect(await reasons('open')).toEqual(['of another pair', 'no such label']);
  expect(await reasons('superseded')).toEqual(['refused']);
});

test('what is dismissed says also that the older reason is over', async () => {
  await pool.query(
    `insert into golden_records (portal_id, object_type, golden_id, values, origins, lead_source)
     values (100, 'contacts', $1, '{}', '{}', 'azure') on conflict do nothing`,
    [golden],
  );
  await open(conflict);
  await pool.query(
    `update problems set closed_at = now(), closed_by = 'dismissed', evidence = problem_evidence(portal_id, source,
       stream, record_key, object_type, golden_id, reason)`,
  );
  await open(rejected);
  await open(conflict);
  expect(await reasons('open')).toEqual([]);
  expect(await reasons('superseded')).toEqual(['the city is too long']);
});
