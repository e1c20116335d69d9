import fc from 'fast-check';
import {
  changedAtOf,
  compareCursors,
  cursorText,
  horizonLike,
  lookBack,
  spelledLike,
} from '../../src/sources/cursorValue';
import { exactNumber, parseExactJson } from '../../src/sources/exactJson';
import { lastPerKey, recordKeyOf, valueAt } from '../../src/sources/recordKey';

describe('cursor values stay text', () => {
  test.each([
    ['2024-03-01T10:00:00.123456Z', 600_000, '2024-03-01T09:50:00.123456Z'],
    ['2024-03-01T00:00:00Z', 1, '2024-02-29T23:59:59Z'],
    ['2024-03-01 00:05:00.1234567', 600_000, '2024-02-29 23:55:00.1234567'],
    ['2024-03-01T10:00+02:00', 3_600_000, '2024-03-01T09:00+02:00'],
    ['2024-03-01', 600_000, '2024-02-29'],
    ['1709287200', 600_000, '1709286600'],
    ['1709287200123', 600_000, '1709286600123'],
    ['42', 600_000, '42'],
    ['0000000000000ABC', 600_000, '0000000000000ABC'],
    ['0001-01-01T00:00:00', 600_000, '0001-01-01T00:00:00'],
    ['2024-03-01T10:00:00.123456Z', 0, '2024-03-01T10:00:00.123456Z'],
  ])('%s minus %d ms is %s', (cursor, ms, expected) => expect(lookBack(cursor, ms)).toBe(expected));

  test.each([
    ['2024-03-01T10:00:00.123456Z', '2024-03-01T10:00:00.123457Z'],
    ['2024-03-01T10:00:00Z', '2024-03-01T10:00:00.5Z'],
    ['2024-03-01T12:00:00+02:00', '2024-03-01T10:00:01Z'],
    ['2024-03-01T05:00:00-0530', '2024-03-01T10:30:01Z'],
    ['9', '10'],
    ['9007199254740992', '9007199254740993'],
    ['1.5', '10.25'],
    ['abc', 'abd'],
  ])('%s is before %s', (a, b) => {
    expect(compareCursors(a, b)).toBeLessThan(0);
    expect(compareCursors(b, a)).toBeGreaterThan(0);
    expect(compareCursors(a, a)).toBe(0);
  });

  test.each([
    ['2024-07-01T10:00:00', 'Europe/Madrid', '2024-07-01T08:00:00.000Z'],
    ['2024-07-01 10:00:00.9876543', 'Europe/Madrid', '2024-07-01T08:00:00.987Z'],
    ['2024-07-01T10:00:00', undefined, null],
    ['2024-07-01T10:00:00.123456+05:30', undefined, '2024-07-01T04:30:00.123Z'],
    ['1709287200', undefined, '2024-03-01T10:00:00.000Z'],
    ['17', undefined, null],
    ['infinity', undefined, null],
    ['2024-13-45T00:00:00Z', undefined, null],
  ])('%s in zone %s changed at %s', (cursor, zone, expected) =>
    expect(changedAtOf(cursor, zone)).toBe(expected),
  );

  test('the horizon is spelled like the stream, a little after now, in its zone', () => {
    const now = new Date('2024-07-01T10:00:00.000Z');
    expect(horizonLike('2020-01-01T00:00:00.000000Z', now, undefined)).toBe('2024-07-01T10:05:00.000Z');
    expect(horizonLike('2020-01-01T00:00:00', now, 'Europe/Madrid')).toBe('2024-07-01T12:05:00');
    expect(horizonLike('2020-01-01T00:00:00', now, undefined)).toBe('2024-07-02T00:05:00');
    expect(horizonLike('2020-01-01', now, undefined)).toBe('2024-07-02');
    expect(horizonLike('1709287200', now, undefined)).toBe('1719828300');
    expect(horizonLike('abc', now, undefined)).toBeNull();
    expect(spelledLike('2020-01-01T00:00:00', now, undefined)).toBeNull();
  });

  test('only single values are cursors', () => {
    expect([
      cursorText(5),
      cursorText('a'),
      cursorText(''),
      cursorText(null),
      cursorText([1]),
      cursorText(undefined),
    ]).toEqual(['5', 'a', null, null, null, null]);
  });
});

describe('numbers keep what was written', () => {
  test.each([
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', '9007199254740993'],
    ['-9007199254740993', '-9007199254740993'],
    ['0.1', 0.1],
    ['123456789012345.6', '123456789012345.6'],
    ['1234567890.123456789', '1234567890.123456789'],
    ['1e400', '1e400'],
    ['1e-400', '1e-400'],
    ['100000.000000000000', 100000],
    ['1.5E3', 1500],
  ])('%s is %p', (text, expected) => {
    expect(exactNumber(text)).toBe(expected);
    expect(parseExactJson(`{"a":[${text}]}`)).toEqual({ a: [expected] });
  });

  test('any JSON without long numbers parses as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value);
        // A long string beside it forces the exact parser; what is compared is the value itself.
        const parsed = parseExactJson(`{"long":"1234567890123456","value":${text}}`) as { value: unknown };
        expect(JSON.stringify(parsed.value, shortNumbers)).toBe(
          JSON.stringify(JSON.parse(text), shortNumbers),
        );
      }),
    );
  });

  test('any integer survives', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (value) => {
        expect((parseExactJson(`[${value}]`) as unknown[]).map(String)).toEqual([String(value)]);
      }),
    );
  });

  test('the last of two equal names wins, as in JSON.parse, and text that is no JSON throws', () => {
    expect(parseExactJson('{"a":1234567890123456789,"a":2}')).toEqual({ a: 2 });
    expect(() => parseExactJson('{"a":1234567890123456789')).toThrow();
    expect(() => parseExactJson('[')).toThrow();
  });
});

/** Doubles of 16 and 17 digits come back as text from the exact parser; both sides are brought to text. */
function shortNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? String(value) : value;
}

describe('record keys', () => {
  test.each([
    [{ id: 7 }, ['id'], { key: '7' }],
    [{ a: { b: 'x' } }, ['a.b'], { key: 'x' }],
    [{ 'a.b': 'dotted', a: { b: 'x' } }, ['a.b'], { key: 'dotted' }],
    [{ a: 'x', b: 0 }, ['a', 'b'], { key: 'x|0' }],
    [{ a: 'x|y' }, ['a'], { key: 'x|y' }],
  ])('%j by %j', (payload, fields, expected) => expect(recordKeyOf(payload, fields)).toEqual(expected));

  test.each([
    [{}, ['id']],
    [{ id: null }, ['id']],
    [{ id: '' }, ['id']],
    [{ id: {} }, ['id']],
    [{ id: [1] }, ['id']],
    [{ a: 'x|y', b: 'z' }, ['a', 'b']],
    [{ id: 'text' }, ['id.length']],
    [{}, ['constructor']],
  ])('%j has no key by %j', (payload, fields) =>
    expect(recordKeyOf(payload, fields)).toHaveProperty('reason'),
  );

  test('a path leads only through own fields', () => {
    expect(valueAt({ a: null }, 'a.b')).toBeUndefined();
    expect(valueAt({}, 'toString')).toBeUndefined();
  });

  test('the last record of a key stays, in order', () => {
    const record = (key: string, n: number) => ({ key, payload: { n }, changedAt: null });
    expect(
      lastPerKey([record('a', 1), record('b', 2), record('a', 3)]).map(({ payload }) => payload),
    ).toEqual([{ n: 2 }, { n: 3 }]);
  });
});
