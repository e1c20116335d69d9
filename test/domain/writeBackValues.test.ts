import { decideWriteBack, writeBackRules, writeBackValues } from '../../src/domain/delivery/decideWriteBack';
import type { FieldRule, WriteBackField } from '../../src/domain/rules';
import { fieldRule, objectRules, reference, streamMap } from './sampleRules';

const field = (more: Partial<WriteBackField> = {}): WriteBackField => ({
  ...{ property: 'plan', to: 'p', transforms: [], as: 'text' },
  ...more,
});
const back = (value: string, more: Partial<WriteBackField>) =>
  writeBackValues({ plan: value }, [field(more)], streamMap([]), reference);
const step = (name: string, args: Record<string, unknown> = {}) => ({ name, args });
const noWay = (reason: string) => ({ values: {}, faults: [{ kind: 'invalidValue', field: 'plan', reason }] });

test.each<[what: string, value: string, Partial<WriteBackField>, unknown]>([
  ['a text', 'x', {}, 'x'],
  ['nothing as null', '', {}, null],
  ['nothing as null, whatever is wanted', '', { as: 'number' }, null],
  ['nothing, which the steps never see', '', { transforms: [step('enum', { map: { a: 'b' } })] }, null],
  ['nothing, which a default fills', '', { transforms: [step('default', { value: 'none' })] }, 'none'],
  ['a list', 'a;b', { transforms: [step('split', { by: ';' })] }, ['a', 'b']],
  ['true', 'true', { as: 'boolean' }, true],
  ['false', 'false', { as: 'boolean' }, false],
  ['a number', '7', { as: 'number' }, 7],
])('what goes back is %s', (_what, value, more, expected) => {
  expect(back(value, more)).toEqual({ values: { p: expected }, faults: [] });
});

test('what has no way back is a fault of its property, and the others go', () => {
  expect(back('yes', { as: 'boolean' })).toEqual(
    noWay("The value has no way back to 'p': it is neither true nor false"),
  );
  const both = [
    field({ as: 'number' }),
    field({ property: 'city', to: 'c' }),
    field({ property: 'zip', to: 'z' }),
  ];
  const { values, faults } = writeBackValues({ plan: 'x', city: 'York' }, both, streamMap([]), reference);
  expect([values, faults.map(({ field: name }) => name)]).toEqual([{ c: 'York' }, ['plan']]);
});

test('only the properties that are written back have rules there, and all of them are written', () => {
  const rules = objectRules([
    fieldRule('city', { ownership: 'hubspot' }),
    fieldRule('phone'),
    fieldRule('zip'),
  ]);
  const fields = [field({ property: 'phone' }), field({ property: 'city' })];
  expect(writeBackRules(rules, fields).map(({ property, ownership }) => `${property} ${ownership}`)).toEqual([
    'city source',
    'phone source',
  ]);
});

const ref = { source: 'desk', stream: 'callers', key: '7' };
test.each([
  [ref, {}],
  [{ ...ref, source: 'crm' }, { plan: 'b' }],
  [{ ...ref, stream: 'members' }, { plan: 'b' }],
  [{ ...ref, key: '8' }, { plan: 'b' }],
])('a value of %j is written to a record of another name only', (origin, written) => {
  const golden = {
    state: 'live' as const,
    values: { plan: 'b' },
    origins: { plan: { ...origin, rule: 'precedence' as const } },
  };
  const rules: FieldRule[] = [fieldRule('plan'), fieldRule('city')];
  const known = { kept: { plan: 'a', city: 'York' }, sent: { city: 'York' } };
  expect(decideWriteBack(golden, ref, known, rules)).toEqual(written);
});
