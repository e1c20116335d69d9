import { planSetup, tributaryIdDefinition, type WantedProperty } from '../../src/hubspot/planSetup';
import type { HubSpotProperty } from '../../src/hubspot/schemas';

const exam: WantedProperty = { name: 'exam_score', label: 'Exam score', type: 'number', fieldType: 'number' };
const present = (name: string, more: Partial<HubSpotProperty> = {}) =>
  ({ name, type: 'string', fieldType: 'text', ...more }) as HubSpotProperty;
const ours = present('tributary_id', { hasUniqueValue: true });
const group = { name: 'tributary' };
const contacts = (wanted: WantedProperty[], existing: HubSpotProperty[], groups: { name: string }[] = []) =>
  planSetup([{ objectType: 'contacts', wanted, existing, groups }]);

test('an empty portal gets the group once, tributary_id and the configured properties', () => {
  const plan = contacts([exam, { ...exam, name: 'exam_no', groupName: 'exams' }], []);
  expect(plan).toEqual({
    groups: [
      { objectType: 'contacts', name: 'tributary', label: 'Tributary' },
      { objectType: 'contacts', name: 'exams', label: 'exams' },
    ],
    properties: [
      { objectType: 'contacts', property: tributaryIdDefinition },
      { objectType: 'contacts', property: { ...exam, groupName: 'tributary' } },
      { objectType: 'contacts', property: { ...exam, name: 'exam_no', groupName: 'exams' } },
    ],
    faults: [],
  });
  expect(tributaryIdDefinition).toMatchObject({ name: 'tributary_id', type: 'string', hasUniqueValue: true });
});

test('every object type is planned by itself', () => {
  const object = { wanted: [], existing: [], groups: [] };
  const plan = planSetup([
    { ...object, objectType: 'contacts' },
    { ...object, objectType: 'companies', existing: [ours], groups: [group] },
    { ...object, objectType: '2-77' },
  ]);
  expect(plan.properties.map((item) => item.objectType)).toEqual(['contacts', '2-77']);
});

test('planning again after applying plans nothing', () => {
  const plan = contacts([exam], [ours, present('exam_score', { type: 'number' })], [group]);
  expect(plan).toEqual({ groups: [], properties: [], faults: [] });
});

test.each<[string, WantedProperty[], HubSpotProperty[], string, RegExp]>([
  ['tributary_id that is not unique', [], [present('tributary_id')], 'tributary_id', /not unique/],
  ['another type', [exam], [ours, present('exam_score')], 'exam_score', /type string, wanted is number/],
  [
    'missing options',
    [
      {
        ...exam,
        type: 'enumeration',
        fieldType: 'select',
        options: [
          { label: 'A', value: 'a' },
          { label: 'B', value: 'b' },
        ],
      },
    ],
    [ours, present('exam_score', { type: 'enumeration', options: [{ value: 'a' }] })],
    'exam_score',
    /without the options 'b'/,
  ],
  ['a name HubSpot does not take', [{ ...exam, name: 'Exam Score' }], [ours], 'Exam Score', /lower-case/],
  ['an unknown type', [{ ...exam, type: 'text' }], [ours], 'exam_score', /unknown type 'text'/],
  [
    'a field type that does not fit',
    [{ ...exam, fieldType: 'text' }],
    [ours],
    'exam_score',
    /field types number/,
  ],
  [
    'an enumeration without options',
    [{ ...exam, type: 'enumeration', fieldType: 'select' }],
    [ours],
    'exam_score',
    /needs options/,
  ],
  ['a name twice', [exam, exam], [ours, present('exam_score', { type: 'number' })], 'exam_score', /twice/],
])('%s is a fault and is not created', (_, wanted, existing, name, message) => {
  const plan = contacts(wanted, existing, [group]);
  expect(plan.faults).toMatchObject([{ objectType: 'contacts', property: name }]);
  expect(plan.faults[0]!.message).toMatch(message);
  expect(plan.properties).toEqual([]);
});

test('the eleventh unique property is a fault; those of HubSpot itself do not count', () => {
  const taken = (count: number) =>
    Array.from({ length: count }, (_, index) => present(`u${index}`, { hasUniqueValue: true }));
  const builtIn = present('hs_object_id', { hasUniqueValue: true, hubspotDefined: true });
  expect(contacts([], [...taken(9), builtIn]).faults).toEqual([]);
  const plan = contacts([], taken(10));
  expect(plan.properties).toEqual([]);
  expect(plan.faults[0]).toMatchObject({
    property: 'tributary_id',
    message: expect.stringContaining('10 unique'),
  });
});
