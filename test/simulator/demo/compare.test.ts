import {
  compareProblems,
  compareWithPortal,
  describeDifferences,
  type PortalContent,
  type PortalRecord,
} from '../../../src/simulator/demo/compare';
import { expectedPortal } from '../../../src/simulator/demo/oracle';
import { employer, handWorld, one, row } from './handWorld';

const expected = expectedPortal(
  handWorld([
    one('company:1', [row('azure.companies', 'K1', { name: 'Acme', registration_number: 'GB1' })]),
    one(
      'contact:2',
      [row('azure.customers', 'C2', { email: 'bo@a.example', firstname: 'Bo' }, { links: [employer('K1')] })],
      {
        email: 'bo@a.example',
        jobtitle: 'Cook',
      },
    ),
    one('contact:3', [row('ielts.registrations', 'I3', { email: 'cy@a.example', ielts_band: '7' })]),
    one('deal:4', [
      row('erp.orders', '4', { source_order_id: 'erp-4', closedate: '2026-01-01T10:00:00.000Z' }),
    ]),
    one('contact:5', [], { email: 'walk@in.example', city: 'X' }),
  ]),
);

const records: PortalRecord[] = [
  {
    object: 'companies',
    id: '1',
    properties: { name: 'Acme', registration_number: 'GB1', tributary_id: 't1', hs_object_id: '1' },
  },
  {
    object: 'contacts',
    id: '92',
    properties: { email: 'bo@a.example', firstname: 'Bo', jobtitle: 'Cook', city: null },
  },
  {
    object: 'contacts',
    id: '7',
    properties: { email: 'cy@a.example', ielts_band: '7.0', tributary_id: 't2' },
  },
  {
    object: 'deals',
    id: '1',
    properties: { source_order_id: 'erp-4', closedate: '2026-01-01T10:00:00Z', tributary_id: 't3' },
  },
  { object: 'contacts', id: '95', properties: { email: 'walk@in.example', city: 'X' }, writes: 1 },
];
const associations = [
  {
    fromObject: 'contacts' as const,
    fromId: '92',
    toObject: 'companies' as const,
    toId: '1',
    types: [279, 1],
  },
];
const right: PortalContent = { records, associations };

const changed = (
  id: string,
  properties: Record<string, string>,
  more: Partial<PortalRecord> = {},
): PortalContent => ({
  associations,
  records: records.map((record) =>
    record.id === id ? { ...record, ...more, properties: { ...record.properties, ...properties } } : record,
  ),
});

test('a portal that holds what is expected has no differences, whatever the spelling of numbers and times', () => {
  expect(compareWithPortal(expected, right)).toEqual([]);
});

test.each<[string, PortalContent, object[]]>([
  [
    'a wrong value',
    changed('92', { firstname: 'Bob' }),
    [{ kind: 'value', property: 'firstname', expected: 'Bo', actual: 'Bob' }],
  ],
  [
    'a hand-filled field that was touched',
    changed('92', { jobtitle: '' }),
    [{ kind: 'touched', property: 'jobtitle' }],
  ],
  [
    'an unmapped field that was filled',
    changed('7', { message: 'x' }),
    [{ kind: 'touched', property: 'message' }],
  ],
  [
    'our id on an adopted record',
    changed('92', { tributary_id: 't' }),
    [{ kind: 'touched', property: 'tributary_id' }],
  ],
  [
    'a created record without our id',
    changed('7', { tributary_id: '' }),
    [{ kind: 'touched', property: 'tributary_id' }],
  ],
  [
    'a stranger that was written',
    changed('95', {}, { writes: 2 }),
    [{ kind: 'touched', actual: '2 writes' }],
  ],
  ['a stranger that was changed', changed('95', { city: 'Y' }), [{ kind: 'touched', property: 'city' }]],
  [
    'an archived record',
    changed('7', {}, { archived: true }),
    [{ kind: 'missing', what: 'contact:3 [byHand]' }],
  ],
  [
    'a second copy',
    {
      associations,
      records: [...records, { object: 'contacts', id: '8', properties: { email: 'BO@a.example' } }],
    },
    [{ kind: 'duplicate', what: 'contact:2 [byHand]: contacts 92 and contacts 8' }],
  ],
  [
    'a record that nobody asked for',
    {
      associations,
      records: [...records, { object: 'contacts', id: '8', properties: { email: 'who@x.example' } }],
    },
    [{ kind: 'unexpected' }],
  ],
  [
    'a missing association',
    { records, associations: [] },
    [{ kind: 'association', expected: '1,279', actual: 'none' }],
  ],
  [
    'an association of the wrong type',
    { records, associations: [{ ...(associations[0] as (typeof associations)[0]), types: [279] }] },
    [{ kind: 'association', expected: '1,279', actual: '279' }],
  ],
  [
    'an association too many',
    {
      records,
      associations: [...associations, { ...(associations[0] as (typeof associations)[0]), fromId: '7' }],
    },
    [{ kind: 'association', what: 'contact:3 > company:1', expected: 'none' }],
  ],
])('%s is one difference', (_, portal, found) => {
  const differences = compareWithPortal(expected, portal);
  expect(differences).toMatchObject(found);
  expect(describeDifferences(differences)).toMatch(/^1 differences: 1 /);
});

test('problems are compared one by one: missing, extra, doubled', () => {
  const planted = [
    { source: 'azure', stream: 'customers', key: 'C1', field: 'email', kind: 'invalidValue' },
    { source: 'azure', stream: 'customers', key: 'C2', kind: 'waitingForParent' },
    { source: 'impact', stream: 'referrals', key: null, kind: 'unreadable' },
  ];
  const actual = [
    { source: 'azure', stream: 'customers', key: 'C1', field: 'email', kind: 'invalidValue' },
    { source: 'azure', stream: 'customers', key: 'C2', field: 'company', kind: 'waitingForParent' },
    { source: 'impact', stream: 'referrals', key: 'R-X1', field: null, kind: 'unreadable' },
  ];
  expect(compareProblems(planted, actual)).toEqual([]);
  expect(compareProblems(planted, actual.slice(1))).toMatchObject([{ kind: 'problem', expected: '1 more' }]);
  expect(compareProblems(planted, [...actual, actual[0] as (typeof actual)[0]])).toMatchObject([
    { kind: 'problem', actual: 'one' },
  ]);
  const other = { source: 'eol', stream: 'subscribers', key: '5', field: 'phone', kind: 'invalidValue' };
  expect(compareProblems(planted, [...actual, other])).toMatchObject([
    { what: 'eol.subscribers 5 invalidValue phone' },
  ]);
});
