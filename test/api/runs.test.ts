import { bindPortal } from '../../src/db/portals';
import { endRun, insertRun, setSourceState } from '../../src/db/runs/runs';
import { addCounts } from '../../src/db/runs/runCounts';
import { openProblems } from '../../src/db/problems/problems';
import { startApi, type TestApi } from './startApi';

const [main, sandbox] = ['100', '200'];
let api: TestApi;
beforeEach(async () => {
  api = await startApi();
  await bindPortal(api.pool, 'main', main, 'UTC');
  await bindPortal(api.pool, 'sandbox', sandbox, 'UTC');
});
afterEach(() => api.close());

type Run = { runId: string; [member: string]: unknown };

async function pageOf(path: string): Promise<{ runs: Run[]; next: string | null }> {
  const reply = await api.ask(path);
  expect(reply.status).toBe(200);
  return reply.json as { runs: Run[]; next: string | null };
}

/** Runs of two portals; every third starts at the same microsecond as the one before. */
async function seedRuns(count: number): Promise<string[]> {
  await api.pool.query(
    `insert into runs (portal_id, run_id, trigger, full_read, sources, state, started_at)
     select case when n % 2 = 0 then $2::bigint else $3::bigint end, 'r' || n, 'test', false, '{azure}', 'succeeded',
       '2026-03-01T00:00:00.000001Z'::timestamptz + (n - n % 3) * interval '1 microsecond'
     from generate_series(1, $1::int) as n`,
    [count, main, sandbox],
  );
  return Array.from({ length: count }, (_, index) => `r${index + 1}`);
}

describe('the list of runs', () => {
  test('is empty at first', async () => {
    expect(await pageOf('/api/runs')).toEqual({ runs: [], next: null });
  });

  test('shows a run with its times, and the address of its status', async () => {
    await insertRun(api.pool, main, { runId: 'r1', trigger: 'cli', full: true, sources: ['azure', 'ielts'] });
    await api.pool.query(
      `update runs set state = 'failed', reason = 'azure failed', started_at = '2026-03-01T10:00:00Z',
         ended_at = '2026-03-01T10:00:07.5Z'`,
    );
    expect(await pageOf('/api/runs')).toEqual({
      runs: [
        {
          runId: 'r1',
          portal: 'main',
          trigger: 'cli',
          full: true,
          sources: ['azure', 'ielts'],
          state: 'failed',
          reason: 'azure failed',
          startedAt: '2026-03-01T10:00:00.000Z',
          endedAt: '2026-03-01T10:00:07.500Z',
          durationMs: 7_500,
          statusUrl: '/api/sync/status/r1',
        },
      ],
      next: null,
    });
  });

  test.each([1, 4, 7, 100])('gives every run once over pages of %i, the newest first', async (limit) => {
    const all = await seedRuns(25);
    const seen: string[] = [];
    let path: string | null = `/api/runs?limit=${limit}`;
    for (let pages = 0; path !== null; pages += 1) {
      expect(pages).toBeLessThanOrEqual(all.length);
      const page = await pageOf(path);
      expect(page.runs.length).toBeLessThanOrEqual(limit);
      seen.push(...page.runs.map(({ runId }) => runId));
      path = page.next;
    }
    expect([...seen].sort()).toEqual([...all].sort());
    const { rows } = await api.pool.query<{ run_id: string }>(
      'select run_id from runs order by started_at desc, portal_id desc, run_id desc',
    );
    expect(seen).toEqual(rows.map(({ run_id }) => run_id));
  });

  test('has 20 a page where nothing is said, and a new run shifts no page', async () => {
    await seedRuns(30);
    const first = await pageOf('/api/runs');
    await insertRun(api.pool, main, { runId: 'new', trigger: 'test', full: false, sources: [] });
    const second = await pageOf(first.next!);
    expect([first.runs.length, second.runs.length, second.next]).toEqual([20, 10, null]);
  });
});

describe('the status of a run', () => {
  test('shows sources, counts and problems from Postgres while Temporal is away', async () => {
    await insertRun(api.pool, main, {
      runId: 'r1',
      trigger: 'cli',
      full: false,
      sources: ['azure', 'ielts'],
    });
    await setSourceState(api.pool, main, 'r1', 'azure', 'running', null);
    await setSourceState(api.pool, main, 'r1', 'azure', 'failed', 'the system does not answer');
    await addCounts(api.pool, main, 'r1', [
      { source: 'azure', objectType: 'contacts', status: 'read', count: 10 },
      { source: 'azure', objectType: 'companies', status: 'read', count: 5 },
      { source: 'azure', objectType: 'contacts', status: 'problems', count: 2 },
      { source: 'ielts', objectType: 'contacts', status: 'read', count: 1 },
    ]);
    const fault = { stage: 'consolidate', kind: 'defect', objectType: 'contacts', reason: 'broken' } as const;
    await openProblems(api.pool, main, 'r1', [
      { ...fault, key: '1' },
      { ...fault, key: '2' },
    ]);
    await openProblems(api.pool, main, 'another', [{ ...fault, key: '3' }]);
    await api.pool.query(`update problems set closed_at = now() where record_key = '2'`);
    await endRun(api.pool, main, 'r1', 'failed', 'azure failed');

    const { status, json } = await api.ask('/api/sync/status/r1');
    expect(status).toBe(200);
    expect(json).toMatchObject({
      runId: 'r1',
      portal: 'main',
      state: 'failed',
      reason: 'azure failed',
      sources: [
        {
          source: 'azure',
          state: 'failed',
          reason: 'the system does not answer',
          startedAt: expect.any(String),
          endedAt: expect.any(String),
          counts: { contacts: { read: 10, problems: 2 }, companies: { read: 5 } },
        },
        { source: 'ielts', state: 'pending', startedAt: null, counts: { contacts: { read: 1 } } },
      ],
      counts: { read: 16, problems: 2 },
      problems: { opened: 2, stillOpen: 1 },
      progress: null,
      workflow: 'unreachable',
    });
  });

  test('of a run that Postgres does not know says whom to wait for', async () => {
    const reply = await api.ask('/api/sync/status/nothing');
    expect(reply.status).toBe(503);
    expect(reply.json['detail']).toBe('Postgres has no such run yet, and Temporal does not answer.');
  });

  test.each(['a b', "x' or '1'='1", 'x'.repeat(201), '..%2f..'])('of the id %j is a 404', async (id) => {
    const reply = await api.ask(`/api/sync/status/${encodeURIComponent(id)}`);
    expect([reply.status, reply.json['type']]).toEqual([404, 'urn:tributary:problem:unknown-run']);
  });
});
