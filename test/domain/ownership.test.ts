import { decidePins, type PinDecision } from '../../src/domain/merge/decidePins';
import { diffState } from '../../src/domain/delivery/diffState';
import { mergeGolden } from '../../src/domain/merge/mergeGolden';
import type { MappedRecord, Pin } from '../../src/domain/record';
import type { FieldRule } from '../../src/domain/rules';
import { hubspotOf, pinsOf, pinText, rowsOf, ruleOf, sourcesOf, today, valueOf } from './ownershipTables';
import { objectRules } from './sampleRules';

/** What golden is, as the page says it: `York (precedence)`, `empty (pinned)`, `nothing`. */
function goldenOf(rule: FieldRule, members: MappedRecord[], pins: readonly Pin[]): string {
  const { values, origins } = mergeGolden(members, objectRules([rule]), pins);
  return values['x'] === undefined ? 'nothing' : `${values['x'] || 'empty'} (${origins['x']!.rule})`;
}

function decide(rule: FieldRule, members: MappedRecord[], pins: Pin[]): PinDecision {
  return decidePins(members, objectRules([rule]), pins, today);
}

test.each(rowsOf('Which value is golden').map((row) => [row['case']!, row] as const))('%s', (_, row) => {
  const rule = ruleOf(row['field']!);
  const members = [...sourcesOf(row['sources']!), ...hubspotOf(row['HubSpot']!)];
  expect(goldenOf(rule, members, decide(rule, members, []).inForce)).toBe(row['golden']);
});

test.each(rowsOf('Edits that count').map((row) => [row['case']!, row] as const))('a pin: %s', (_, row) => {
  const rule = ruleOf(row['field']!);
  const members = [...hubspotOf(row['HubSpot']!), ...sourcesOf(row['sources']!)];
  const before = pinsOf(row['pin so far']!);
  const decision = decide(rule, members, before);
  expect(goldenOf(rule, members, decision.inForce)).toBe(row['golden']);
  const then = [
    ...before.map((pin) => pinText(pin, decision.ended.find(({ pinId }) => pinId === pin.pinId)?.by ?? null)),
    ...decision.opened.map((pin) => pinText(pin, pin.endedBy)),
  ];
  expect(then.join('; ') || 'none').toBe(row['pin then']);
});

test.each(rowsOf('What is written').map((row) => [row['case']!, row] as const))('written: %s', (_, row) => {
  const value = (name: string) => (row[name] === 'nothing' ? {} : { x: valueOf(row[name]!) });
  const known = { kept: value('HubSpot holds'), sent: value('we sent') };
  const written = diffState({ golden: value('golden'), known, rules: [ruleOf(row['field']!)] });
  expect(written).toEqual(value('written'));
});
