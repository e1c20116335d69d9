import { decidePins } from '../../src/domain/merge/decidePins';
import { mergeGolden } from '../../src/domain/merge/mergeGolden';
import type { Editor, MappedRecord, Pin } from '../../src/domain/record';
import { fieldRule, mapped, objectRules, onDay } from './sampleRules';

const rule = fieldRule('x', { onHubSpotEdit: 'accept' });

/** An edit of HubSpot record `key` on a day. */
function edit(key: string, value: string, day: number, by: Editor = 'person'): MappedRecord {
  const record = mapped(`hubspot/${key}`, { x: [value, day] });
  return { ...record, fields: { x: { ...record.fields['x']!, by, writer: `of ${key}` } } };
}
const source = (value: string, day: number) => mapped('a/1', { x: [value, day] });

/** A stored pin of HubSpot record `key`, edited on a day. */
const pin = (key: string, day: number, more: Partial<Pin> = {}): Pin => ({
  ...{ pinId: `${key}.${day}`, recordId: key, property: 'x', value: 'pinned', at: onDay(day) },
  ...{ state: 'pinned', expiresAt: null },
  ...more,
});

/** The records whose pins are in force, were opened and ended. */
function decide(members: MappedRecord[], pins: Pin[], given = rule, day = 20) {
  const { inForce, opened, ended } = decidePins(members, objectRules([given]), pins, onDay(day));
  return {
    inForce: inForce.map(({ recordId, value }) => `${recordId} ${value}`),
    opened: opened.map(({ recordId, endedBy }) => `${recordId} ${endedBy}`),
    ended: ended.map(({ pinId, by }) => `${pinId} ${by}`),
  };
}
const nothing = { inForce: [], opened: [], ended: [] };

test.each<[what: string, members: MappedRecord[], pins: Pin[], decision: ReturnType<typeof decide>]>([
  [
    'an edit counts',
    [source('s', 1), edit('7', 'e', 5)],
    [],
    { ...nothing, inForce: ['7 e'], opened: ['7 null'] },
  ],
  ['without any source nothing is decided', [edit('7', 'e', 5)], [], nothing],
  [
    'what sources say nothing of can be edited, and emptied',
    [mapped('a/1', {}), edit('7', '', 5)],
    [pin('8', 4)],
    { inForce: ['7 '], opened: ['7 null'], ended: ['8.4 replaced'] },
  ],
  ['such a pin stays', [mapped('a/1', {})], [pin('8', 4)], { ...nothing, inForce: ['8 pinned'] }],
  ['nor of what a workflow wrote', [source('s', 1), edit('7', 'e', 5, 'other')], [], nothing],
  ['an edit to what sources say anyway is none', [source('e', 1), edit('7', 'e', 5)], [], nothing],
  [
    'a source is newer only when it is',
    [source('s', 5), edit('7', 'e', 5)],
    [],
    { ...nothing, inForce: ['7 e'], opened: ['7 null'] },
  ],
  [
    'an edit that a source overtook is kept as ended',
    [source('s', 6), edit('7', 'e', 5)],
    [],
    { ...nothing, opened: ['7 sourceChanged'] },
  ],
  [
    'pins of other fields are none of this one’s',
    [source('s', 1), edit('7', 'e', 5)],
    [pin('7', 4, { property: 'y' })],
    { ...nothing, inForce: ['7 e'], opened: ['7 null'] },
  ],
  [
    'an edit is decided on once',
    [source('s', 1), edit('7', 'e', 5)],
    [pin('7', 5, { state: 'ended' })],
    nothing,
  ],
  [
    'that of another record at that very moment is another one',
    [source('s', 1), edit('7', 'e', 5)],
    [pin('8', 5, { state: 'ended' })],
    { ...nothing, inForce: ['7 e'], opened: ['7 null'] },
  ],
  [
    'a newer edit replaces the pin',
    [source('s', 1), edit('7', 'e', 6)],
    [pin('8', 5)],
    { inForce: ['7 e'], opened: ['7 null'], ended: ['8.5 replaced'] },
  ],
  [
    'so does one of the same moment',
    [source('s', 1), edit('7', 'e', 5)],
    [pin('8', 5)],
    { inForce: ['7 e'], opened: ['7 null'], ended: ['8.5 replaced'] },
  ],
  [
    'an older edit does not',
    [source('s', 1), edit('7', 'e', 4)],
    [pin('8', 5)],
    { ...nothing, inForce: ['8 pinned'] },
  ],
  [
    'unless that pin has ended',
    [source('s', 1), edit('7', 'e', 4)],
    [pin('8', 5, { state: 'ended' })],
    { ...nothing, inForce: ['7 e'], opened: ['7 null'] },
  ],
  [
    'of two records in one cluster the later edit counts',
    [source('s', 1), edit('7', 'e', 5), edit('8', 'f', 6)],
    [],
    { ...nothing, inForce: ['8 f'], opened: ['8 null'] },
  ],
  [
    'at one moment that of the smaller id',
    [source('s', 1), edit('8', 'f', 5), edit('7', 'e', 5)],
    [],
    { ...nothing, inForce: ['7 e'], opened: ['7 null'] },
  ],
  [
    'a pin is over when its time is',
    [source('s', 1)],
    [pin('7', 5, { expiresAt: onDay(20) })],
    { ...nothing, ended: ['7.5 expired'] },
  ],
  [
    'not before',
    [source('s', 1)],
    [pin('7', 5, { expiresAt: onDay(21) })],
    { ...nothing, inForce: ['7 pinned'] },
  ],
  [
    'what waits for a person waits for ever',
    [source('s', 1)],
    [pin('7', 5, { state: 'review', expiresAt: onDay(20) })],
    { ...nothing, inForce: ['7 pinned'] },
  ],
])('%s', (_what, members, pins, decision) => {
  expect(decide(members, pins)).toEqual(decision);
});

test('an edit of a consent field that is no opt-out is an edit', () => {
  const consent = { ...rule, optOutValue: 'true' };
  expect(decide([source('s', 1), edit('7', 'false', 5)], [], consent).opened).toEqual(['7 null']);
  expect(decide([source('s', 1), edit('7', 'true', 5)], [], consent)).toEqual(nothing);
});

test.each([
  ['person', {}, 'pinned', null, null],
  ['integration', { onHubSpotEdit: 'review' as const }, 'review', null, null],
  ['person', { pinForMs: 86_400_000 }, 'pinned', onDay(6), 86_400_000],
] as const)('what is stored of an edit by a %s under %j', (by, more, state, expiresAt, pinForMs) => {
  const { opened } = decidePins(
    [source('s', 1), edit('7', 'e', 5, by)],
    objectRules([{ ...rule, ...more }]),
    [],
    onDay(5),
  );
  expect(opened).toEqual([
    {
      ...{ recordId: '7', property: 'x', value: 'e', at: onDay(5), setBy: by, writer: 'of 7' },
      ...{ state, endedBy: null, expiresAt, pinForMs },
    },
  ]);
});

test('a pinned value comes from the HubSpot record that was edited, whether it is still there or not', () => {
  const rules = objectRules([rule]);
  const anchor = (key: string, stream: string) => ({ ...edit(key, 'e', 5), stream });
  const members = [
    source('s', 1),
    { ...source('s', 1), key: '7' },
    anchor('8', 'theirs'),
    anchor('7', 'ours'),
  ];
  const originOf = (key: string) => mergeGolden(members, rules, [pin(key, 5)]).origins['x'];
  expect(originOf('7')).toMatchObject({ source: 'hubspot', stream: 'ours', key: '7', rule: 'pinned' });
  expect(originOf('9')).toMatchObject({ source: 'hubspot', stream: 'contacts', key: '9', rule: 'pinned' });
});
