import { bindTransform, checkTransform, transformStep } from '../../src/domain/values/transforms';

test.each<[name: string, args: Record<string, unknown>, fault: RegExp]>([
  ['trimm', {}, /no transform 'trimm', did you mean 'trim'\?/],
  ['isodate', {}, /did you mean 'isoDate'/],
  ['qqqqqqqqqqqqq', {}, /no transform 'qqqqqqqqqqqqq'$/],
  ['e164', { regoin: 'GB' }, /no argument 'regoin', did you mean 'region'/],
  ['e164', { region: 'Narnia' }, /ISO country code/],
  ['prefix', {}, /needs the argument 'text'/],
  ['prefix', { text: 5 }, /must be a text/],
  ['truncate', { length: 'x' }, /must be a number/],
  ['truncate', { length: 0 }, /above 0/],
  ['decimal', { decimalComma: 'yes' }, /must be true or false/],
  ['isoDate', { formats: ['dd/MM'] }, /no date format/],
  ['isoDate', { formats: ['DD/MM/YYYY'] }, /no date format/],
  ['isoDate', { formats: [{}] }, /list of texts/],
  ['isoDate', { zone: 'Europe/Nowhere' }, /IANA time zone/],
  ['split', { by: '', take: 'first' }, /must not be empty/],
  ['split', { by: ' ', take: 'second' }, /'first', 'last'/],
  ['enum', {}, /must not be empty/],
  ['enum', { a: { b: 'c' } }, /must be a map/],
  ['replace', { pattern: '' }, /must not be empty/],
  ['replace', { pattern: '(', regex: true }, /no regular expression/],
  ['replace', { pattern: '(a+)+$', regex: true }, /too long/],
  ['replace', { pattern: '((a|b)c)*', regex: true }, /too long/],
  ['replace', { pattern: '(a)\\1', regex: true }, /too long/],
])('%s %j is refused: %s', (name, args, fault) => {
  expect(checkTransform({ name, args }).join('\n')).toMatch(fault);
  expect(() => bindTransform({ name, args })).toThrow('not checked');
});

test.each<[string, Record<string, unknown>]>([
  ['replace', { pattern: '[(+*]+', regex: true }],
  ['replace', { pattern: '^(\\d{2})(\\d{3})$', with: '$1', regex: true }],
  ['replace', { pattern: '(?:ab)+', regex: true }],
  ['isoDate', { formats: ['d MMM yyyy'], zone: 'Europe/London' }],
  ['enum', { a: 1, b: true }],
  ['ownerByEmail', {}],
])('%s %j is accepted', (name, args) => {
  expect(checkTransform({ name, args })).toEqual([]);
});

test('a bare value means the shorthand argument; one without a place is refused', () => {
  expect(transformStep('prefix', 'x')).toEqual({ name: 'prefix', args: { text: 'x' } });
  expect(transformStep('isoDate', ['dd/MM/yyyy'])).toEqual({
    name: 'isoDate',
    args: { formats: ['dd/MM/yyyy'] },
  });
  expect(transformStep('enum', { a: 'b' })).toEqual({ name: 'enum', args: { map: { a: 'b' } } });
  expect(transformStep('trim', undefined)).toEqual({ name: 'trim', args: {} });
  expect(checkTransform(transformStep('trim', 'x')).join()).toMatch(/no argument 'value'/);
});
