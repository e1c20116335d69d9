import fc from 'fast-check';
import {
  canonicalEmail,
  canonicalProperty,
  canonicalValue,
  sameProperty,
  sameValue,
  valueLengthMax,
} from '../../src/domain/values/canonicalValue';
import { propertyTypes, type PropertyType } from '../../src/domain/record';

type Row = [type: PropertyType, value: unknown, expected: string | null, timeZone?: string];

const rows: Row[] = [
  ['string', 'Ann ', 'Ann '],
  ['string', '', ''],
  ['string', null, ''],
  ['string', undefined, ''],
  ['string', 0, '0'],
  ['string', false, 'false'],
  ['string', 1e21, '1000000000000000000000'],
  ['string', 'a\0b\uD800c😀', 'abc😀'],
  ['string', ['a'], null],
  ['string', {}, null],
  ['string', Number.NaN, null],

  ['number', '1.0', '1'],
  ['number', '0', '0'],
  ['number', 0, '0'],
  ['number', -0, '0'],
  ['number', '-0.00', '0'],
  ['number', '+007.50', '7.5'],
  ['number', '.5', '0.5'],
  ['number', '5.', '5'],
  ['number', '1e3', '1000'],
  ['number', '1.25E-3', '0.00125'],
  ['number', 1e-7, '0.0000001'],
  ['number', '9223372036854775807', '9223372036854775807'],
  ['number', '0.10000000000000000000000001', '0.10000000000000000000000001'],
  ['number', ' 12 ', '12'],
  ['number', '  ', ''],
  ['number', '1,234', null],
  ['number', '1 234', null],
  ['number', '--1', null],
  ['number', '.', null],
  ['number', '-', null],
  ['number', 'e5', null],
  ['number', '1e9999', null],
  ['number', 'Infinity', null],
  ['number', Number.POSITIVE_INFINITY, null],
  ['number', true, null],
  ['number', '0x10', null],

  ['bool', true, 'true'],
  ['bool', false, 'false'],
  ['bool', 'TRUE', 'true'],
  ['bool', ' false ', 'false'],
  ['bool', 'yes', null],
  ['bool', 1, null],

  ['enumeration', 'customer', 'customer'],
  ['enumeration', 7, '7'],
  ['multiEnumeration', 'b;a', 'a;b'],
  ['multiEnumeration', ';b; a ;;b', 'a;b'],
  ['multiEnumeration', ['b', 'a;c', 'b', null], 'a;b;c'],
  ['multiEnumeration', [], ''],
  ['multiEnumeration', [{}], null],
  ['multiEnumeration', 5, '5'],

  ['date', '2024-02-29', '2024-02-29'],
  ['date', '2023-02-29', null],
  ['date', '1900-02-29', null],
  ['date', '2000-02-29', '2000-02-29'],
  ['date', '2024-13-01', null],
  ['date', '2024-04-31', null],
  ['date', '0001-01-01', null],
  ['date', '2024-05-01T00:00:00.000Z', '2024-05-01'],
  ['date', '2024-05-01 00:00:00', '2024-05-01'],
  ['date', '2024-05-01T00:00:00+02:00', null],
  ['date', '2024-05-01T08:30:00Z', null],
  ['date', 1714521600000, '2024-05-01'],
  ['date', '1714521600000', '2024-05-01'],
  ['date', '0', '1970-01-01'],
  ['date', '-86400000', '1969-12-31'],
  ['date', 1714521600001, null],
  ['date', '20240501', null],
  ['date', '01/05/2024', null],
  ['date', true, null],

  ['datetime', '2024-05-01T08:30:00Z', '2024-05-01T08:30:00.000Z'],
  ['datetime', '2024-05-01T08:30:00.5Z', '2024-05-01T08:30:00.500Z'],
  ['datetime', '2024-05-01T08:30:00.123999Z', '2024-05-01T08:30:00.123Z'],
  ['datetime', '2024-05-01T08:30Z', '2024-05-01T08:30:00.000Z'],
  ['datetime', '2024-05-01 08:30:00+0530', '2024-05-01T03:00:00.000Z'],
  ['datetime', '2024-05-01T00:30:00+02', '2024-04-30T22:30:00.000Z'],
  ['datetime', 1714552200000, '2024-05-01T08:30:00.000Z'],
  ['datetime', '1714552200000', '2024-05-01T08:30:00.000Z'],
  ['datetime', 2024, null],
  ['datetime', '2024', null],
  ['datetime', '2024-05-01T08:30:00', null],
  ['datetime', '2024-05-01', null],
  ['datetime', '2024-05-01T08:30:00', '2024-05-01T06:30:00.000Z', 'Europe/Madrid'],
  ['datetime', '2024-12-01 08:30', '2024-12-01T07:30:00.000Z', 'Europe/Madrid'],
  ['datetime', '2024-05-01', '2024-04-30T22:00:00.000Z', 'Europe/Madrid'],
  // The hour that the clock skips, and the one that it shows twice.
  ['datetime', '2024-03-31T02:30:00', '2024-03-31T01:30:00.000Z', 'Europe/Madrid'],
  ['datetime', '2024-10-27T02:30:00', '2024-10-27T00:30:00.000Z', 'Europe/Madrid'],
  ['datetime', '2024-03-31T03:00:00', '2024-03-31T01:00:00.000Z', 'Europe/Madrid'],
  ['datetime', '2024-10-27T03:00:00', '2024-10-27T02:00:00.000Z', 'Europe/Madrid'],
  ['datetime', '2024-05-01T24:00:00Z', null],
  ['datetime', '2024-05-01T08:61:00Z', null],
  ['datetime', '2024-02-30T08:00:00Z', null],
  ['datetime', '9999-12-31T23:30:00-02:00', null],
  ['datetime', 'yesterday', null],

  ['phone_number', '+442079460958', '+442079460958'],
];

// Rest parameters: jest takes a parameter that the row lacks for a `done` callback and waits for it.
test.each(rows)('%s %p is %p', (...[type, value, expected, timeZone]: Row) => {
  const result = canonicalValue(type, value, { timeZone });
  expect(result.ok ? result.value : null).toBe(expected);
});

test('a text may be as long as HubSpot holds, and no longer', () => {
  expect(canonicalValue('string', 'x'.repeat(valueLengthMax)).ok).toBe(true);
  expect(canonicalValue('string', 'x'.repeat(valueLengthMax + 1)).ok).toBe(false);
  expect(canonicalValue('multiEnumeration', ['x'.repeat(valueLengthMax), 'y']).ok).toBe(false);
});

test('64-bit integers keep every digit', () => {
  expect(canonicalValue('number', 9007199254740993n)).toEqual({ ok: true, value: '9007199254740993' });
});

test('a reason says what is wrong and never quotes the value', () => {
  const secret = 'ann@example.org';
  for (const type of ['number', 'bool', 'date', 'datetime'] as const) {
    const result = canonicalValue(type, secret);
    expect(result).toEqual({ ok: false, reason: expect.stringMatching(/^is /) });
    expect(JSON.stringify(result)).not.toContain('ann');
  }
});

test.each<[PropertyType, unknown, unknown, boolean]>([
  ['number', '1.0', 1, true],
  ['number', '0', null, false],
  ['bool', false, null, false],
  ['bool', 'False', 'false', true],
  ['string', null, '', true],
  ['string', 'A', 'a', false],
  ['multiEnumeration', 'b;a', 'a;b;', true],
  ['date', '2024-05-01', '1714521600000', true],
  ['datetime', '2024-05-01T08:30:00Z', 1714552200000, true],
  ['datetime', 'rubbish', 'rubbish', true],
  ['datetime', 'rubbish', 'other', false],
  ['string', Number.NaN, Number.NaN, true],
  ['number', Number.NaN, Number.POSITIVE_INFINITY, false],
  ['number', -0, 0, true],
  ['number', '9007199254740993', '9007199254740992', false],
])('%s: %p and %p the same: %p', (type, a, b, expected) => {
  expect(sameValue(type, a, b)).toBe(expected);
});

test('e-mail addresses are folded by the name of their property', () => {
  expect(canonicalEmail(' Ann@Example.ORG ')).toBe('ann@example.org');
  expect(canonicalProperty({ property: 'email', type: 'string' }, 'Ann@Example.ORG')).toEqual({
    ok: true,
    value: 'ann@example.org',
  });
  const additional = { property: 'hs_additional_emails', type: 'string' } as const;
  expect(canonicalProperty(additional, 'b@x.org;A@x.org;a@X.org')).toEqual({
    ok: true,
    value: 'a@x.org;b@x.org',
  });
  expect(
    sameProperty({ property: 'hs_additional_domains', type: 'string' }, 'b.org;a.org', 'a.org;b.org'),
  ).toBe(true);
  expect(sameProperty({ property: 'firstname', type: 'string' }, 'b;a', 'a;b')).toBe(false);
  expect(sameProperty({ property: 'email', type: 'string' }, null, '')).toBe(true);
  expect(sameProperty({ property: 'email', type: 'string' }, Number.NaN, Number.NaN)).toBe(true);
});

const anyType = fc.constantFrom(...propertyTypes);
const anyShape = fc.record({
  property: fc.constantFrom('email', 'hs_additional_emails', 'hs_additional_domains', 'x'),
  type: anyType,
});
const dateText = fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
const anyInput = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.double(),
  fc.integer(),
  fc.bigInt(),
  fc.boolean(),
  fc.constant(null),
  dateText,
  dateText.map((text) => text.slice(0, 19)),
  dateText.map((text) => text.slice(0, 10)),
  fc.integer().map((days) => days * 86_400_000),
  fc.tuple(fc.integer(), fc.nat(), fc.integer({ min: -20, max: 20 })).map(([a, b, e]) => `${a}.${b}e${e}`),
  fc.array(fc.oneof(fc.string(), fc.integer())),
  fc.array(fc.string()).map((list) => list.join(';')),
);

test('the canonical form is its own canonical form', () => {
  fc.assert(
    fc.property(anyShape, anyInput, (shape, input) => {
      const once = canonicalProperty(shape, input, { timeZone: 'Europe/London' });
      if (once.ok) expect(canonicalProperty(shape, once.value)).toEqual(once);
    }),
    { numRuns: 2_000 },
  );
});

test('being the same is reflexive and symmetric, and agrees with the canonical form', () => {
  fc.assert(
    fc.property(anyShape, anyInput, anyInput, (shape, a, b) => {
      expect(sameProperty(shape, a, a)).toBe(true);
      expect(sameProperty(shape, a, b)).toBe(sameProperty(shape, b, a));
      const canonical = canonicalProperty(shape, a);
      if (canonical.ok) expect(sameProperty(shape, a, canonical.value)).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test('decimal strings keep every digit', () => {
  const digits = fc.stringMatching(/^[1-9]\d{0,30}\.\d{0,30}[1-9]$/);
  fc.assert(
    fc.property(digits, (text) =>
      expect(canonicalValue('number', `+00${text}00`)).toEqual({ ok: true, value: text }),
    ),
  );
});
