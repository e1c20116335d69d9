import fc from 'fast-check';
import { mergeGolden } from '../../src/domain/merge/mergeGolden';
import type { MappedRecord, MergeRule } from '../../src/domain/record';
import { ownerships, type FieldRule } from '../../src/domain/rules';
import { fieldRule, mapped, objectRules, onDay } from './sampleRules';

type Values = Record<string, [value: string, day: number, ours?: true]>;
/** `source/key` of each member and its value of the one field `x`; the result as value, origin and rule. */
type Row = [
  what: string,
  rule: Partial<FieldRule>,
  members: Values,
  expected: [string, string, MergeRule] | null,
];

const shared = { ownership: 'shared' } as const;
const byHubspot = { ownership: 'hubspot' } as const;
const recent = { resolve: 'recent' } as const;
const consent = { type: 'bool', optOutValue: 'true' } as const;

function mergeOne(rule: Partial<FieldRule>, members: Values) {
  const records = Object.entries(members).map(([name, value]) => mapped(name, { x: value }));
  return mergeGolden(records, objectRules([fieldRule('x', rule)]));
}

test.each<Row>([
  ['precedence beats time', {}, { 'a/1': ['A', 1], 'b/1': ['B', 9] }, ['A', 'a/1', 'precedence']],
  ['the next source fills in', {}, { 'b/1': ['B', 1] }, ['B', 'b/1', 'precedence']],
  ['a source not named comes last', {}, { 'aa/1': ['Z', 9], 'b/1': ['B', 1] }, ['B', 'b/1', 'precedence']],
  ['several not named go by name', {}, { 'z/1': ['Z', 9], 'y/1': ['Y', 1] }, ['Y', 'y/1', 'precedence']],
  ['in one source the later value', {}, { 'a/1': ['A', 1], 'a/2': ['A2', 2] }, ['A2', 'a/2', 'precedence']],
  [
    'at one time the smaller key',
    {},
    { 'a/2': ['A2', 1], 'a/10': ['A10', 1] },
    ['A10', 'a/10', 'precedence'],
  ],
  ['an explicit empty value is a value', {}, { 'a/1': ['', 1], 'b/1': ['B', 9] }, ['', 'a/1', 'precedence']],
  ['recent takes the later', recent, { 'a/1': ['A', 1], 'b/1': ['B', 2] }, ['B', 'b/1', 'recent']],
  [
    'recent at one time goes by precedence',
    recent,
    { 'b/1': ['B', 2], 'a/9': ['A', 2] },
    ['A', 'a/9', 'recent'],
  ],
  [
    'whatever the names of the sources',
    { ...recent, precedence: ['b', 'a'] },
    { 'b/1': ['B', 2], 'a/9': ['A', 2] },
    ['B', 'b/1', 'recent'],
  ],
  [
    'HubSpot never competes for a source field',
    {},
    { 'hubspot/7': ['H', 9], 'b/1': ['B', 1] },
    ['B', 'b/1', 'precedence'],
  ],
  ['nor fills one', {}, { 'hubspot/7': ['H', 9] }, null],

  [
    'HubSpot owns its field',
    byHubspot,
    { 'hubspot/7': ['H', 1], 'a/1': ['A', 9] },
    ['H', 'hubspot/7', 'hubspot'],
  ],
  [
    'even when we wrote it',
    byHubspot,
    { 'hubspot/7': ['H', 1, true], 'a/1': ['A', 9] },
    ['H', 'hubspot/7', 'hubspot'],
  ],
  ['sources fill it for a new record', byHubspot, { 'a/1': ['A', 9] }, ['A', 'a/1', 'precedence']],

  [
    'the later HubSpot value is adopted',
    shared,
    { 'hubspot/7': ['H', 9], 'a/1': ['A', 1] },
    ['H', 'hubspot/7', 'adopted'],
  ],
  [
    'a later source value wins',
    shared,
    { 'hubspot/7': ['H', 1], 'a/1': ['A', 9] },
    ['A', 'a/1', 'precedence'],
  ],
  [
    'at one time HubSpot stays',
    shared,
    { 'hubspot/7': ['H', 5], 'a/1': ['A', 5] },
    ['H', 'hubspot/7', 'adopted'],
  ],
  [
    'only the sources’ winner competes with HubSpot',
    shared,
    { 'hubspot/7': ['H', 5], 'a/1': ['A', 1], 'b/1': ['B', 9] },
    ['H', 'hubspot/7', 'adopted'],
  ],
  [
    'an empty HubSpot value does not compete',
    shared,
    { 'hubspot/7': ['', 9], 'a/1': ['A', 1] },
    ['A', 'a/1', 'precedence'],
  ],
  [
    'nor does our own echo',
    shared,
    { 'hubspot/7': ['H', 9, true], 'a/1': ['A', 1] },
    ['A', 'a/1', 'precedence'],
  ],
  ['an echo alone is no value', shared, { 'hubspot/7': ['H', 9, true] }, null],
  ['HubSpot alone is', shared, { 'hubspot/7': ['H', 9] }, ['H', 'hubspot/7', 'adopted']],
  [
    'of two HubSpot records the later',
    shared,
    { 'hubspot/7': ['H', 1], 'hubspot/8': ['I', 2] },
    ['I', 'hubspot/8', 'adopted'],
  ],

  [
    'an opt-out beats precedence and time',
    consent,
    { 'a/1': ['false', 9], 'c/1': ['true', 1] },
    ['true', 'c/1', 'optOut'],
  ],
  [
    'also from HubSpot',
    consent,
    { 'a/1': ['false', 9], 'hubspot/7': ['true', 1] },
    ['true', 'hubspot/7', 'optOut'],
  ],
  [
    'the first to say so is its origin',
    consent,
    { 'a/1': ['true', 9], 'c/1': ['true', 1] },
    ['true', 'c/1', 'optOut'],
  ],
  [
    'an echo only when nobody else is left',
    consent,
    { 'a/1': ['true', 9], 'hubspot/7': ['true', 1, true] },
    ['true', 'a/1', 'optOut'],
  ],
  [
    'an echo keeps an opt-out',
    consent,
    { 'a/1': ['false', 9], 'hubspot/7': ['true', 1, true] },
    ['true', 'hubspot/7', 'optOut'],
  ],
  [
    'without an opt-out the usual rules',
    consent,
    { 'a/1': ['false', 1], 'b/1': ['', 9] },
    ['false', 'a/1', 'precedence'],
  ],
])('%s', (_, rule, members, expected) => {
  const { values, origins } = mergeOne(rule, members);
  const origin = origins['x'];
  expect(expected === null ? {} : { x: expected[0] }).toEqual(values);
  expect(origin ? [values['x'], `${origin.source}/${origin.key}`, origin.rule] : null).toEqual(expected);
});

test('HubSpot’s empty field is not filled by sources once HubSpot has the record', () => {
  const members = [mapped('hubspot/7', {}), mapped('a/1', { x: ['A', 1] })];
  expect(mergeGolden(members, objectRules([fieldRule('x', byHubspot)])).values).toEqual({});
});

test('the losers are those with another value, in the order of the rule, at most ten', () => {
  const { origins } = mergeOne(
    { type: 'number' },
    { 'b/1': ['3', 9], 'a/1': ['1', 5], 'a/2': ['1.0', 4], 'a/3': ['2', 3], 'hubspot/7': ['9', 9] },
  );
  expect(origins['x']).toEqual({
    source: 'a',
    stream: 's',
    key: '1',
    at: onDay(5),
    rule: 'precedence',
    losers: [
      { source: 'a', stream: 's', key: '3', value: '2', at: onDay(3) },
      { source: 'b', stream: 's', key: '1', value: '3', at: onDay(9) },
    ],
  });
  // Where HubSpot's value competes, it can lose too.
  const lost = mergeOne(shared, { 'a/1': ['A', 9], 'b/1': ['B', 1], 'hubspot/7': ['H', 5] }).origins['x'];
  expect(lost?.losers.map(({ value }) => value)).toEqual(['B', 'H']);
  const many = Object.fromEntries(
    Array.from({ length: 30 }, (_, i): [string, [string, number]] => [`a/${i}`, [`v${i}`, 1]]),
  );
  expect(mergeOne({}, many).origins['x']?.losers).toHaveLength(10);
});

test('fields without a rule stay out, and no members give nothing', () => {
  expect(mergeGolden([mapped('a/1', { y: ['v', 1] })], objectRules([fieldRule('x')]))).toEqual({
    values: {},
    origins: {},
  });
  expect(mergeGolden([], objectRules([fieldRule('x')]))).toEqual({ values: {}, origins: {} });
});

const anyRule: fc.Arbitrary<FieldRule> = fc
  .record({
    ownership: fc.constantFrom(...ownerships),
    resolve: fc.constantFrom('precedence' as const, 'recent' as const),
    precedence: fc.constantFrom<string[]>(['a', 'b'], ['b'], []),
    optOutValue: fc.option(fc.constant<string>('1'), { nil: undefined }),
    type: fc.constantFrom('string' as const, 'number' as const),
  })
  .map(({ optOutValue, ...rule }) => fieldRule('x', { ...rule, ...(optOutValue && { optOutValue }) }));

const anyMember: fc.Arbitrary<MappedRecord> = fc
  .tuple(
    fc.constantFrom('a', 'b', 'c', 'hubspot'),
    fc.integer({ min: 1, max: 3 }),
    fc.constantFrom('', '1', '1.0', '2', '3'),
    fc.integer({ min: 1, max: 3 }),
    fc.boolean(),
  )
  .map(([source, key, value, day, ours]) =>
    mapped(`${source}/${key}`, { x: source === 'hubspot' && ours ? [value, day, true] : [value, day] }),
  );

const cluster = fc.array(anyMember, { maxLength: 8 }).chain((members) =>
  fc.record({
    members: fc.constant(members),
    shuffled: fc.shuffledSubarray(members, { minLength: members.length, maxLength: members.length }),
  }),
);

test('the order of the members changes nothing', () => {
  fc.assert(
    fc.property(anyRule, cluster, (rule, { members, shuffled }) => {
      const rules = objectRules([rule]);
      expect(mergeGolden(shuffled, rules)).toEqual(mergeGolden(members, rules));
    }),
    { numRuns: 1_000 },
  );
});

test('a golden value is always some member’s, and an opt-out is never outvoted', () => {
  fc.assert(
    fc.property(anyRule, cluster, (rule, { members }) => {
      const { values, origins } = mergeGolden(members, objectRules([rule]));
      const value = values['x'];
      const said = members.map((member) => member.fields['x']?.value);
      if (rule.optOutValue !== undefined && said.includes(rule.optOutValue)) expect(Number(value)).toBe(1);
      if (value === undefined) return expect(origins).toEqual({});
      const origin = origins['x'];
      const from = members.filter(
        (m) => m.source === origin?.source && m.key === origin.key && m.fields['x']?.at === origin.at,
      );
      expect(from.map((member) => member.fields['x']?.value)).toContain(value);
    }),
    { numRuns: 1_000 },
  );
});
