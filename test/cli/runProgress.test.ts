import { progressLine, runProgress } from '../../src/cli/runProgress';
import { newRunId } from '../../src/cli/runId';
import { pendingMax, type RunCountRow, type RunRow, type RunSourceRow } from '../../src/db/runs/runQueries';

const run: RunRow = {
  ...{ runId: 'r', trigger: 'cli', full: false, sources: ['azure', 'eol'], state: 'running', reason: null },
  ...{ portalId: '1', portal: 'main', startedAt: new Date(0), endedAt: null },
};
const source = (name: string, state: RunSourceRow['state']): RunSourceRow => ({
  ...{ source: name, state, reason: null, startedAt: null, endedAt: null },
});
const counts: RunCountRow[] = [
  { source: 'azure', objectType: 'contacts', status: 'read', count: 2_500 },
  { source: 'azure', objectType: 'contacts', status: 'staged', count: 2_000 },
  { source: 'azure', objectType: 'contacts', status: 'created', count: 100 },
  { source: 'eol', objectType: 'contacts', status: 'unchanged', count: 50 },
];

describe('the progress of a run', () => {
  it('shows per stage what is done and what is known of the whole', () => {
    const sources = [source('azure', 'succeeded'), source('eol', 'running')];
    const progress = runProgress(run, sources, counts, { staged: 500, records: 850, associations: 0 });
    expect(progress.stages.map(({ stage, done, total, isWhole }) => [stage, done, total, isWhole])).toEqual([
      ['read', 2_500, 2_500, false],
      ['consolidated', 1_500, 2_000, false],
      ['delivered', 150, 1_000, false],
      ['associated', 0, 0, false],
    ]);
    expect(progressLine(progress)).toBe(
      'read 2,500 · consolidated 1,500/2,000 · delivered 150/1,000 · associated 0 · 1/2 sources read, reading eol',
    );
  });

  it('is whole when every source has ended, however', () => {
    const sources = [source('azure', 'failed'), source('eol', 'skipped')];
    const progress = runProgress(run, sources, [], { staged: 0, records: 0, associations: 0 });
    expect(progress.stages.every(({ isWhole }) => isWhole)).toBe(true);
    expect(progressLine(progress)).toContain('2/2 sources read, failed: azure, skipped: eol');
  });

  it('says "or more" where it did not count to the end, and never goes below nothing', () => {
    const progress = runProgress(run, [source('azure', 'running')], [], {
      ...{ staged: pendingMax, records: 0, associations: 0 },
    });
    expect(progress.stages[1]).toMatchObject({ done: 0, atLeast: true });
    expect(progressLine(progress)).toContain('consolidated 0/20,000+');
  });
});

describe('a run id', () => {
  it('sorts by time and differs at the same moment', () => {
    const bytes = (value: number): Uint8Array => new Uint8Array(10).fill(value);
    const ids = [1_700_000_000_000, 1_700_000_000_001, 1_900_000_000_000].map((ms) =>
      newRunId(ms, bytes(31)),
    );
    expect([...ids].sort()).toEqual(ids);
    expect(newRunId(5, bytes(1))).not.toBe(newRunId(5, bytes(2)));
    expect(ids[0]).toMatch(/^[0-9a-hjkmnp-tv-z]{20}$/);
  });
});
