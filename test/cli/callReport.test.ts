import { callReport, callReportText, idealCalls } from '../../src/cli/callReport';
import type { RunCountRow } from '../../src/db/runs/runQueries';

const count = (source: string, objectType: string, status: string, number: number): RunCountRow => ({
  ...{ source, objectType, status, count: number },
});

describe('the ideal number of calls', () => {
  it.each([
    ['create', 0, 0],
    ['create', 1, 1],
    ['update', 100, 1],
    ['update', 101, 2],
    ['associate', 2_000, 1],
    ['associate', 2_001, 2],
    ['dissociate', 101, 2],
  ] as const)('of %s for %i inputs is %i', (operation, inputs, calls) => {
    expect(idealCalls(operation, inputs)).toBe(calls);
  });
});

describe('the report of calls', () => {
  it('divides the inputs of an object and operation, which share their calls', () => {
    const { lines } = callReport([
      count('azure', 'contacts', 'updated', 60),
      count('eol', 'contacts', 'updated', 40),
      count('hubspot', 'contacts', 'inputs:update', 100),
      count('hubspot', 'contacts', 'calls:update', 1),
    ]);
    expect(lines).toEqual([{ objectType: 'contacts', operation: 'update', records: 100, used: 1, ideal: 1 }]);
  });

  it('keeps objects apart, and reads apart from writes', () => {
    const report = callReport([
      count('hubspot', 'contacts', 'inputs:create', 1),
      count('hubspot', 'deals', 'inputs:create', 1),
      count('hubspot', 'contacts', 'calls:create', 1),
      count('hubspot', 'deals', 'calls:create', 1),
      count('hubspot', 'deals', 'calls:read', 9),
    ]);
    expect(report).toMatchObject({ used: 2, ideal: 2, reads: 9 });
    expect(callReportText(report)).toBe('HubSpot write calls: used 2, ideal 2; read calls: 9');
  });

  it('names what is above the ideal, also where nothing was written for the calls', () => {
    const text = callReportText(
      callReport([
        count('hubspot', 'contacts', 'inputs:create', 300),
        count('hubspot', 'contacts', 'calls:create', 5),
        count('hubspot', 'deals>contacts', 'calls:associate', 1),
      ]),
    );
    expect(text.split('\n')).toEqual([
      'HubSpot write calls: used 6, ideal 3 (2.00 × the ideal)',
      '  above the ideal: contacts create: 5 for 300 inputs, ideal 3',
      '  above the ideal: deals>contacts associate: 1 for 0 inputs, ideal 0',
    ]);
  });
});
