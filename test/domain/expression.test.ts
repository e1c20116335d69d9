import { checkExpression, compileExpression } from '../../src/domain/values/expression';
import type { JsonObject, JsonValue } from '../../src/domain/record';

type Row = [text: string, record: JsonObject, expected: JsonValue | undefined];

test.each<Row>([
  ["record.is_paying == true ? 'customer' : 'lead'", { is_paying: true }, 'customer'],
  ["record.is_paying == true ? 'customer' : 'lead'", { is_paying: null }, 'lead'],
  ["record.first + ' ' + record.last", { first: 'Ann', last: 'Lee' }, 'Ann Lee'],
  ['record.n + 1', { n: 2 }, 3],
  ['2 * record.n - 0.5', { n: 2 }, 3.5],
  ['1 + 1', {}, '2'],
  ['record.tags', { tags: ['a', 'b'] }, ['a', 'b']],
  ["has(record.x) ? record.x : ''", {}, ''],
  ['record.?x', {}, undefined],
  ['record.?x', { x: 'y' }, 'y'],
  ['record.x', { x: null }, null],
  ["timestamp('2024-05-01T10:00:00+02:00')", {}, '2024-05-01T08:00:00.000Z'],
  ["record.country in ['GB', 'IE']", { country: 'IE' }, true],
  ['int(record.big) + 1', { big: '9007199254740992' }, '9007199254740993'],
])('%s of %j is %j', (text, record, expected) => {
  expect(checkExpression(text)).toBeNull();
  expect(compileExpression(text)(record)).toEqual({ ok: true, value: expected });
});

test.each<[text: string, record: JsonObject, reason: RegExp]>([
  ['record.missing', {}, /reads 'missing', which the record does not have/],
  ['record[record.a]', { a: 'secret' }, /^comes from an expression that reads a field which/],
  ['bool(record.a)', { a: 'secret' }, /bool_conversion_error/],
  ['duration(record.a)', { a: 'secret' }, /invalid_duration/],
  ['record.a + 1', { a: 'secret' }, /no_such_overload/],
  ['1 / 0', {}, /fails/],
  ['1.0 / 0', {}, /no plain value/],
  ['record.a', { a: { b: 'secret' } }, /no plain value/],
  ["b'secret'", {}, /no plain value/],
  ['record.__proto__', {}, /__proto__/],
])('%s fails on %j, without telling what is in it', (text, record, reason) => {
  const result = compileExpression(text)(record);
  expect(result).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  expect(JSON.stringify(result)).not.toContain('secret');
});

test.each<[text: string, fault: RegExp]>([
  ['', /empty/],
  ['  ', /empty/],
  ["'a", /Unterminated string/],
  ['rec.a', /Unknown variable: rec/],
  ["1 + 'a'", /no such overload/],
  ['nothing(record)', /nothing/],
  ['1 +', /./],
  [`'${'x'.repeat(4_000)}'`, /longer/],
])('%s is refused before it ever runs', (text, fault) => {
  expect(checkExpression(text)).toMatch(fault);
});
