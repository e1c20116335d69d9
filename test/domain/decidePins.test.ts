import fc from 'fast-check';
import { decidePins, type PinDecision } from '../../src/domain/merge/decidePins';
import { mergeGolden } from '../../src/domain/merge/mergeGolden';
import type { Editor, MappedRecord, Pin } from '../../src/domain/record';
import { editPolicies, ownerships, type FieldRule } from '../../src/domain/rules';
import { fieldRule, mapped, objectRules, onDay } from './sampleRules';

const dayMs = 86_400_000;

/** What happens, one after the other: the day is the place in the list. */
type Step =
  | { do: 'edit'; value: string; by: Editor | 'ours' }
  | { do: 'source'; name: string; value: string }
  | { do: 'lift' }
  | { do: 'look' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('edit' as const),
    value: fc.constantFrom('', '1', '2', '3'),
    by: fc.constantFrom<Editor | 'ours'>('person', 'integration', 'other', 'ours'),
  }),
  fc.record({
    do: fc.constant('source' as const),
    name: fc.constantFrom('a/1', 'b/1'),
    value: fc.constantFrom('', '1', '2', '3'),
  }),
  fc.constant<Step>({ do: 'lift' }),
  fc.constant<Step>({ do: 'look' }),
);

const rule: fc.Arbitrary<FieldRule> = fc
  .record({
    ownership: fc.constantFrom('source' as const, ...ownerships),
    onHubSpotEdit: fc.constantFrom(...editPolicies, 'accept' as const),
    resolve: fc.constantFrom('precedence' as const, 'recent' as const),
    pinForMs: fc.option(fc.constantFrom(2 * dayMs, 5 * dayMs), { nil: undefined }),
    optOutValue: fc.option(fc.constant('3'), { nil: undefined, freq: 4 }),
  })
  .map(({ pinForMs, optOutValue, ...given }) =>
    fieldRule('x', {
      ...given,
      ...(pinForMs !== undefined && { pinForMs }),
      ...(optOutValue !== undefined && { optOutValue }),
    }),
  );

interface Moment {
  members: MappedRecord[];
  now: string;
  decision: PinDecision;
  /** As they are stored after it. */
  pins: Pin[];
  golden: string | undefined;
  /** Whether this step was seen at once, or with those after it. */
}

function anchorOf(value: string, day: number, by: Editor | 'ours'): MappedRecord {
  const record = mapped('hubspot/7', { x: [value, day] });
  const field = record.fields['x']!;
  return {
    ...record,
    fields: { x: by === 'ours' ? { ...field, ours: true } : { ...field, by, writer: by } },
  };
}

/** Plays the steps as the database would keep them; `looks` says after which steps the record is consolidated. */
function play(steps: readonly Step[], fieldRule: FieldRule, looks: (day: number) => boolean): Moment[] {
  const rules = objectRules([fieldRule]);
  const members = new Map<string, MappedRecord>([['b/1', mapped('b/1', { x: ['0', 1] })]]);
  let pins: Pin[] = [];
  const moments: Moment[] = [];
  steps.forEach((next, index) => {
    const day = index + 2;
    if (next.do === 'edit') members.set('hubspot', anchorOf(next.value, day, next.by));
    if (next.do === 'source') members.set(next.name, mapped(next.name, { x: [next.value, day] }));
    if (next.do === 'lift') pins = pins.map((pin) => ({ ...pin, state: 'ended' }));
    if (!looks(day)) return;
    const all = [...members.values()];
    const decision = decidePins(all, rules, pins, onDay(day));
    const ended = new Set(decision.ended.map(({ pinId }) => pinId));
    pins = [
      ...pins.map((pin): Pin => (ended.has(pin.pinId) ? { ...pin, state: 'ended' } : pin)),
      ...decision.opened.map((pin, place) => ({ ...pin, pinId: `${day}.${place}` })),
    ];
    const golden = mergeGolden(all, rules, decision.inForce).values['x'];
    moments.push({ members: all, now: onDay(day), decision, pins, golden });
  });
  return moments;
}

const editOf = ({ recordId, at }: Pick<Pin, 'recordId' | 'at'>) => `${recordId} ${at}`;
const history = fc.array(step, { minLength: 1, maxLength: 14 });
const always = () => true;

test('an edit is decided on once: kept until it is lost, and then lost for good', () => {
  fc.assert(
    fc.property(history, rule, fc.infiniteStream(fc.boolean()), (steps, fieldRule, seen) => {
      const looks = steps.map(() => seen.next().value as boolean);
      const lost = new Set<string>();
      for (const { decision, pins } of play(steps, fieldRule, (day) => looks[day - 2] ?? true)) {
        expect(decision.inForce.length).toBeLessThanOrEqual(1);
        for (const pin of decision.inForce) expect(lost).not.toContain(editOf(pin));
        const edits = pins.map(editOf);
        expect(new Set(edits).size).toBe(edits.length);
        for (const pin of pins) if (pin.state === 'ended') lost.add(editOf(pin));
      }
    }),
    { numRuns: 1_000 },
  );
});

test('what is decided again at the same moment is decided already', () => {
  fc.assert(
    fc.property(history, rule, (steps, fieldRule) => {
      for (const { members, now, pins, golden } of play(steps, fieldRule, always)) {
        const again = decidePins(members, objectRules([fieldRule]), pins, now);
        expect([again.opened, again.ended]).toEqual([[], []]);
        expect(mergeGolden(members, objectRules([fieldRule]), again.inForce).values['x']).toBe(golden);
      }
    }),
    { numRuns: 500 },
  );
});

test('only people and other integrations pin, only fields of sources that take edits, and never longer than said', () => {
  fc.assert(
    fc.property(history, rule, (steps, fieldRule) => {
      for (const { decision, now } of play(steps, fieldRule, always)) {
        const { ownership, onHubSpotEdit, pinForMs } = fieldRule;
        if (ownership !== 'source' || onHubSpotEdit === 'revert') expect(decision).toEqual(nothing);
        for (const pin of decision.inForce) {
          const edit = steps[new Date(pin.at).getUTCDate() - 2];
          expect(edit).toMatchObject({
            do: 'edit',
            by: expect.stringMatching(/person|integration/) as string,
          });
          if (onHubSpotEdit === 'accept' && pinForMs !== undefined)
            expect(Date.parse(now)).toBeLessThan(Date.parse(pin.at) + pinForMs);
        }
      }
    }),
    { numRuns: 1_000 },
  );
});
const nothing: PinDecision = { inForce: [], opened: [], ended: [] };

test('the newest word counts: a pin is golden exactly while no source’s winning value is newer', () => {
  const accept = fieldRule('x', { onHubSpotEdit: 'accept', resolve: 'recent' });
  const noLift = history.map((steps) => steps.filter((next) => next.do !== 'lift'));
  fc.assert(
    fc.property(noLift, (steps) => {
      const moments = play(steps, accept, always);
      moments.forEach(({ golden, decision }, index) => {
        const past = steps.slice(0, index + 1);
        const [edit, source] = [past.findLast(isEdit), past.findLast(({ do: what }) => what === 'source')];
        const last = past.findLast((next) => next === edit || next === source);
        if (edit && last === edit) expect(golden).toBe(edit.value);
        if (source?.do === 'source' && last === source) {
          expect([golden, decision.inForce]).toEqual([source.value, []]);
        }
      });
    }),
    { numRuns: 1_000 },
  );
});
function isEdit(next: Step): next is Extract<Step, { do: 'edit' }> {
  return next.do === 'edit' && (next.by === 'person' || next.by === 'integration');
}

test('the order of members and pins changes nothing', () => {
  fc.assert(
    fc.property(history, rule, fc.boolean(), (steps, fieldRule, second) => {
      const { members = [], pins = [], now = '' } = play(steps, fieldRule, always).at(-1) ?? {};
      const two = second ? [...members, { ...anchorOf('9', 3, 'person'), key: '8' }] : members;
      const rules = objectRules([fieldRule]);
      const there = decidePins(two, rules, pins, now);
      const back = decidePins([...two].reverse(), rules, [...pins].reverse(), now);
      const sorted = ({ inForce, opened, ended }: PinDecision) => ({
        inForce,
        opened,
        ended: [...ended].sort((a, b) => (a.pinId < b.pinId ? -1 : 1)),
      });
      expect(sorted(back)).toEqual(sorted(there));
    }),
    { numRuns: 1_000 },
  );
});

test('no pin outvotes an opt-out, and none pins one', () => {
  fc.assert(
    fc.property(history, rule, (steps, given) => {
      const consent = { ...given, optOutValue: '3' };
      for (const { members, decision, golden } of play(steps, consent, always)) {
        if (members.some(({ fields }) => fields['x']?.value === '3')) expect(golden).toBe('3');
        expect(decision.opened.map(({ value }) => value)).not.toContain('3');
      }
    }),
    { numRuns: 1_000 },
  );
});
