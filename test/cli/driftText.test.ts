import { driftText } from '../../src/cli/driftText';
import type { RunRow } from '../../src/db/runs/runQueries';

const run = (trigger: string) => ({ trigger }) as RunRow;

test('drift is told by object, each kind in its own words', () => {
  const drift = [
    { objectType: 'contacts', kind: 'changed' as const, property: 'city', count: 1_200 },
    { objectType: 'contacts', kind: 'missing' as const, property: '', count: 2 },
    { objectType: 'deals', kind: 'associations' as const, property: 'companies', count: 1 },
  ];
  expect(driftText(run('cli'), drift)).toEqual([
    'drift: HubSpot was not as known',
    '  contacts',
    '    city: 1,200 other values',
    '    2 records gone',
    '  deals',
    '    1 association with companies taken away',
  ]);
});

test('only an audit says that there was none', () => {
  expect(driftText(run('audit'), [])).toEqual(['no drift: HubSpot holds what it was known to hold']);
  expect(driftText(run('cli'), [])).toEqual([]);
});
