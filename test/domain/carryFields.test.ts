import fc from 'fast-check';
import { carryFields } from '../../src/domain/mapping/carryFields';
import { sameProperty } from '../../src/domain/values/canonicalValue';
import { fieldMap, fieldRule, mapped, objectRules, onDay, streamMap } from './sampleRules';

const rules = objectRules([
  fieldRule('x'),
  fieldRule('n', { type: 'number' }),
  fieldRule('opt_out', { type: 'bool', optOutValue: 'true' }),
]);

test('a first record is taken as it is', () => {
  const next = mapped('a/1', { x: ['v', 1] });
  expect(carryFields(null, next, rules)).toBe(next);
});

test('an equal value keeps its earlier time, a changed one takes the new', () => {
  const carried = carryFields(
    mapped('a/1', { x: ['v', 1], n: ['1', 1] }),
    mapped('a/1', { x: ['v', 5], n: ['2', 5] }),
    rules,
  );
  expect(carried.fields).toEqual({ x: { value: 'v', at: onDay(1) }, n: { value: '2', at: onDay(5) } });
});

test('the echo mark is the one of now', () => {
  const carried = carryFields(
    mapped('hubspot/1', { x: ['v', 1, true] }),
    mapped('hubspot/1', { x: ['v', 5] }),
    rules,
  );
  expect(carried.fields).toEqual({ x: { value: 'v', at: onDay(1) } });
});

test('an edit that gives a value again has the time of HubSpot’s history', () => {
  const { fields } = mapped('hubspot/1', { x: ['v', 5] });
  const edited = { ...fields['x']!, by: 'person' as const, writer: 'CRM_UI userId:1' };
  const next = { ...mapped('hubspot/1', {}), fields: { x: edited } };
  expect(carryFields(mapped('hubspot/1', { x: ['v', 1] }), next, rules).fields).toEqual({ x: edited });
});

test('an unknown value is carried; an explicit empty one is not blanked over', () => {
  const previous = mapped('a/1', { x: ['v', 1], n: ['1', 1] });
  expect(carryFields(previous, mapped('a/1', { x: ['', 5] }), rules).fields).toEqual({
    x: { value: '', at: onDay(5) },
    n: { value: '1', at: onDay(1) },
  });
});

test('a field that the stream no longer maps, or that no rule knows, is not carried', () => {
  const previous = mapped('a/1', { x: ['v', 1], n: ['1', 1], old: ['o', 1] });
  expect(Object.keys(carryFields(previous, mapped('a/1', {}), rules).fields)).toEqual(['x', 'n']);
  expect(
    Object.keys(carryFields(previous, mapped('a/1', {}), rules, streamMap([fieldMap('n')])).fields),
  ).toEqual(['n']);
});

test('HubSpot is read whole: what it lacks now is empty', () => {
  expect(carryFields(mapped('hubspot/1', { x: ['v', 1] }), mapped('hubspot/1', {}), rules).fields).toEqual(
    {},
  );
});

test.each([
  ['taken back', 'false'],
  ['cleared', ''],
])('an opt-out stays when it is %s', (_, value) => {
  const previous = mapped('a/1', { opt_out: ['true', 1] });
  for (const next of [mapped('a/1', { opt_out: [value, 5] }), mapped('a/1', {})]) {
    expect(carryFields(previous, next, rules).fields).toEqual({ opt_out: { value: 'true', at: onDay(1) } });
  }
});

test('no opt-out becomes one', () => {
  const carried = carryFields(
    mapped('a/1', { opt_out: ['false', 1] }),
    mapped('a/1', { opt_out: ['true', 5] }),
    rules,
  );
  expect(carried.fields).toEqual({ opt_out: { value: 'true', at: onDay(5) } });
});

const anyField = fc.tuple(fc.constantFrom('', '1', '2', 'true'), fc.integer({ min: 1, max: 28 }));
const anyFields = fc.dictionary(
  fc.constantFrom('x', 'n', 'opt_out'),
  anyField as fc.Arbitrary<[string, number]>,
  { maxKeys: 3 },
);

test('laws: nothing known is lost, what is new is there, and repeating changes nothing', () => {
  fc.assert(
    fc.property(anyFields, anyFields, (before, now) => {
      const previous = mapped('a/1', before);
      const next = mapped('a/1', now);
      const carried = carryFields(previous, next, rules);
      expect(Object.keys(carried.fields).sort()).toEqual(
        [...new Set([...Object.keys(before), ...Object.keys(now)])].sort(),
      );
      for (const rule of rules.fields) {
        const field = carried.fields[rule.property];
        const asNow = next.fields[rule.property];
        const asBefore = previous.fields[rule.property];
        if (!field) continue;
        expect([asNow?.value, asBefore?.value]).toContain(field.value);
        if (rule.optOutValue && asBefore?.value === rule.optOutValue)
          expect(field.value).toBe(rule.optOutValue);
        else if (asNow) expect(field.value).toBe(asNow.value);
        if (asBefore && sameProperty(rule, field.value, asBefore.value))
          expect(field.at <= asBefore.at).toBe(true);
      }
      expect(carryFields(carried, next, rules)).toEqual(carried);
    }),
  );
});
