import {
  bindTransform,
  transformDefinitions,
  transformNames,
  transformStep,
} from '../../src/domain/values/transforms';
import { isFault, type TransformContext } from '../../src/domain/values/transformContract';
import type { JsonObject, JsonValue } from '../../src/domain/record';
import { reference } from './sampleRules';

function context(payload: JsonObject = {}, more: Partial<TransformContext> = {}): TransformContext {
  return { property: 'industry', payload, reference, timeZone: undefined, defaultRegion: undefined, ...more };
}

/** The result, null for unknown, or `!` and the kind of fault. */
function run(name: string, written: unknown, value: JsonValue, within = context()): JsonValue {
  const result = bindTransform(transformStep(name, written)).run(value, within);
  return isFault(result) ? `!${result.kind}` : (result ?? null);
}

test.each(transformDefinitions.map((definition) => [definition.name, definition] as const))(
  'the example of %s is true, and its shorthand is an argument',
  (name, { args, example, shorthand, doc }) => {
    expect(run(name, example.args, example.from)).toEqual(example.to);
    expect(shorthand === undefined || args.some((arg) => arg.name === shorthand)).toBe(true);
    expect(doc).toMatch(/\.$/);
  },
);

test('names are unique', () => {
  expect(new Set(transformNames).size).toBe(transformDefinitions.length);
});

type Row = [name: string, written: unknown, value: JsonValue, expected: JsonValue];

const textRows: Row[] = [
  ['trim', null, '\u00a0Ann\t', 'Ann'],
  ['trim', null, [' a ', '', 'b '], ['a', 'b']],
  ['trim', null, 5, '5'],
  ['trim', null, { a: 1 }, '!invalidValue'],
  ['titleCase', null, 'JEAN-LUC d’artagnan', 'Jean-Luc D’Artagnan'],
  ['titleCase', null, 'élodie de la cruz', 'Élodie De La Cruz'],
  ['prefix', 'x-', 0, 'x-0'],
  ['replace', { pattern: '.', with: '$&' }, 'a.b.', 'a$&b$&'],
  ['replace', { pattern: '^0+(\\d)', with: '$1', regex: true }, '007', '7'],
  ['replace', { pattern: 'a', with: 'b', regex: true }, 'a'.repeat(2001), '!invalidValue'],
  ['truncate', 3, 'ab😀', 'ab'],
  ['truncate', 4, 'ab😀', 'ab😀'],
];

const emailRows: Row[] = [
  ['email', null, 'mailto:Ann@Example.org', 'ann@example.org'],
  ['email', null, "o'neill+tag@sub.example.co.uk", "o'neill+tag@sub.example.co.uk"],
  ['email', null, '\u200bann@example.org', 'ann@example.org'],
  ['email', null, 'ann@münchen.de', 'ann@xn--mnchen-3ya.de'],
  ...[
    'ann',
    'ann@',
    '@example.org',
    'ann@example',
    'a b@example.org',
    'ann..b@example.org',
    '.ann@example.org',
  ].map((bad): Row => ['email', null, bad, '!invalidValue']),
  ...[
    'ann@exa mple.org',
    'ann@-example.org',
    'ann@example.123',
    'ann@b@c',
    `${'a'.repeat(65)}@example.org`,
    'änn@example.org',
  ].map((bad): Row => ['email', null, bad, '!invalidValue']),
  ['domain', null, 'Ann@Mail.Example.org', 'mail.example.org'],
  ['domain', null, 'www.example.org:8080/x?y', 'example.org'],
  ['domain', null, 'http://shop.example.co.uk', 'shop.example.co.uk'],
  ['domain', { registrable: true }, 'http://shop.example.co.uk', 'example.co.uk'],
  ['domain', { registrable: true }, 'acme.github.io', 'acme.github.io'],
  ['domain', null, 'www.de', 'www.de'],
  ['domain', null, 'https://münchen.de/', 'xn--mnchen-3ya.de'],
  ['domain', null, 'localhost', '!invalidValue'],
  ['domain', null, 'http://192.168.0.1/', '!invalidValue'],
  ['domain', null, 'Acme Ltd', '!invalidValue'],
  ['domain', null, 'n/a', '!invalidValue'],
];

const dateRows: Row[] = [
  ['isoDate', null, '1990-12-24', '1990-12-24'],
  ['isoDate', null, '1990-12-24T00:00:00', '1990-12-24'],
  ['isoDate', null, '1990-02-30', '!invalidValue'],
  ['isoDate', null, '1990-12-24T10:00:00Z', '!invalidValue'],
  ['isoDate', null, 661996800000, '1990-12-24'],
  ['isoDate', null, 1990, '!invalidValue'],
  ['isoDate', ['yyyy-MM-dd', 'dd/MM/yyyy'], '24/12/1990', '1990-12-24'],
  ['isoDate', ['yyyy-MM-dd', 'dd/MM/yyyy'], '1990-12-24', '1990-12-24'],
  ['isoDate', 'dd/MM/yyyy', '12/24/1990', '!invalidValue'],
  ['isoDate', 'dd/MM/yyyy', '31/04/1990', '!invalidValue'],
  ['isoDate', 'dd/MM/yyyy', '1/4/1990', '!invalidValue'],
  ['isoDate', 'd/M/yyyy', '1/4/1990', '1990-04-01'],
  ['isoDate', 'yyyyMMdd', '19900401', '1990-04-01'],
  ['isoDate', "d 'de' M yyyy", '1 de 4 1990', '1990-04-01'],
  ['isoDate', 'd MMM yyyy', '1 Apr 1990', '1990-04-01'],
  ['isoDate', 'd MMMM yyyy', '31 April 1990', '!invalidValue'],
  ['isoDate', 'dd/MM/yyyy', true, '!invalidValue'],
  ['isoDate', { fromDateTime: true, zone: 'Europe/Madrid' }, '2024-05-01T22:30:00Z', '2024-05-02'],
  ['isoDate', { fromDateTime: true, zone: 'America/New_York' }, '2024-05-01T02:30:00Z', '2024-04-30'],
  ['isoDate', { fromDateTime: true }, '2024-05-01T23:30:00', '2024-05-01'],
  ['isoDate', { fromDateTime: true }, '2024-05-01', '2024-05-01'],
  ['isoDate', { fromDateTime: true }, '2024-05-01T23:30:00Z', '!invalidValue'],
  ['isoDate', { fromDateTime: true, zone: 'UTC' }, 1714521600000, '2024-05-01'],
  [
    'isoDate',
    { fromDateTime: true, zone: 'UTC', formats: ['dd.MM.yyyy HH:mm'] },
    '01.05.2024 10:00',
    '2024-05-01',
  ],
  ['isoDateTime', null, '2024-05-01T10:00:00+02:00', '2024-05-01T08:00:00.000Z'],
  ['isoDateTime', null, '2024-05-01T10:00:00', '!invalidValue'],
  ['isoDateTime', null, 1714521600000, '2024-05-01T00:00:00.000Z'],
  [
    'isoDateTime',
    { formats: ['dd/MM/yyyy HH:mm:ss.SSS'], zone: 'UTC' },
    '01/05/2024 10:00:00.123',
    '2024-05-01T10:00:00.123Z',
  ],
  [
    'isoDateTime',
    { formats: ['d MMM yyyy h:mm a'], zone: 'UTC' },
    '1 May 2024 3:05 PM',
    '2024-05-01T15:05:00.000Z',
  ],
  [
    'isoDateTime',
    { formats: ['yyyy-MM-dd HH:mm ZZ'] },
    '2024-05-01 10:00 +02:00',
    '2024-05-01T08:00:00.000Z',
  ],
  ['isoDateTime', { zone: 'UTC' }, 'soon', '!invalidValue'],
];

const numberRows: Row[] = [
  ['decimal', null, '1.234,50', '1234.5'],
  ['decimal', null, '1,234,567', '1234567'],
  ['decimal', null, '1.234.567', '1234567'],
  ['decimal', null, '1,234,567.8', '1234567.8'],
  ['decimal', null, '12,5', '12.5'],
  ['decimal', null, '0,123', '0.123'],
  ['decimal', null, '1234,567', '1234.567'],
  ['decimal', null, '1,234', '!invalidValue'],
  ['decimal', { decimalComma: true }, '1,234', '1.234'],
  ['decimal', { decimalComma: false }, '1,234', '1234'],
  ['decimal', { decimalComma: true }, '1.234', '1234'],
  ['decimal', { decimalComma: true }, '1.5', '!invalidValue'],
  ['decimal', { decimalComma: true }, 1.5, '1.5'],
  ['decimal', { decimalComma: false }, '1.234,5', '!invalidValue'],
  ['decimal', null, '1.234', '1.234'],
  ['decimal', null, '1 234,50', '1234.5'],
  ['decimal', null, "1'234.50", '1234.5'],
  ['decimal', null, '12 34', '!invalidValue'],
  ['decimal', null, '\u22125', '-5'],
  ['decimal', null, '1,23,456', '!invalidValue'],
  ['decimal', null, '12,345.6,7', '!invalidValue'],
  ['decimal', null, '9007199254740993.10', '9007199254740993.1'],
  ['decimal', null, 0, '0'],
  ['decimal', null, 'free', '!invalidValue'],
  ['decimal', null, '£5', '!invalidValue'],
  ['integer', null, '9223372036854775807', '9223372036854775807'],
  ['integer', null, '5.5', '!invalidValue'],
  ['boolean', null, 'JA', 'true'],
  ['boolean', null, 'n', 'false'],
  ['boolean', null, 0, 'false'],
  ['boolean', null, false, 'false'],
  ['boolean', null, true, 'true'],
  ['boolean', null, 'maybe', '!invalidValue'],
  ['boolean', { yes: ['Opted out'], no: 'in' }, 'opted OUT', 'true'],
  ['boolean', { yes: ['Opted out'], no: 'in' }, 'In', 'false'],
];

const choiceRows: Row[] = [
  ['split', { by: ' ', take: 'first' }, '  Ann  Lee', 'Ann'],
  ['split', { by: ' ', take: 'last' }, 'Ann Mary Lee', 'Lee'],
  ['split', { by: ' ', take: 'rest' }, 'Madonna', null],
  ['split', { by: '/', take: 1 }, 'a/b/c', 'b'],
  ['split', { by: '/', take: -1 }, 'a/b/c', 'c'],
  ['split', { by: '/', take: 7 }, 'a/b/c', null],
  ['split', '/', 'a/b', ['a', 'b']],
  ['split', '/', ['a'], '!invalidValue'],
  ['join', '-', ['a', null, 5], 'a-5'],
  ['join', '-', 'a', 'a'],
  ['join', '-', [{}], '!invalidValue'],
  ['multi', '|', 'a| b', ['a', 'b']],
  ['multi', null, ['a,b', 'c'], ['a', 'b', 'c']],
  ['enum', { won: 'Closed won', lost: 'Closed lost' }, ' WON', 'Closed won'],
  ['enum', { won: 'Closed won' }, 'constructor', '!invalidValue'],
  ['enum', { map: { won: 'Closed won' }, otherwise: 'Open' }, 'odd', 'Open'],
  ['enum', { map: 'Map', other: 'Other' }, 'map', 'Map'],
  ['enum', { 1: 'one', true: 'yes' }, true, 'yes'],
  ['enum', { a: 'lower', A: 'upper' }, 'A', 'upper'],
  ['default', 'x', 0, 0],
  ['default', 'x', [], 'x'],
  ['default', { value: false }, '  ', false],
  ['nullIf', ['N/A'], 'real', 'real'],
];

const referenceRows: Row[] = [
  ['optionByLabel', {}, 'PUBLISHING', 'PUBLISHING'],
  ['optionByLabel', {}, ' publishing', 'PUBLISHING'],
  ['optionByLabel', 'plan', 'Basic; PRO', ['basic', 'pro']],
  ['optionByLabel', 'plan', ['Pro'], ['pro']],
  ['optionByLabel', {}, 'Mining', '!unresolvedReference'],
  ['optionByLabel', 'plan', 'Basic;Gold', '!unresolvedReference'],
  ['optionByLabel', 'constructor', 'x', '!unresolvedReference'],
  ['ownerByEmail', null, 'constructor', '!unresolvedReference'],
  ['pipelineByLabel', null, 'default', 'default'],
  ['pipelineByLabel', null, 'Other', '!unresolvedReference'],
  ['stageByLabel', null, 'Late', 'r-late'],
  ['stageByLabel', null, 'Open', '!unresolvedReference'],
  ['stageByLabel', 'Renewals', 'Open', 'r-open'],
  ['stageByLabel', 'Renewals', 'Closed won', '!unresolvedReference'],
  ['stageByLabel', 'Nowhere', 'Open', '!unresolvedReference'],
];

test.each([...textRows, ...emailRows, ...dateRows, ...numberRows, ...choiceRows, ...referenceRows])(
  '%s %j: %j becomes %j',
  (name, written, value, expected) => {
    expect(run(name, written, value)).toEqual(expected);
  },
);

type PhoneRow = [args: object, payload: JsonObject, text: string, expected: string, defaultRegion?: string];
const phoneRows: PhoneRow[] = [
  [{ region: 'GB' }, {}, '+44 (0)20 7946 0958', '+442079460958'],
  [{ region: 'GB' }, {}, '0044 20 7946 0958', '+442079460958'],
  [{ region: 'US' }, {}, '0044 20 7946 0958', '+442079460958'],
  [{ region: 'GB' }, {}, 'tel:020-7946-0958', '+442079460958'],
  [{ region: 'GB' }, {}, '020 7946 0958 ext 5', '+442079460958'],
  [{ region: 'GB', keepExtension: true }, {}, '020 7946 0958 ext 5', '+442079460958x5'],
  [{ region: 'Spain' }, {}, '612 345 678', '+34612345678'],
  [{ regionFrom: 'a.country' }, { a: { country: 'es' } }, '612 345 678', '+34612345678'],
  [{ regionFrom: 'country' }, { country: 'Türkiye' }, '0532 123 45 67', '+905321234567'],
  [{ regionFrom: 'country' }, { country: 'Turkey' }, '0532 123 45 67', '+905321234567'],
  [{ regionFrom: 'country' }, { country: "Cote d'Ivoire" }, '01 23 45 67 89', '+2250123456789'],
  [{ regionFrom: 'country' }, { country: 'UK' }, '020 7946 0958', '+442079460958'],
  [{ regionFrom: 'country', region: 'GB' }, { country: '' }, '020 7946 0958', '+442079460958'],
  [{ regionFrom: 'country' }, {}, '020 7946 0958', '+442079460958', 'GB'],
  [{}, {}, '020 7946 0958', '+442079460958', 'GB'],
  [{ regionFrom: 'country' }, { country: 'Narnia' }, '+44 20 7946 0958', '+442079460958', 'GB'],
  [{ regionFrom: 'country' }, { country: 'Narnia' }, '020 7946 0958', '!invalidValue', 'GB'],
  [{}, {}, '020 7946 0958', '!invalidValue'],
  [{ region: 'GB' }, {}, '12345', '!invalidValue'],
  [{ region: 'GB' }, {}, 'call me', '!invalidValue'],
  [{ region: 'GB' }, {}, '+999 123 456 789', '!invalidValue'],
  [{ region: 'GB' }, {}, '020 7946 0958 / 0771', '!invalidValue'],
];

test.each(phoneRows)(
  'e164 %j of %j: %s is %s',
  (...[args, payload, text, expected, defaultRegion]: PhoneRow) => {
    expect(run('e164', args, text, context(payload, { defaultRegion }))).toBe(expected);
  },
);

test('the stream’s time zone gives zoneless times their meaning', () => {
  const madrid = context({}, { timeZone: 'Europe/Madrid' });
  expect(run('isoDateTime', null, '2024-05-01 10:00', madrid)).toBe('2024-05-01T08:00:00.000Z');
  expect(run('isoDate', { fromDateTime: true }, '2024-05-01T23:30:00Z', madrid)).toBe('2024-05-02');
  expect(run('isoDate', { fromDateTime: true, zone: 'America/New_York' }, '2024-05-01 01:00', madrid)).toBe(
    '2024-04-30',
  );
});

test('reasons continue "the value …" and never quote it', () => {
  const secret = 'SECRET-77';
  for (const { name, example, args } of transformDefinitions) {
    if (args.some((arg) => arg.name === 'length')) continue;
    const result = bindTransform({ name, args: example.args }).run(secret, context());
    if (isFault(result)) {
      expect(result.reason).toMatch(/^(is|may|needs|comes) /);
      expect(result.reason).not.toContain(secret);
    }
  }
});
