import { decideDelivery, type DueGolden } from '../../src/domain/decideDelivery';
import { fieldRule, objectRules } from './sampleRules';

const rules = { ...objectRules([fieldRule('email'), fieldRule('city')]), requiredAny: ['email'] };
const due = (more: Partial<DueGolden> = {}): DueGolden => ({
  state: 'live',
  values: { email: 'a@x.org', city: 'York' },
  recordId: '7',
  kept: { email: 'a@x.org', city: null },
  sent: {},
  archived: false,
  mergedInto: null,
  ...more,
});
const unknown = { recordId: null, kept: null, sent: null, archived: null };

test.each<[string, Partial<DueGolden>, object]>([
  ['HubSpot has none', unknown, { kind: 'create', properties: { email: 'a@x.org', city: 'York' } }],
  ['nothing that HubSpot requires is known', { ...unknown, values: { city: 'York' } }, { kind: 'bare' }],
  ['HubSpot holds another value', {}, { kind: 'update', properties: { city: 'York' } }],
  ['HubSpot holds the same', { kept: { email: 'a@x.org', city: 'York' } }, { kind: 'unchanged' }],
  ['its source wants it archived', { state: 'archived' }, { kind: 'archive' }],
  [
    'its source wants it archived and HubSpot has none',
    { ...unknown, state: 'archived' },
    { kind: 'unchanged' },
  ],
  ['it was archived in HubSpot', { archived: true }, { kind: 'leftArchived' }],
  [
    'it was merged into the record of another one',
    { archived: true, mergedInto: '9' },
    { kind: 'mergedAway', into: '9' },
  ],
])('%s', (_what, more, decision) => {
  expect(decideDelivery(due(more), { ...rules, whenArchived: 'leave' })).toEqual(decision);
});

test('where archived records are created anew, all values are tried on the old one first, though it holds them', () => {
  const recreate = { ...rules, whenArchived: 'recreate' as const };
  const kept = { email: 'a@x.org', city: 'York' };
  expect(decideDelivery(due({ archived: true, kept }), recreate)).toEqual({
    kind: 'update',
    properties: { email: 'a@x.org', city: 'York' },
  });
  expect(decideDelivery(due({ archived: true, mergedInto: '9' }), recreate)).toEqual({
    kind: 'mergedAway',
    into: '9',
  });
  expect(decideDelivery(due({ archived: true, state: 'empty', values: {} }), recreate)).toEqual({
    kind: 'leftArchived',
  });
});
