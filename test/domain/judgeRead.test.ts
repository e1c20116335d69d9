import { judgeRead, unexplained, type KnownBefore } from '../../src/domain/receive/judgeRead';
import { editorOf, ownWriters, type PropertyVersion } from '../../src/domain/merge/propertyWriter';
import type { FieldRule } from '../../src/domain/rules';
import { fieldRule, onDay } from './sampleRules';

const own = new Set(['INTEGRATION 1']);

/** `INTEGRATION 1`, or with a user. */
function version(
  writer: string | null,
  value = 'Bath',
  day = 9,
  userId: number | null = null,
): PropertyVersion {
  const [sourceType = null, sourceId = null] = writer?.split(' ') ?? [];
  return { value, at: onDay(day), sourceType, sourceId, userId };
}

test.each([
  ['CRM_UI userId:17', 'person'],
  ['CRM_UI', 'person'],
  ['CRM_UI_BULK_ACTION userId:17', 'person'],
  ['MOBILE_IOS userId:17', 'person'],
  ['IMPORT userId:17', 'person'],
  ['IMPORT 815', 'other'],
  ['INTEGRATION 1', 'ours'],
  ['INTEGRATION 4711', 'integration'],
  ['API 4711', 'integration'],
  ['INTEGRATION', 'other'],
  ['SALESFORCE x', 'integration'],
  ['AUTOMATION_PLATFORM enrollmentId:1', 'other'],
  ['WORKFLOWS 3', 'other'],
  ['CALCULATED', 'other'],
  ['FORM 12', 'other'],
  ['MERGE_OBJECTS userId:17', 'other'],
  ['SOMETHING_NEW userId:17', 'other'],
  [null, 'other'],
])('%s is %s', (writer, editor) => {
  expect(editorOf(version(writer), own)).toBe(editor);
});

test('a user whom an integration acts for makes it no person; an import that names its user is that person’s', () => {
  expect(editorOf(version('INTEGRATION 4711', 'Bath', 9, 17), own)).toBe('integration');
  expect(editorOf(version('IMPORT 815', 'Bath', 9, 17), own)).toBe('person');
});

test('until our own writer is known no call of the API is anybody’s, but people and HubSpot’s own syncs are', () => {
  const nobody = new Set<string>();
  const writers = ['INTEGRATION 1', 'INTEGRATION 4711', 'CRM_UI userId:1', 'SALESFORCE x'];
  expect(writers.map((writer) => editorOf(version(writer), nobody))).toEqual([
    'other',
    'other',
    'person',
    'integration',
  ]);
});

test('our own writer is who calls the API with our own property, never a person who touches it', () => {
  const versions = [
    version('CRM_UI userId:1', 'g1'),
    version('MERGE_OBJECTS 3', 'g1'),
    version('INTEGRATION 5', ''),
    version('INTEGRATION', 'g1'),
    version('INTEGRATION 1', 'g1'),
    version('INTEGRATION 1', 'g2'),
  ];
  expect(ownWriters(versions)).toEqual(['INTEGRATION 1']);
});

const accept = { onHubSpotEdit: 'accept' } as const;
type Row = [
  what: string,
  rule: Partial<FieldRule>,
  now: string | null,
  before: string | null | undefined,
  intents: string[],
  asked: boolean,
];

test.each<Row>([
  ['an edit that may count', accept, 'Bath', 'York', [], true],
  ['one that a person must decide', { onHubSpotEdit: 'review' }, 'Bath', 'York', [], true],
  ['one that is written back anyway', {}, 'Bath', 'York', [], false],
  ['a shared field', { ownership: 'shared' }, 'Bath', 'York', [], true],
  ['a field of HubSpot’s own', { ownership: 'hubspot' }, 'Bath', 'York', [], false],
  ['a field that sources only fill', { ownership: 'fillEmpty' }, 'Bath', 'York', [], false],
  [
    'a field of HubSpot’s own, whatever its policy says',
    { ownership: 'hubspot', ...accept },
    'Bath',
    'York',
    [],
    false,
  ],
  ['what somebody cleared', accept, null, 'York', [], true],
  ['what somebody filled', accept, 'Bath', null, [], true],
  ['what did not change', accept, 'York', 'York', [], false],
  ['what stayed empty', accept, null, null, [], false],
  ['what was never read before', accept, 'Bath', undefined, [], false],
  ['what is on its way', accept, 'Bath', 'York', ['Hove', 'Bath'], false],
  ['what is on its way, spelled as HubSpot does', { ...accept, type: 'number' }, '7', 'York', ['7.0'], false],
  ['another value than what is on its way', accept, 'Bath', 'York', ['Hove'], true],
])('the history is asked for: %s', (_, rule, now, before, intents, asked) => {
  const known: KnownBefore = {
    kept: before === undefined ? {} : { x: before },
    intents: intents.map((value) => ({ x: value, y: 'z' })),
  };
  expect(unexplained({ x: now }, known, [fieldRule('x', rule)])).toEqual(asked ? ['x'] : []);
});

describe('judging a read', () => {
  const rules = [fieldRule('x', accept)];
  const known: KnownBefore = { kept: { x: 'York' }, intents: [{ x: 'Hove' }] };
  const judge = (now: string | null, versions: PropertyVersion[], before = known) =>
    judgeRead({ x: now }, before, { x: versions }, rules, own);

  test('the newest version names the editor, with HubSpot’s own time', () => {
    const versions = [version('CRM_UI userId:17'), version('INTEGRATION 1', 'York', 1)];
    expect(judge('Bath', versions)).toEqual({
      ours: {},
      edits: { x: { value: 'Bath', at: onDay(9), by: 'person', writer: 'CRM_UI userId:17' } },
    });
  });

  test('a cleared value has an editor too', () => {
    expect(judge(null, [version('CRM_UI userId:17', '')]).edits['x']).toMatchObject({
      value: '',
      by: 'person',
    });
  });

  test('what is on its way is ours, whatever the history says', () => {
    expect(judge('Hove', [version('CRM_UI userId:17', 'Hove')])).toEqual({ ours: { x: 'Hove' }, edits: {} });
  });

  test('what the history names us for is ours: a write whose end was lost', () => {
    expect(judge('Bath', [version('INTEGRATION 1')])).toEqual({ ours: { x: 'Bath' }, edits: {} });
  });

  test('a new record that bears our id holds our own values, although it was never read', () => {
    const created: KnownBefore = { kept: null, intents: [{ x: 'Hove' }] };
    expect(judge('Hove', [], created)).toEqual({ ours: { x: 'Hove' }, edits: {} });
    expect(judge('Bath', [version('CRM_UI userId:17')], created)).toEqual({ ours: {}, edits: {} });
  });

  test.each([
    ['it changed again meanwhile', [version('CRM_UI userId:17', 'Ely', 10), version('CRM_UI userId:17')]],
    ['HubSpot gives no history', []],
  ])('nobody is named where %s', (_, versions) => {
    expect(judge('Bath', versions)).toEqual({ ours: {}, edits: {} });
  });
});
