import { checkPropertyMaps, type MappedProperty } from '../../src/hubspot/checkFieldMaps';
import type { HubSpotProperty, PropertyValidation } from '../../src/hubspot/schemas';

const property = (name: string, type: string, fieldType: string, more: Partial<HubSpotProperty> = {}) =>
  ({ name, label: name, type, fieldType, ...more }) as HubSpotProperty;

const properties = [
  property('firstname', 'string', 'text', { label: 'First Name' }),
  property('email', 'string', 'text'),
  property('zip', 'string', 'text'),
  property('age', 'number', 'number'),
  property('birthday', 'date', 'date'),
  property('is_student', 'bool', 'booleancheckbox'),
  property('tier', 'enumeration', 'select', {
    options: [
      { label: 'Gold member', value: 'gold' },
      { label: 'Silver member', value: 'silver' },
    ],
  }),
  property('interests', 'enumeration', 'checkbox', {
    options: [
      { label: 'Maths', value: 'maths' },
      { label: 'Art', value: 'art' },
    ],
  }),
  property('hubspot_owner_id', 'enumeration', 'select', {
    externalOptions: true,
    referencedObjectType: 'OWNER',
  }),
  property('hs_object_id', 'number', 'number', { modificationMetadata: { readOnlyValue: true } }),
  property('hs_score', 'number', 'calculation_equation', { calculated: true }),
];
const validations: PropertyValidation[] = [
  {
    propertyName: 'zip',
    propertyValidationRules: [{ ruleType: 'ALPHANUMERIC', ruleArguments: ['NUMERIC_ONLY'] }],
  },
  {
    propertyName: 'age',
    propertyValidationRules: [
      { ruleType: 'MIN_NUMBER', ruleArguments: ['1'] },
      { ruleType: 'DECIMAL', ruleArguments: ['0'] },
    ],
  },
  {
    propertyName: 'firstname',
    propertyValidationRules: [
      { ruleType: 'MAX_LENGTH', ruleArguments: ['5'] },
      { ruleType: 'REGEX', ruleArguments: ['[A-Z].*'] },
      { ruleType: 'SOMETHING_NEW', ruleArguments: [] },
    ],
  },
];

const check = (...mapped: Omit<MappedProperty, 'path'>[]) =>
  checkPropertyMaps(
    'contacts',
    mapped.map((map, index) => ({ path: `fields[${index}]`, ...map })),
    properties,
    validations,
  );
const only = (map: Omit<MappedProperty, 'path'>) => {
  const faults = check(map);
  expect(faults).toHaveLength(1);
  return faults[0]!;
};

test('maps that fit have no faults', () => {
  expect(
    check(
      { property: 'firstname', type: 'string', outputs: ['Ann', ''] },
      { property: 'age', type: 'number', outputs: ['2', '30'] },
      { property: 'birthday', type: 'date' },
      { property: 'is_student', type: 'bool', outputs: ['true', 'false'] },
      { property: 'tier', outputs: ['gold', 'silver', ''] },
      { property: 'interests', outputs: ['maths;art', ';art', 'maths'] },
      { property: 'hubspot_owner_id', outputs: ['77'] },
      { property: 'zip', outputs: ['12345'] },
    ),
  ).toEqual([]);
});

test('all faults come at once, in the order of the maps, with their place', () => {
  const faults = check(
    { property: 'emial' },
    { property: 'hs_object_id' },
    { property: 'tier', outputs: ['x', 'y'] },
  );
  expect(faults.map((item) => [item.path, item.fault])).toEqual([
    ['fields[0]', 'unknown'],
    ['fields[1]', 'readOnly'],
    ['fields[2]', 'unknownOption'],
    ['fields[2]', 'unknownOption'],
  ]);
});

test.each([
  ['emial', "did you mean 'email'?"],
  ['first_name', "'first_name' is a label; the property is 'firstname'"],
  ['First Name', "'First Name' is a label; the property is 'firstname'"],
  ['something_else_entirely', null],
])('unknown property %p: hint %p', (name, hint) => {
  expect(only({ property: name })).toMatchObject({ fault: 'unknown', hint });
});

test('read-only means read-only by metadata or calculated', () => {
  expect(only({ property: 'hs_object_id' }).fault).toBe('readOnly');
  expect(only({ property: 'hs_score' }).fault).toBe('readOnly');
});

test.each([
  ['age', 'date'],
  ['birthday', 'datetime'],
  ['birthday', 'number'],
  ['is_student', 'date'],
  ['tier', 'multiEnumeration'],
] as const)('%s cannot hold a %s', (name, type) => {
  expect(only({ property: name, type })).toMatchObject({ fault: 'wrongType' });
});

test.each([
  ['Gold member', "'Gold member' is a label; the value is 'gold'"],
  ['Gold', "did you mean 'gold'?"],
  ['sliver', "did you mean 'silver'?"],
  ['platinum', "it has 'gold', 'silver'"],
])('option %p does not exist: %s', (value, hint) => {
  expect(only({ property: 'tier', outputs: [value] })).toMatchObject({ fault: 'unknownOption', hint });
});

test('of a list of options only the wrong one is named', () => {
  expect(only({ property: 'interests', outputs: ['maths;atr'] })).toMatchObject({
    message: "'interests' has no option 'atr'",
    hint: "did you mean 'art'?",
  });
});

test.each([
  ['zip', '12A', 'digits only'],
  ['age', '0', 'below 1'],
  ['age', '1.5', 'more than 0 decimal places'],
  ['firstname', 'Annabel', 'longer than 5 characters'],
  ['firstname', 'ann', 'does not match the regular expression set in HubSpot'],
])('%s may not be %p: %s', (name, value, reason) => {
  const fault = only({ property: name, outputs: [value] });
  expect(fault.fault).toBe('brokenRule');
  expect(fault.message).toContain(reason);
});

test('a text longer than HubSpot stores is a fault', () => {
  expect(only({ property: 'email', outputs: ['x'.repeat(65_537)] }).fault).toBe('tooLong');
  expect(check({ property: 'email', outputs: ['x'.repeat(65_536)] })).toEqual([]);
});
