import fc from 'fast-check';
import { cleanJson, cleanText, isCleanText } from '../../src/domain/values/cleanText';
import type { JsonValue } from '../../src/domain/record';

test.each([
  ['Ann', 'Ann'],
  ['😀é中', '😀é中'],
  ['a\0b', 'ab'],
  ['a\uD800', 'a'],
  ['\uDC00a', 'a'],
  ['\uD83D\uD83D\uDE00', '😀'],
  ['\0', ''],
])('%j becomes %j', (dirty, clean) => {
  expect(cleanText(dirty)).toBe(clean);
});

test('a dirty value is cleaned at every depth, in keys as in values', () => {
  const dirty = { 'a\0': ['x\0', { b: 'y\uD800', c: 1, d: null, e: true }], f: 'z' };
  expect(cleanJson(dirty)).toEqual({ a: ['x', { b: 'y', c: 1, d: null, e: true }], f: 'z' });
  expect(dirty['a\0'][0]).toBe('x\0');
});

test('where cleaning makes two keys one, the clean key keeps its value', () => {
  expect(cleanJson({ 'a\0': 1, a: 2 })).toEqual({ a: 2 });
  expect(cleanJson({ a: 2, 'a\0': 1 })).toEqual({ a: 2 });
  expect(cleanJson({ '\0': 1 })).toEqual({ '': 1 });
});

test('a key named __proto__ stays data', () => {
  const cleaned = cleanJson(JSON.parse('{"__proto__": {"x": "\\u0000y"}}') as JsonValue) as object;
  expect(Object.keys(cleaned)).toEqual(['__proto__']);
  expect(JSON.stringify(cleaned)).toBe('{"__proto__":{"x":"y"}}');
});

const dirtyText = fc
  .array(fc.constantFrom('\0', '\uD83D', '\uDE00', 'a', 'é'), { maxLength: 8 })
  .map((parts) => parts.join(''));
const anyJson = fc.letrec<{ tree: JsonValue }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    dirtyText,
    fc.integer(),
    fc.constant(null),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(dirtyText, tie('tree'), { maxKeys: 4 }),
  ),
})).tree;

test('whatever comes in, Postgres can hold what comes out, and a clean value is the very same object', () => {
  fc.assert(
    fc.property(anyJson, (json) => {
      const clean = cleanJson(json);
      const text = JSON.stringify(clean);
      expect(text).not.toMatch(/\\u0000|\\ud[89a-f]/i);
      expect(cleanJson(clean)).toBe(clean);
    }),
  );
});

test('a text is clean exactly when cleaning leaves it alone', () => {
  fc.assert(fc.property(dirtyText, (text) => expect(isCleanText(text)).toBe(cleanText(text) === text)));
});
