import { identityMarks, mailMark, mailsIn, recordMark } from '../../src/domain/merge/erasedKeys';
import { objectRules } from './sampleRules';

/**
 * The texts stand to the letter: their keyed hashes are kept for ever, so another spelling would let every erased person
 * come back with the next full read.
 */
test('what an erased person is recognised by never changes', () => {
  expect(recordMark({ source: 'crm', stream: 'people', key: '7' })).toBe('["record","crm","people","7"]');
  expect(mailMark(' Ann@People.example ')).toBe('["mail","ann@people.example"]');
  expect(mailMark('nobody')).toBeNull();
  const rules = {
    ...objectRules([]).identity,
    rules: [
      { name: 'email', fields: ['email'], fold: 'email' as const },
      {
        name: 'phone',
        fields: ['phone'],
        fold: 'phone' as const,
        similar: { fields: ['first', 'last'], above: 0.9 },
      },
    ],
  };
  const keys = ['email:ann@people.example', 'phone:+447700900123', 'badge:7'];
  expect(identityMarks('contacts', keys, { first: 'Ann', last: 'Lee' }, rules)).toEqual([
    { key: keys[0], mark: '["key","contacts","email:ann@people.example"]' },
    { key: keys[1], mark: '["key","contacts","phone:+447700900123","ann lee"]' },
  ]);
  // A phone alone is nobody: a family shares it.
  expect(identityMarks('contacts', keys, {}, rules).map(({ key }) => key)).toEqual([keys[0]]);
});

test.each(['', 'no address', '@', 'a @ b', 'ann@', '@people.example'])('%j holds no address', (text) => {
  expect(mailsIn(text)).toEqual([]);
});
