import { closingText, type ClosingInput } from '../../src/cli/start/closingText';
import { runReportText, type RunReport } from '../../src/cli/runReport';

const demo: ClosingInput = {
  urls: { API: 'http://127.0.0.1:8484' },
  stateDir: '/srv/demo/.large',
  apiToken: null,
  ownApiToken: false,
  isSimulator: true,
  mode: 'live',
  source: 'azure',
  command: 'npx tributary --state-dir .large',
  startCommand: 'npm start -- --state-dir .large',
};

test('every command that is told at the end means the system that was started', () => {
  const text = closingText(demo);
  const lines = text.split('\n').filter((line) => /npx|npm/.test(line));
  expect(lines.length).toBeGreaterThan(5);
  expect(lines.filter((line) => !line.includes('--state-dir .large'))).toEqual([]);
  expect(text).toContain('`npx tributary --state-dir .large token <name>` makes another one');
  expect(closingText({ ...demo, apiToken: 'trb_1' })).toContain('trb_1  (shown this once)');
});

test('a run that read nothing new says so, without an empty table', () => {
  const report: RunReport = {
    ...{ portalId: '1', sources: [], rows: [], writtenBack: [], drift: [] },
    run: {
      ...{ portalId: '1', portal: 'main', runId: 'r', trigger: 'cli', full: false, sources: ['drop'] },
      ...{ state: 'succeeded', reason: null, startedAt: new Date(0), endedAt: new Date(1_000) },
    },
    calls: { used: 0, ideal: 0, reads: 0, lines: [] },
    pending: { staged: 0, records: 0, associations: 0 },
  };
  const text = runReportText(report, false);
  expect(text).toContain('nothing new was read');
  expect(text).not.toContain('┌');
});
