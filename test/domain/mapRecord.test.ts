import { mapRecord } from '../../src/domain/mapping/mapRecord';
import type { JsonObject, RecordFault } from '../../src/domain/record';
import type { FieldMap, FieldRule, StreamMap } from '../../src/domain/rules';
import { fieldMap, fieldRule, objectRules, onDay, reference, streamMap } from './sampleRules';

interface Given {
  fields: FieldMap[];
  rules?: FieldRule[];
  map?: Partial<StreamMap>;
  changedAt?: string | null;
  key?: string;
}

function map(
  payload: JsonObject,
  { fields, rules = [], map: more = {}, changedAt = null, key = 'k1' }: Given,
) {
  const ref = { source: 'a', stream: 's', key, payload: 'not part of a reference' };
  const input = { ref, payload, changedAt, stagedAt: onDay(20) };
  return mapRecord(input, streamMap(fields, more), objectRules(rules), reference);
}

function valuesOf(payload: JsonObject, given: Given): Record<string, string> {
  const { record } = map(payload, given);
  return Object.fromEntries(Object.entries(record?.fields ?? {}).map(([name, { value }]) => [name, value]));
}

function brief(faults: RecordFault[]): string[] {
  return faults.map(({ kind, field }) => `${kind}:${field}`);
}

test('a record becomes canonical values with the time of its change, keys and references', () => {
  const result = map(
    {
      mail: ' Ann@Example.ORG',
      born: '24/12/1990',
      score: '7.50',
      tags: ['b', 'a'],
      company_id: 17,
      parents: ['p1', null, ' p2 '],
    },
    {
      fields: [
        fieldMap('email', { from: ['mail'], transforms: [{ name: 'email', args: {} }] }),
        fieldMap('date_of_birth', {
          from: ['born'],
          transforms: [{ name: 'isoDate', args: { formats: ['dd/MM/yyyy'] } }],
        }),
        fieldMap('score'),
        fieldMap('tags'),
      ],
      rules: [
        fieldRule('email'),
        fieldRule('date_of_birth', { type: 'date' }),
        fieldRule('score', { type: 'number' }),
        fieldRule('tags', { type: 'multiEnumeration' }),
      ],
      map: {
        references: [
          { toObject: 'companies', toSource: 'a', toStream: 'c', from: 'company_id', labels: ['primary'] },
          { toObject: 'contacts', toSource: 'a', toStream: 's', from: 'parents', labels: [] },
          { toObject: 'contacts', toSource: 'a', toStream: 's', from: 'nobody', labels: [] },
        ],
      },
      changedAt: '2024-01-05T10:00:00Z',
    },
  );
  const at = '2024-01-05T10:00:00.000Z';
  expect(result).toEqual({
    faults: [],
    record: {
      source: 'a',
      stream: 's',
      key: 'k1',
      objectType: 'contacts',
      fields: {
        email: { value: 'ann@example.org', at },
        date_of_birth: { value: '1990-12-24', at },
        score: { value: '7.5', at },
        tags: { value: 'a;b', at },
      },
      references: [
        { toObject: 'companies', toSource: 'a', toStream: 'c', toKey: '17', labels: ['primary'] },
        { toObject: 'contacts', toSource: 'a', toStream: 's', toKey: 'p1', labels: [] },
        { toObject: 'contacts', toSource: 'a', toStream: 's', toKey: 'p2', labels: [] },
      ],
      identityKeys: [{ rule: 0, key: 'email:ann@example.org' }],
    },
  });
});

type ValueRow = [what: string, payload: JsonObject, map: Partial<FieldMap>, expected: string | undefined];
const trim = [{ name: 'trim', args: {} }];
const lower = { name: 'lowercase', args: {} };

test.each<ValueRow>([
  ['missing is unknown', {}, {}, undefined],
  ['null is unknown, even where empty clears', { x: null }, { emptyClears: true }, undefined],
  ['empty is unknown', { x: '' }, {}, undefined],
  ['empty clears where configured', { x: '' }, { emptyClears: true }, ''],
  ['spaces are empty', { x: '  ' }, { emptyClears: true }, ''],
  ['spaces without a transform are unknown', { x: ' \t' }, {}, undefined],
  ['an empty list is empty', { x: [] }, { emptyClears: true }, ''],
  ['zero is a value', { x: 0 }, {}, '0'],
  ['false is a value', { x: false }, {}, 'false'],
  ['the first path with a value counts', { a: '', b: 'B', c: 'C' }, { from: ['z', 'a', 'b', 'c'] }, 'B'],
  [
    'empty only counts when no path has a value',
    { a: '', b: 'B' },
    { from: ['a', 'b'], emptyClears: true },
    'B',
  ],
  ['a dotted path', { a: { b: ['x', 'y'] } }, { from: ['a.b.1'] }, 'y'],
  ['a key with a dot', { 'a.b': 'x' }, { from: ['a.b'] }, 'x'],
  ['nothing inherited', {}, { from: ['constructor.name'] }, undefined],
  [
    'the default goes through the transforms',
    {},
    { from: [], defaultValue: ' Sales ', transforms: [...trim, lower] },
    'sales',
  ],
  ['a value beats the default', { x: 'v' }, { defaultValue: 'd' }, 'v'],
  ['an empty value takes the default', { x: '' }, { defaultValue: 'd' }, 'd'],
  ['clearing beats the default', { x: '' }, { defaultValue: 'd', emptyClears: true }, ''],
  ['transform default', { x: null }, { transforms: [{ name: 'default', args: { value: 'd' } }, lower] }, 'd'],
  [
    'what a transform empties is unknown',
    { x: 'N/A' },
    { transforms: [{ name: 'nullIf', args: { values: ['n/a'] } }, lower], emptyClears: true },
    undefined,
  ],
  ['an expression', { x: 'X' }, { from: [], expression: "record.x + 'y'", transforms: [lower] }, 'xy'],
  [
    'an expression without a result takes the default',
    {},
    { from: [], expression: 'record.?x', defaultValue: 'd' },
    'd',
  ],
  ['an expression may clear', {}, { from: [], expression: "''", emptyClears: true }, ''],
])('%s', (_, payload, more, expected) => {
  expect(valuesOf(payload, { fields: [fieldMap('x', more)], rules: [fieldRule('x')] })).toEqual(
    expected === undefined ? {} : { x: expected },
  );
});

test.each<
  [
    what: string,
    payload: JsonObject,
    map: Partial<FieldMap>,
    type: FieldRule['type'],
    fault: string,
    reason: RegExp,
  ]
>([
  ['a list for a text', { x: ['a', 'b'] }, {}, 'string', 'invalidValue:x', /^The value of 'x' is a list/],
  ['a wrong number', { x: 'secret' }, {}, 'number', 'invalidValue:x', /is no number$/],
  ['an impossible date', { x: '2023-02-29' }, {}, 'date', 'invalidValue:x', /is no possible date/],
  ['a zoneless time', { x: '2024-05-01 10:00' }, {}, 'datetime', 'invalidValue:x', /no timeZone/],
  [
    'a transform',
    { x: 'secret' },
    { transforms: [{ name: 'email', args: {} }] },
    'string',
    'invalidValue:x',
    /no e-mail/,
  ],
  [
    'a reference',
    { x: 'secret@example.org' },
    { transforms: [{ name: 'ownerByEmail', args: {} }] },
    'string',
    'unresolvedReference:x',
    /owner/,
  ],
  [
    'an option the portal lacks',
    { plan: 'secret' },
    { property: 'plan', from: ['plan'] },
    'enumeration',
    'unresolvedReference:plan',
    /is no option of 'plan'/,
  ],
  [
    'one of several options',
    { plan: 'basic;secret' },
    { property: 'plan', from: ['plan'] },
    'multiEnumeration',
    'unresolvedReference:plan',
    /is no option/,
  ],
  [
    'an expression',
    {},
    { from: [], expression: 'record.gone' },
    'string',
    'invalidValue:x',
    /^The value comes from an expression that reads 'gone'/,
  ],
])('%s is a fault of its field, and the rest goes on', (_, payload, more, type, fault, reason) => {
  const field = fieldMap('x', more);
  const { record, faults } = map(
    { ...payload, ok: 'fine' },
    { fields: [field, fieldMap('ok')], rules: [fieldRule(field.property, { type }), fieldRule('ok')] },
  );
  expect(Object.keys(record?.fields ?? {})).toEqual(['ok']);
  expect(brief(faults)).toEqual([fault]);
  expect(faults[0]?.reason).toMatch(reason);
  expect(JSON.stringify(faults)).not.toContain('secret');
});

test('options that nobody knows here, pipelines and stages are not questioned', () => {
  const rules = ['owner', 'pipeline', 'plan'].map((name) => fieldRule(name, { type: 'enumeration' }));
  const fields = rules.map(({ property }) => fieldMap(property));
  expect(valuesOf({ owner: '101', pipeline: 'default', plan: 'pro' }, { fields, rules })).toEqual({
    owner: '101',
    pipeline: 'default',
    plan: 'pro',
  });
});

test('a record without a required field is not used, and says so', () => {
  const given: Given = {
    fields: [fieldMap('x', { required: true }), fieldMap('n')],
    rules: [fieldRule('x'), fieldRule('n', { type: 'number' })],
  };
  const { record, faults } = map({ x: ' ', n: 'no' }, given);
  expect(record).toBeNull();
  expect(brief(faults)).toEqual(['missingRequired:x', 'invalidValue:n']);
  expect(map({ x: 'here' }, given).record).not.toBeNull();
});

test('an invalid required value tells both', () => {
  const { record, faults } = map(
    { x: 'no' },
    { fields: [fieldMap('x', { required: true })], rules: [fieldRule('x', { type: 'bool' })] },
  );
  expect(record).toBeNull();
  expect(brief(faults)).toEqual(['invalidValue:x', 'missingRequired:x']);
});

test('a record without a key is invalid', () => {
  const { record, faults } = map({}, { fields: [], key: '' });
  expect([record, brief(faults)]).toEqual([null, ['invalidRecord:null']]);
});

test.each<
  [
    what: string,
    changedAt: string | null,
    payload: JsonObject,
    map: Partial<StreamMap>,
    at: string,
    faults: string[],
  ]
>([
  ['the source’s time', '2024-01-05T10:00:00+02:00', {}, {}, '2024-01-05T08:00:00.000Z', []],
  [
    'a zoneless one in the stream’s zone',
    '2024-01-05 10:00',
    {},
    { timeZone: 'Europe/Madrid' },
    '2024-01-05T09:00:00.000Z',
    [],
  ],
  [
    'the payload’s',
    null,
    { changed: '2024-01-05T10:00:00Z' },
    { changedAt: 'changed' },
    '2024-01-05T10:00:00.000Z',
    [],
  ],
  ['staging, where the source is ahead of it', '2099-01-01T00:00:00Z', {}, {}, onDay(20), []],
  ['staging, where there is none', null, {}, { changedAt: 'changed' }, onDay(20), []],
  ['staging, where it is unreadable', 'yesterday', {}, {}, onDay(20), ['invalidValue:null']],
  ['staging, where no zone is known', '2024-01-05 10:00', {}, {}, onDay(20), ['invalidValue:null']],
])('the time of a value is %s', (_, changedAt, payload, more, at, expected) => {
  const given = { fields: [fieldMap('x')], rules: [fieldRule('x')], map: more, changedAt };
  const { record, faults } = map({ ...payload, x: 'v' }, given);
  expect(record?.fields['x']?.at).toBe(at);
  expect(brief(faults)).toEqual(expected);
});

test('a reference that is no key is a fault', () => {
  const references = [{ toObject: 'companies', toSource: 'a', toStream: 'c', from: 'company', labels: [] }];
  const { record, faults } = map({ company: { id: 1 } }, { fields: [], map: { references } });
  expect(record?.references).toEqual([]);
  expect(brief(faults)).toEqual(['invalidValue:null']);
});

test('a property without a rule is a text', () => {
  expect(valuesOf({ x: '1.0' }, { fields: [fieldMap('x')] })).toEqual({ x: '1.0' });
});

test('a configuration that nobody checked is refused loudly', () => {
  const given = { fields: [fieldMap('x', { transforms: [{ name: 'nope', args: {} }] })] };
  expect(() => map({ x: 1 }, given)).toThrow("no transform 'nope'");
});
