import { failedRunsText, resultRows, resultTable, sourceTroubleText } from '../../src/cli/runTable';
import type { RunCountRow } from '../../src/db/runs/runQueries';

const count = (source: string, objectType: string, status: string, number: number): RunCountRow => ({
  ...{ source, objectType, status, count: number },
});

describe('the result table', () => {
  const counts = [
    count('hubspot', 'contacts', 'calls:update', 7),
    count('hubspot', 'contacts', 'read', 30),
    count('ielts', 'contacts', 'read', 12),
    count('ielts', 'contacts', 'unreadable', 2),
    count('ielts', 'contacts', 'problems', 2),
    count('azure', 'deals', 'associated', 3),
    count('hubspot', 'deals>contacts', 'inputs:associate', 3),
    count('azure', 'contacts', 'created', 1234),
  ];

  it('has a row per source and object in the order in which the run reads its sources', () => {
    const rows = resultRows(counts, ['hubspot', 'azure', 'ielts']);
    expect(rows.map(({ source, objectType }) => `${source} ${objectType}`)).toEqual([
      'hubspot contacts',
      'azure contacts',
      'azure deals',
      'ielts contacts',
    ]);
  });

  it('counts an unreadable line once, as a problem, and calls not at all', () => {
    const rows = resultRows(counts, []);
    expect(rows.find(({ source }) => source === 'ielts')?.counts).toMatchObject({ read: 12, problems: 2 });
    const hubspot = rows.find(({ source }) => source === 'hubspot')!.counts;
    expect(Object.values(hubspot).reduce((sum, value) => sum + value, 0)).toBe(30);
  });

  it('prints totals, thousands apart, and no colours where nobody watches', () => {
    const text = resultTable(resultRows(counts, []), false);
    const total = text.split('\n').find((line) => line.includes('total'))!;
    expect(total.match(/[\d,]+/g)).toEqual(['42', '1,234', '3', '2']);
    expect(text).not.toContain('\u001b');
  });

  it('names every source that did not succeed, with its reason', () => {
    const source = { startedAt: null, endedAt: null };
    const text = sourceTroubleText([
      { ...source, source: 'azure', state: 'failed', reason: 'the server is away' },
      { ...source, source: 'ielts', state: 'skipped', reason: 'depends on azure' },
      { ...source, source: 'eol', state: 'succeeded', reason: null },
    ]);
    expect(text).toBe('  azure: failed: the server is away\n  ielts: skipped: depends on azure');
  });

  it('says why runs failed', () => {
    const text = failedRunsText([
      { runId: 'three', state: 'failed', reason: 'contacts cannot be consolidated' },
      { runId: 'two', state: 'waiting', reason: 'paused' },
      { runId: 'one', state: 'succeeded', reason: null },
    ]);
    expect(text).toBe('  three failed: contacts cannot be consolidated');
  });
});
