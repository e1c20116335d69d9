import fc from 'fast-check';
import { sameValue } from '../../src/domain/values/canonicalValue';
import {
  changedProperties,
  diffState,
  unreadProperties,
  type KnownValues,
} from '../../src/domain/delivery/diffState';
import { ownerships, type FieldRule } from '../../src/domain/rules';
import { fieldRule } from './sampleRules';

type Row = [
  what: string,
  rule: Partial<FieldRule>,
  golden: string | undefined,
  kept: string | null | undefined,
  sent: string | undefined,
  write: string | undefined,
];

const consent = { type: 'bool', optOutValue: 'true' } as const;

test.each<Row>([
  ['a new value is written', {}, 'v', null, undefined, 'v'],
  ['a changed value is written', {}, 'v2', 'v1', 'v1', 'v2'],
  ['an equal one is not', {}, 'v', 'v', undefined, undefined],
  ['another spelling is not', { type: 'number' }, '1', '1.0', undefined, undefined],
  ['another order is not', { type: 'multiEnumeration' }, 'a;b', 'b;a', undefined, undefined],
  [
    'another spelling of a time is not',
    { type: 'datetime' },
    '2024-05-01T00:00:00.000Z',
    '1714521600000',
    undefined,
    undefined,
  ],
  ['an explicit empty value clears', {}, '', 'v', undefined, ''],
  ['but not what is empty', {}, '', null, undefined, undefined],
  ['also what was only sent, and not read since', {}, '', undefined, 'v', ''],
  ['what we wrote and nobody has any more is withdrawn', {}, undefined, 'v', 'v', ''],
  ['also when HubSpot spells it its own way', { type: 'number' }, undefined, '1.0', '1', ''],
  ['not what HubSpot changed since', {}, undefined, 'edited', 'v', undefined],
  ['not what somebody cleared', {}, undefined, null, 'v', undefined],
  ['not what we never wrote', {}, undefined, 'v', undefined, undefined],
  ['a withdrawal is not repeated', {}, undefined, null, '', undefined],
  ['what HubSpot keeps is not sent again', {}, 'lead', 'customer', 'lead', undefined],
  ['what HubSpot refused to hold is not sent again', {}, 'v', null, 'v', undefined],
  ['until our side changes', {}, 'subscriber', 'customer', 'lead', 'subscriber'],
  ['or HubSpot’s, when the sent value is forgotten', {}, 'lead', 'customer', undefined, 'lead'],
  ['an opt-out is never cleared', consent, undefined, 'true', 'true', undefined],
  ['nor turned back', consent, 'false', 'true', undefined, undefined],
  ['nor emptied', consent, '', 'true', 'true', undefined],
  ['an opt-out is written', consent, 'true', 'false', 'false', 'true'],
  ['HubSpot’s own field is left alone', { ownership: 'hubspot' }, 'v', 'h', undefined, undefined],
  ['even when empty', { ownership: 'hubspot' }, 'v', null, undefined, undefined],
  ['a shared one is written', { ownership: 'shared' }, 'v', 'h', undefined, 'v'],
  ['what was never read is not written', {}, 'v', undefined, undefined, undefined],
  ['what was written but not answered is known to be ours', {}, 'v2', undefined, 'v1', 'v2'],
])('%s', (_, rule, golden, kept, sent, write) => {
  const known: KnownValues = {
    kept: kept === undefined ? {} : { x: kept },
    sent: sent === undefined ? {} : { x: sent },
  };
  const input = { golden: golden === undefined ? {} : { x: golden }, known, rules: [fieldRule('x', rule)] };
  expect(diffState(input)).toEqual(write === undefined ? {} : { x: write });
});

test('a new record gets every value there is, also those that HubSpot will own, and nothing empty', () => {
  const rules = [fieldRule('a'), fieldRule('b', { ownership: 'hubspot' }), fieldRule('c'), fieldRule('d')];
  expect(diffState({ golden: { a: '0', b: 'v', c: '', unknown: 'u' }, known: null, rules })).toEqual({
    a: '0',
    b: 'v',
  });
});

test('unread properties are named, so that they are read first', () => {
  const rules = [
    fieldRule('a'),
    fieldRule('b'),
    fieldRule('c'),
    fieldRule('d'),
    fieldRule('e', { ownership: 'hubspot' }),
  ];
  const golden = { a: '1', b: '2', c: '3', e: '5' };
  const known: KnownValues = { kept: { a: null }, sent: { b: 'x' } };
  expect(unreadProperties({ golden, known, rules })).toEqual(['c']);
  expect(unreadProperties({ golden, known: null, rules })).toEqual([]);
});

test('changed properties are those that came, went or differ', () => {
  expect(changedProperties({ a: '1', b: '2', c: '3' }, { a: '1', b: '9', d: '' })).toEqual(['b', 'c', 'd']);
  expect(changedProperties({ a: '1' }, { a: '1' })).toEqual([]);
});

const names = ['a', 'b', 'c'];
const anyValue = fc.constantFrom('', '1', '1.0', '2', 'true');
const anyKnown = fc.record({
  kept: fc.dictionary(fc.constantFrom(...names), fc.oneof(anyValue, fc.constant(null))),
  sent: fc.dictionary(fc.constantFrom(...names), anyValue),
});
const anyGolden = fc.dictionary(fc.constantFrom(...names), anyValue);
const anyRules = fc
  .array(
    fc.record({
      ownership: fc.constantFrom(...ownerships),
      type: fc.constantFrom('string' as const, 'number' as const),
      optOut: fc.boolean(),
    }),
    { minLength: names.length, maxLength: names.length },
  )
  .map((list) =>
    list.map(({ ownership, type, optOut }, i) =>
      fieldRule(names[i] ?? '', { ownership, type, ...(optOut && { optOutValue: '1' }) }),
    ),
  );

/** HubSpot's answer to a write, keeping what it was sent or something else of its own. */
function applied(
  known: KnownValues | null,
  write: Record<string, string>,
  answer: (value: string) => string | null,
): KnownValues {
  const kept = { ...known?.kept };
  for (const [property, value] of Object.entries(write)) kept[property] = answer(value);
  return { kept, sent: { ...known?.sent, ...write } };
}

test.each<[what: string, answer: (value: string) => string | null]>([
  ['keeps what it was sent', (value) => (value === '' ? null : value)],
  ['spells it in its own way', (value) => (value === '1' ? '1.0' : value)],
  ['keeps another value', () => 'other'],
  ['keeps nothing', () => null],
])('after a write there is nothing left to write, when HubSpot %s', (_, answer) => {
  fc.assert(
    fc.property(anyGolden, fc.option(anyKnown), anyRules, (golden, known, rules) => {
      const write = diffState({ golden, known, rules });
      const after = applied(known, write, answer);
      expect(diffState({ golden, known: after, rules })).toEqual({});
    }),
    { numRuns: 500 },
  );
});

test('HubSpot’s fields (but for an opt-out) and its opt-outs are never touched in a record that exists', () => {
  fc.assert(
    fc.property(anyGolden, anyKnown, anyRules, (golden, known, rules) => {
      const write = diffState({ golden, known, rules });
      for (const { property, type, ownership, optOutValue } of rules) {
        const held = known.kept[property];
        const setsOptOut = optOutValue !== undefined && sameValue(type, write[property], optOutValue);
        const isOurs = ownership !== 'hubspot' && (ownership !== 'fillEmpty' || !held);
        if ((!isOurs && !setsOptOut) || (optOutValue !== undefined && held === optOutValue))
          expect(write).not.toHaveProperty(property);
      }
    }),
  );
});
