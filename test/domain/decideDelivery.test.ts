import {
  decideAssociation,
  decideDelivery,
  type DueAssociation,
  type DueGolden,
} from '../../src/domain/delivery/decideDelivery';
import { parseType } from '../../src/domain/delivery/associationTypes';
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

test.each([
  [['email', 'city'], 'create'],
  [['email'], 'bare'],
  [[], 'create'],
])('of %j one must be known before a record is created', (requiredAny, kind) => {
  const decision = decideDelivery(due({ ...unknown, values: { city: 'York' } }), { ...rules, requiredAny });
  expect(decision.kind).toBe(kind);
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

describe('an association', () => {
  const [plain, primary, buyer, friend] = [
    'HUBSPOT_DEFINED:279',
    'HUBSPOT_DEFINED:1',
    'USER_DEFINED:36',
    'USER_DEFINED:37',
  ];
  const definitions = [
    { category: 'HUBSPOT_DEFINED', typeId: 279, label: null },
    { category: 'HUBSPOT_DEFINED', typeId: 1, label: 'Primary' },
    { category: 'USER_DEFINED', typeId: 36, label: 'Buyer' },
    { category: 'USER_DEFINED', typeId: 37, label: 'Friend' },
  ];
  const pair = (more: Partial<DueAssociation>): DueAssociation => ({
    wanted: true,
    labels: [],
    types: [],
    ours: [],
    ...more,
  });

  test.each<[string, DueAssociation, object]>([
    [
      'HubSpot does not have: it is ours as a whole',
      pair({ labels: ['primary'] }),
      { kind: 'associate', types: [primary], ours: [primary, plain] },
    ],
    [
      'HubSpot has without our label: only that is ours, and theirs is sent along',
      pair({ labels: ['buyer'], types: [plain, friend] }),
      { kind: 'associate', types: [plain, friend, buyer], ours: [buyer] },
    ],
    ['HubSpot has as it is wanted', pair({ types: [plain, friend] }), { kind: 'unchanged' }],
    [
      'lost one of its labels: that goes first, and the pair stays',
      pair({ labels: ['buyer'], types: [plain, primary], ours: [plain, primary] }),
      { kind: 'dissociate', types: [primary], ours: [plain] },
    ],
    [
      'lost its label, which somebody else wrote',
      pair({ types: [plain, friend], ours: [plain] }),
      { kind: 'unchanged' },
    ],
    [
      'is not wanted any more: it goes as a whole',
      pair({ wanted: false, types: [plain, primary], ours: [plain, primary] }),
      { kind: 'dissociate', types: [plain, primary], ours: [] },
    ],
    [
      'is not wanted any more, and HubSpot made it the primary one',
      pair({ wanted: false, types: [plain, primary], ours: [plain] }),
      { kind: 'dissociate', types: [plain], ours: [] },
    ],
    [
      'is not wanted any more, and has a label of somebody else: that stays, and so the pair',
      pair({ wanted: false, types: [plain, buyer, friend], ours: [plain, buyer] }),
      { kind: 'dissociate', types: [buyer], ours: [plain] },
    ],
    [
      'is not wanted any more, and was there before',
      pair({ wanted: false, types: [plain] }),
      { kind: 'unchanged' },
    ],
    [
      'is as it is wanted, and ours',
      pair({ labels: ['BUYER'], types: [plain, buyer], ours: [plain, buyer] }),
      { kind: 'unchanged' },
    ],
    [
      'lost a label of ours in HubSpot, which is not wanted any more either',
      pair({ types: [plain], ours: [plain, buyer] }),
      { kind: 'unchanged' },
    ],
    [
      'HubSpot has with one of our labels: that is not ours, nor the unlabelled type',
      pair({ labels: ['buyer', 'friend'], types: [friend] }),
      { kind: 'associate', types: [friend, buyer], ours: [buyer] },
    ],
    [
      'has a label that the portal does not',
      pair({ labels: ['boss'] }),
      { kind: 'unknownLabel', label: 'boss' },
    ],
  ])('that %s', (_what, due, decision) => {
    expect(decideAssociation(due, definitions)).toEqual(decision);
  });

  test('needs the unlabelled type only where none is configured', () => {
    const custom = definitions.filter(({ label }) => label === 'Buyer');
    const labelled = pair({ labels: ['buyer'] });
    expect(decideAssociation(labelled, custom)).toEqual({ kind: 'associate', types: [buyer], ours: [buyer] });
    expect(decideAssociation(pair({}), custom)).toEqual({ kind: 'unknownLabel', label: '(unlabelled)' });
    const unnamed = [{ category: 'HUBSPOT_DEFINED', typeId: 279, label: '' }];
    expect(decideAssociation(pair({}), unnamed)).toMatchObject({ kind: 'associate', types: [plain] });
  });

  test('a type is read back from its text', () => {
    expect(parseType(buyer)).toEqual({ category: 'USER_DEFINED', typeId: 36 });
  });
});
