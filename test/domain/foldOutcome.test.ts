import { foldOutcomes, type FoldedOutcomes, type Outcome } from '../../src/domain/delivery/foldOutcome';

const mapped = ['city', 'stage', 'phone'];
const nothing: FoldedOutcomes = {
  ...{ written: [], refused: [], conflicts: [], gone: [], open: [], splitOpen: false },
};
const written = (properties: Record<string, string | null>): Outcome => ({
  ...{ kind: 'written', id: '99', properties, updatedAt: '2026-11-22T10:00:00Z' },
});
const rejected = (more: Partial<Extract<Outcome, { kind: 'rejected' }>>): Outcome => ({
  ...{ kind: 'rejected', fault: 'invalid', message: 'no', propertyErrors: [], conflictingId: null },
  ...more,
});
const settled = (kept: Record<string, string | null>) => ({
  written: [{ goldenId: 'g', recordId: '99', kept, updatedAt: '2026-11-22T10:00:00Z' }],
});

test.each<[what: string, recordId: string | null, outcome: Outcome | null, folded: Partial<FoldedOutcomes>]>([
  [
    'a new record is known as a whole: what was not answered is empty',
    null,
    written({ city: 'York', stage: 'lead', other: 'x' }),
    settled({ city: 'York', stage: 'lead', phone: null }),
  ],
  [
    'an update tells of what it wrote',
    '7',
    written({ phone: '+1', city: 'York' }),
    settled({ city: 'York', stage: null }),
  ],
  [
    'what HubSpot keeps instead counts',
    '7',
    written({ city: 'Leeds', stage: null }),
    settled({ city: 'Leeds', stage: null }),
  ],
  [
    'what it answers as empty is empty',
    '7',
    written({ city: '', stage: '' }),
    settled({ city: null, stage: null }),
  ],
  [
    'an accepted value that is not shown is as sent, a cleared one empty',
    '7',
    written({}),
    settled({ city: 'York', stage: null }),
  ],
  ['what has no outcome is not delivered', '7', null, { open: ['g'] }],
  ['nor what is not proved', '7', { kind: 'unproved', why: 'missing' }, { open: ['g'] }],
  ['nor what failed in passing', '7', { kind: 'unproved', why: 'transient' }, { open: ['g'] }],
  [
    'an error that names no record: the batch is to be halved',
    '7',
    { kind: 'unproved', why: 'unattributed' },
    { open: ['g'], splitOpen: true },
  ],
  [
    'another record owns a key of it',
    '7',
    rejected({ fault: 'conflict', conflictingId: '8' }),
    { conflicts: [{ goldenId: 'g', ownerId: '8', reason: 'no' }] },
  ],
  ['there is no such record', '7', rejected({ fault: 'gone' }), { gone: [{ goldenId: 'g', recordId: '7' }] }],
  [
    'each refused value is a problem',
    '7',
    rejected({
      propertyErrors: [
        { property: 'city', message: 'too long' },
        { property: 'stage', message: 'unknown' },
      ],
    }),
    {
      refused: [
        { goldenId: 'g', field: 'city', reason: 'HubSpot refuses the value: too long' },
        { goldenId: 'g', field: 'stage', reason: 'HubSpot refuses the value: unknown' },
      ],
    },
  ],
  [
    'a refused record is one problem',
    null,
    rejected({}),
    { refused: [{ goldenId: 'g', field: null, reason: 'HubSpot refuses the record: no' }] },
  ],
])('%s', (_what, recordId, outcome, folded) => {
  const intents = [{ goldenId: 'g', recordId, properties: { city: 'York', stage: '' } }];
  const outcomes = new Map(outcome ? [['g', outcome]] : [['another', written({})]]);
  expect(foldOutcomes(intents, outcomes, mapped)).toEqual({ ...nothing, ...folded });
});
