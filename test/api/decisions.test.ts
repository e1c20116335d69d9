import { openProblems, type ProblemInput } from '../../src/db/problems/problems';
import { bindPortal } from '../../src/db/portals';
import { replaceReviews } from '../../src/db/problems/reviews';
import { post, startApi, type TestApi } from './startApi';

const main = '100';
let api: TestApi;
beforeAll(async () => {
  api = await startApi();
  await bindPortal(api.pool, 'main', main, 'UTC');
  const fault: ProblemInput = {
    stage: 'consolidate',
    kind: 'invalidValue',
    objectType: 'contacts',
    source: 'azure',
    stream: 'customers',
    reason: 'is no phone number',
  };
  await openProblems(
    api.pool,
    main,
    null,
    Array.from({ length: 5 }, (_, index) => ({ ...fault, key: `c${index}` })),
  );
  await replaceReviews(
    api.pool,
    main,
    'contacts',
    null,
    [],
    [
      {
        kind: 'limit',
        reason: 'a property differs',
        records: [1, 2].map((key) => ({ source: 'azure', stream: 'customers', key: String(key) })),
        anchors: [],
        parts: [1, 2].map((key) => [{ source: 'azure', stream: 'customers', key: String(key) }]),
        goldenIds: [],
      },
    ],
  );
});
afterAll(() => api.close());

interface Page {
  total: number;
  problems: { problemId: string; source: string }[];
  next: string | null;
}
const pageOf = async (path: string) => (await api.ask(path)).json as unknown as Page;

test('problems come by pages, each once, with the total of all', async () => {
  const seen: string[] = [];
  for (let path: string | null = '/api/problems?source=azure&limit=2'; path !== null;) {
    const page: Page = await pageOf(path);
    expect(page.total).toBe(5);
    seen.push(...page.problems.map(({ problemId }) => problemId));
    path = page.next;
  }
  expect(new Set(seen).size).toBe(5);
  expect(await pageOf('/api/problems?kind=rejected')).toMatchObject({ total: 0, problems: [], next: null });
  expect(await pageOf('/api/problems?state=dismissed')).toMatchObject({ total: 0 });
});

test.each([
  ['/api/problems/999', 'unknown-problem'],
  ['/api/problems/x', 'unknown-problem'],
  ['/api/reviews/999', 'unknown-review'],
])('%s is a 404', async (path, kind) => {
  const { status, json } = await api.ask(path);
  expect([status, json['type']]).toEqual([404, `urn:tributary:problem:${kind}`]);
});

const which = {
  pointer: '#',
  detail: 'say either `ids`, or any of `source`, `object` and `kind`, or `all`: true',
};
const refused: [string, string, object, object[]][] = [
  ['a retry of nothing said', '/api/problems/retry', {}, [which]],
  ['a retry of all and of some', '/api/problems/retry', { all: true, kind: 'rejected' }, [which]],
  [
    'a retry of no ids',
    '/api/problems/retry',
    { ids: [] },
    [{ pointer: '#/ids', detail: 'must name a problem' }],
  ],
  [
    'an id that is SQL',
    '/api/problems/retry',
    { ids: ['1 or 1=1'] },
    [{ pointer: '#/ids/0', detail: 'must be a text of digits' }],
  ],
  [
    'a dismissal without a note',
    '/api/problems/dismiss',
    { all: true, note: ' ' },
    [{ pointer: '#/note', detail: 'must say why' }],
  ],
  [
    'an answer that is none',
    '/api/reviews/1/decide',
    { decision: 'maybe' },
    [{ pointer: '#/decision', detail: 'must be "join", "apart", "link", "hubspot" or "source"' }],
  ],
  [
    'a link to nothing',
    '/api/reviews/1/decide',
    { decision: 'link' },
    [{ pointer: '#/recordId', detail: 'is the HubSpot record of a "link", and of nothing else' }],
  ],
  [
    'a link to a record that is not known',
    '/api/reviews/1/decide',
    { decision: 'link', recordId: '7' },
    [{ pointer: '#/recordId', detail: 'is no HubSpot record that is known here' }],
  ],
];

test.each(refused)('%s is refused, and changes nothing', async (_what, path, body, errors) => {
  const { status, json } = await api.ask(path, post(body));
  expect([status, json['errors']]).toEqual([422, errors]);
  expect((await pageOf('/api/problems')).total).toBe(5);
});

test('what was done stands although Temporal does not answer', async () => {
  await api.pool.query(
    `insert into staged_records (portal_id, source, stream, record_key, object_type, payload, payload_hash)
     values (100, 'azure', 'customers', 'c1', 'contacts', '{}', 'h')`,
  );
  const { status, json } = await api.ask('/api/problems/retry', post({ source: 'azure' }));
  expect([status, json]).toMatchObject([202, { retried: 1, notRetried: { count: 4 }, rung: false }]);
});

test('a decision names who made it: the token', async () => {
  expect(
    (await api.ask('/api/reviews/1/decide', post({ decision: 'apart', note: 'seen both' }))).status,
  ).toBe(202);
  const { json } = await api.ask('/api/reviews/1');
  expect(json['decisions']).toMatchObject([{ how: 'apart', who: 'api: environment', note: 'seen both' }]);
});

test('a review that closed by itself cannot be decided any more', async () => {
  await api.pool.query(`update reviews set closed_at = now(), decided_at = null`);
  const { status, json } = await api.ask('/api/reviews/1/decide', post({ decision: 'join' }));
  expect([status, json['type']]).toEqual([409, 'urn:tributary:problem:review-closed']);
});
