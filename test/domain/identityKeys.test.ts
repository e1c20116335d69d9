import { foldValue, identityKeysOf } from '../../src/domain/identity/identityKeys';
import { limitsOf, similarTextOf } from '../../src/domain/identity/identityRecord';
import { similarityOf } from '../../src/domain/identity/identitySimilarity';
import type { IdentityRules } from '../../src/domain/rules';

const rules: IdentityRules = {
  rules: [
    { name: 'email', fields: ['email', 'hs_additional_emails'], fold: 'email' },
    {
      name: 'phone',
      fields: ['phone'],
      fold: 'phone',
      similar: { fields: ['firstname', 'lastname'], above: 0.9 },
    },
    { name: 'domain', fields: ['domain'], fold: 'domain' },
  ],
  maxSharers: 3,
  notEvidence: ['info@*', '*@*.invalid', '+44 20 7946 0000', 'Shared.example.org'],
  neverJoin: ['exam_id', 'passport'],
};
const keysOf = (values: Record<string, string>) => identityKeysOf(values, rules).map(({ key }) => key);

describe('folding', () => {
  test.each([
    ['email', ' Ann.Lee+News@X.ORG ', 'ann.lee+news@x.org'],
    ['email', 'ÄNN@x.org', 'änn@x.org'],
    ['email', 'n/a', null],
    ['email', 'ann@x@y', null],
    ['email', `${'a'.repeat(400)}@x.org`, null],
    ['phone', '+44 7911 123456', '447911123456'],
    ['phone', '0044 (0) 7911-123456', '447911123456'],
    ['phone', '+44 20 7946 0123 ext. 12', '442079460123x12'],
    ['phone', '123456', null],
    ['phone', '0000000', null],
    ['phone', '+44791112345678901', null],
    ['domain', 'https://www.Example.org:8080/about?x=1', 'example.org'],
    ['domain', 'Ann@Example.org', 'example.org'],
    ['domain', 'shop.example.org.', 'shop.example.org'],
    ['domain', 'GMAIL.com', null],
    ['domain', 'https://www.facebook.com/ourshop', null],
    ['domain', 'localhost', null],
    ['domain', '10.0.0.1', null],
    ['exact', ' Ab-1 ', 'Ab-1'],
    ['caseless', ' Ab-1 ', 'ab-1'],
    ['exact', '0', '0'],
    ['exact', '  ', null],
  ] as const)('%s %j is %j', (fold, value, folded) => {
    expect(foldValue(value, fold)).toBe(folded);
  });

  test('composed and decomposed letters are the same letters', () => {
    expect(foldValue('jose\u0301@x.org', 'email')).toBe(foldValue('jos\u00e9@x.org', 'email'));
  });
});

describe('the keys of a record', () => {
  test('all fields and all parts of a multi-value count, once each, strongest rule first', () => {
    const values = {
      domain: 'x.org',
      hs_additional_emails: 'Old@x.org; ann@x.org;;',
      email: 'ann@x.org',
      phone: '+447911123456',
    };
    expect(identityKeysOf(values, rules)).toEqual([
      { rule: 0, key: 'email:ann@x.org' },
      { rule: 0, key: 'email:old@x.org' },
      { rule: 1, key: 'phone:447911123456' },
      { rule: 2, key: 'domain:x.org' },
    ]);
  });

  test.each([
    [{ email: 'INFO@x.org' }, []],
    [{ email: 'myinfo@x.org' }, ['email:myinfo@x.org']],
    [{ email: 'x@y.invalid' }, []],
    [{ phone: '+442079460000' }, []],
    [{ domain: 'www.shared.example.org' }, []],
    [{ domain: 'not.shared.example.org' }, ['domain:not.shared.example.org']],
  ])('listed values are no keys: %j', (values, keys) => {
    expect(keysOf(values)).toEqual(keys);
  });
});

describe('what else identity reads', () => {
  test('similar text drops case, spaces and accents, and leaves the signs of other scripts', () => {
    const textOf = (firstname: string, lastname: string) => similarTextOf({ firstname, lastname }, rules)[1];
    expect(textOf(' JOSÉ ', 'García  Ruiz')).toBe('jose garcia ruiz');
    expect(textOf('한', '')).toBe('한');
    expect(textOf('कि', '')).not.toBe(textOf('क', ''));
    expect(similarTextOf({ firstname: ' ' }, rules)).toEqual({});
  });

  test('limits are the values that a record has, folded', () => {
    expect(limitsOf({ exam_id: ' Ab1 ', passport: ' ' }, rules)).toEqual({ exam_id: 'ab1' });
  });
});

describe('Jaro-Winkler', () => {
  // Winkler's own examples, as they are printed everywhere, and the limits.
  test.each([
    ['martha', 'marhta', 0.961],
    ['dwayne', 'duane', 0.84],
    ['dixon', 'dicksonx', 0.813],
    ['jonathon', 'jonathan', 0.95],
    ['ann lee', 'ann lee', 1],
    ['ann', 'bob', 0],
    ['', '', 0],
  ])('%s and %s: %d', (a, b, expected) => {
    expect(similarityOf(a, b)).toBeCloseTo(expected, 3);
    expect(similarityOf(b, a)).toBe(similarityOf(a, b));
  });

  test('letters beyond the first plane are letters, not halves', () => {
    expect(similarityOf('𠮷', '𠮸')).toBe(0);
  });
});
