import { durationText, forecastPlan } from '../../src/cli/planForecast';
import { changeText, planTotalsText, writeBackText } from '../../src/cli/planText';
import type { ObjectPlan, PairPlan } from '../../src/db/staging/readPlan';

const contacts: ObjectPlan = {
  ...{
    objectType: 'contacts',
    unread: { never: false, properties: [] },
    creates: 101,
    updates: 100,
    archives: 1,
  },
  ...{ adoptions: 3, unchanged: 2, undeliverable: 1, changes: [] },
};
const pair: PairPlan = {
  ...{
    fromObject: 'contacts',
    toObject: 'companies',
    associate: 2_001,
    dissociate: 1,
    unchanged: 0,
    unknownLabel: 0,
  },
};
const limits = [
  { bucket: 'burst', callsMax: 100, windowMs: 10_000 },
  { bucket: 'associations', callsMax: 10, windowMs: 10_000 },
];

describe('the forecast of a plan', () => {
  it('counts full batches per object and operation, and pairs per call of associations', () => {
    const forecast = forecastPlan({ objects: [contacts], associations: [pair] }, limits);
    expect(forecast).toEqual({ recordCalls: 4, associationCalls: 3, calls: 7, durationMs: 400 + 3_000 });
  });

  it('does not guess the time while the limit is unknown', () => {
    expect(forecastPlan({ objects: [contacts], associations: [] }, []).durationMs).toBeNull();
  });

  it.each([
    [450, '450 ms'],
    [1_500, '1.5 s'],
    [45_000, '45 s'],
    [200_000, '3 min 20 s'],
    [7_500_000, '2 h 5 min'],
  ])('says %i ms as %s', (ms, text) => expect(durationText(ms)).toBe(text));
});

describe('the text of a plan', () => {
  it('shows a change field by field', () => {
    const text = changeText('contacts', {
      ...{ operation: 'update', goldenId: 'g', recordId: '17', adopted: true, leadSource: 'azure' },
      fields: [
        { property: 'city', before: 'Leeds', after: '' },
        { property: 'firstname', before: null, after: 'Ann' },
      ],
    });
    expect(text.split('\n')).toEqual([
      'update contacts, HubSpot record 17 (from azure, adopted)',
      '    city: "Leeds" -> (empty)',
      '    firstname: (empty) -> "Ann"',
    ]);
  });

  it('cuts long values and keeps control characters off the terminal', () => {
    const text = changeText('contacts', {
      ...{ operation: 'create', goldenId: 'g', recordId: null, adopted: false, leadSource: 'azure' },
      fields: [{ property: 'note', before: null, after: `\u001b[31m${'x'.repeat(500)}` }],
    });
    expect(text).not.toContain('\u001b');
    expect(text.length).toBeLessThan(200);
  });

  it('says what must be read before anything is written', () => {
    const unread = { ...contacts, unread: { never: false, properties: ['ielts_band'] } };
    const plan = { objects: [unread], associations: [pair] };
    expect(planTotalsText(plan, forecastPlan(plan, limits), false)).toContain('were read without ielts_band');
  });
});

it('a write-back names the source and its record, and the totals count per source', () => {
  const fields = [{ property: 'phone', before: null, after: '+4721000000' }];
  const plan = { target: 'eol', objectType: 'contacts', records: 2, changes: [] };
  expect(writeBackText(plan, { recordId: '500001', goldenId: 'g', fields })).toBe(
    'write back contacts, eol record 500001\n    phone: (empty) -> "+4721000000"',
  );
  const text = planTotalsText(
    { objects: [], associations: [], writeBacks: [plan] },
    { recordCalls: 0, associationCalls: 0, calls: 0, durationMs: 0 },
    false,
  );
  expect(text).toContain('write-backs to eol: 2 records of contacts');
});
