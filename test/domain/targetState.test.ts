import type { KnownValues } from '../../src/domain/delivery/diffState';
import { decideWriteBack, writeBackRules, writeBackValues } from '../../src/domain/delivery/decideWriteBack';
import type { MappedRecord, MergeRule } from '../../src/domain/record';
import type { ObjectRules, StreamMap, WriteBackField } from '../../src/domain/rules';
import { mapSlice } from '../../src/activities/consolidate/mapSlice';
import { mergeGolden } from '../../src/domain/merge/mergeGolden';
import { markEchoes, readTargetState } from '../../src/domain/delivery/targetState';

const rule = (property: string, more: object = {}) => ({
  ...{ property, type: 'string' as const, ownership: 'source' as const, resolve: 'precedence' as const },
  precedence: [],
  ...more,
});
const rules: ObjectRules = {
  objectType: 'contacts',
  fields: [
    rule('city', { ownership: 'hubspot' }),
    rule('opted_out', { type: 'bool', optOutValue: 'true' }),
    rule('phone'),
  ],
  identity: { rules: [], maxSharers: 3, notEvidence: [], neverJoin: [] },
  requiredAny: [],
  whenArchived: 'leave',
  configNumber: 1,
};
const field = (property: string, to: string, more: Partial<WriteBackField> = {}): WriteBackField => ({
  ...{ property, to, transforms: [], as: 'text' },
  ...more,
});
const fields = [field('city', 'city'), field('opted_out', 'quiet'), field('phone', 'contact.tel')];
const properties = writeBackRules(rules, fields);
const ref = { source: 'desk', stream: 'callers', key: '7' };

function record(values: Record<string, string>): MappedRecord {
  const named = Object.entries(values).map(([name, value]) => [
    name,
    { value, at: '2026-01-01T00:00:00.000Z' },
  ]);
  const mapped = Object.fromEntries(named) as MappedRecord['fields'];
  return { ...ref, objectType: 'contacts', fields: mapped, references: [], identityKeys: [] };
}

const read = (
  known: KnownValues | null,
  values: Record<string, string>,
  { isNewer = true, unreadable = [] as string[] } = {},
) => readTargetState(known, { record: record(values), unreadable: new Set(unreadable), isNewer }, properties);

describe('what a target is known to hold after a read', () => {
  const empty = { city: null, opted_out: null, phone: null };

  test.each([
    ['a record seen first holds what it says', null, { phone: 'A' }, {}, { ...empty, phone: 'A' }, {}],
    [
      'what cannot be read is unknown, not empty',
      { kept: { ...empty, phone: 'A' }, sent: {} },
      {},
      { unreadable: ['phone'] },
      { city: null, opted_out: null },
      {},
    ],
    [
      'the first read after a write tells what became of it',
      { kept: { city: null, opted_out: null }, sent: { phone: 'B' } },
      { phone: 'B' },
      {},
      { ...empty, phone: 'B' },
      { phone: 'B' },
    ],
    [
      'a value that the target turned into another one stays sent',
      { kept: { city: null, opted_out: null }, sent: { phone: 'B' } },
      { phone: 'b.' },
      {},
      { ...empty, phone: 'b.' },
      { phone: 'B' },
    ],
    [
      'what somebody changed there afterwards is sent by us no more',
      { kept: { ...empty, phone: 'B' }, sent: { phone: 'B' } },
      { phone: 'C' },
      {},
      { ...empty, phone: 'C' },
      {},
    ],
    [
      'a read that began before the write was settled does not undo it',
      { kept: { city: null }, sent: { phone: 'B' } },
      { city: 'Oslo', phone: 'A', opted_out: 'true' },
      { isNewer: false },
      { city: null, opted_out: 'true' },
      { phone: 'B' },
    ],
  ])('%s', (_, known, values, how, kept, sent) => {
    expect(read(known as KnownValues | null, values as Record<string, string>, how)).toEqual({ kept, sent });
  });

  test('reading the same again changes nothing', () => {
    const once = read({ kept: {}, sent: { phone: 'B' } }, { phone: 'B', city: 'Oslo' });
    expect(read(once, { phone: 'B', city: 'Oslo' })).toEqual(once);
  });
});

test('only the values that we wrote are echoes', () => {
  const sent = [{ phone: 'B', city: 'Rome' }];
  const marked = markEchoes(record({ phone: 'B', city: 'Oslo' }), sent, properties, null);
  expect(marked.fields['phone']).toMatchObject({ value: 'B', ours: true });
  expect(marked.fields['city']).not.toHaveProperty('ours');
});

describe('what is written back', () => {
  const elsewhere = { source: 'crm', stream: 'people', key: '1' };
  const golden = (values: Record<string, string>, from = elsewhere, rule: MergeRule = 'precedence') => ({
    state: 'live' as const,
    values,
    origins: Object.fromEntries(Object.keys(values).map((name) => [name, { ...from, rule }])),
  });
  const held = (kept: Record<string, string | null>, sent: Record<string, string> = {}): KnownValues => ({
    kept,
    sent,
  });
  const wanted = (
    given: Parameters<typeof decideWriteBack>[0],
    known: KnownValues | null,
  ): Record<string, string> => decideWriteBack(given, ref, known, properties);

  test.each([
    ['another value', golden({ phone: 'B' }), held({ phone: 'A' }), { phone: 'B' }],
    ['an empty field is filled', golden({ phone: 'B' }), held({ phone: null }), { phone: 'B' }],
    ['also a field that HubSpot owns', golden({ city: 'Oslo' }), held({ city: 'Rome' }), { city: 'Oslo' }],
    ['nothing: it holds that', golden({ phone: 'B' }), held({ phone: 'B' }), {}],
    [
      'nothing: it was sent, and only the next read tells',
      golden({ phone: 'B' }),
      held({}, { phone: 'B' }),
      {},
    ],
    [
      'nothing: the target made another value of it',
      golden({ phone: 'B' }),
      held({ phone: 'b.' }, { phone: 'B' }),
      {},
    ],
    [
      'the former value again, though it was there once',
      golden({ phone: 'A' }),
      held({}, { phone: 'B' }),
      { phone: 'A' },
    ],
    ['nothing: what it holds was never read', golden({ phone: 'B' }), held({}), {}],
    ['nothing: the record was never read', golden({ phone: 'B' }), null, {}],
    ['nothing: it contributed the value itself', golden({ phone: 'B' }, ref), held({ phone: 'b' }), {}],
    [
      'what another record of the same source contributed',
      golden({ phone: 'B' }, { ...ref, key: '8' }),
      held({ phone: null }),
      { phone: 'B' },
    ],
    [
      'nothing: it is an edit that waits for a person',
      golden({ phone: 'B' }, elsewhere, 'review'),
      held({ phone: 'A' }),
      {},
    ],
    [
      'an edit that counts',
      golden({ phone: 'B' }, elsewhere, 'pinned'),
      held({ phone: 'A' }),
      { phone: 'B' },
    ],
    ['nothing: golden does not know it any more', golden({}), held({ phone: 'B' }, { phone: 'B' }), {}],
    ['an explicitly empty value', golden({ phone: '' }), held({ phone: 'B' }), { phone: '' }],
    ['an opt-out', golden({ opted_out: 'true' }), held({ opted_out: null }), { opted_out: 'true' }],
    ['no consent, ever', golden({ opted_out: 'false' }), held({ opted_out: null }), {}],
    ['nothing over an opt-out', golden({ opted_out: 'false' }), held({ opted_out: 'true' }), {}],
    [
      'nothing of a record without members',
      { ...golden({ phone: 'B' }), state: 'empty' as const },
      held({ phone: 'A' }),
      {},
    ],
  ])('%s', (_, given, known, expected) => {
    expect(wanted(given, known)).toEqual(expected);
  });

  const map: StreamMap = { ...ref, objectType: 'contacts', fields: [], references: [] };
  const reference = { options: {}, ownersByEmail: {}, pipelines: [] };
  const back = (values: Record<string, string>, given: WriteBackField[]) =>
    writeBackValues(values, given, map, reference);

  test('values go to their places, through the way back, as what the system wants', () => {
    const choice = { name: 'enum', args: { map: { true: 'J' } } };
    expect(
      back({ opted_out: 'true', phone: '+47', city: '' }, [
        field('opted_out', 'quiet', { transforms: [choice] }),
        field('phone', 'contact.tel'),
        field('city', 'city'),
      ]).values,
    ).toEqual({ quiet: 'J', 'contact.tel': '+47', city: null });
    expect(back({ opted_out: 'true' }, [field('opted_out', 'quiet', { as: 'boolean' })]).values).toEqual({
      quiet: true,
    });
    expect(back({ phone: '12.5' }, [field('phone', 'score', { as: 'number' })]).values).toEqual({
      score: 12.5,
    });
  });

  test('a number that a double would cut is a fault, and not another number', () => {
    const asNumber = [field('phone', 'n', { as: 'number' })];
    for (const phone of ['9007199254740993', '0.12345678901234567891', '0x10'])
      expect(back({ phone }, asNumber)).toMatchObject({ values: {}, faults: [{ field: 'phone' }] });
    expect(back({ phone: '9007199254740992' }, asNumber).values).toEqual({ n: 9007199254740992 });
    expect(back({ phone: '-0.000001' }, asNumber).values).toEqual({ n: -0.000001 });
  });

  test('what has no way back is a fault of its property, and the reason does not quote it', () => {
    const choice = { name: 'enum', args: { map: { true: 'J' } } };
    const { values, faults } = back({ opted_out: 'secret', phone: 'x' }, [
      field('opted_out', 'quiet', { transforms: [choice] }),
      field('phone', 'n', { as: 'number' }),
    ]);
    expect(values).toEqual({});
    expect(faults.map(({ kind, field: name }) => `${kind} ${name}`)).toEqual([
      'invalidValue opted_out',
      'invalidValue phone',
    ]);
    expect(JSON.stringify(faults)).not.toContain('secret');
  });
});

describe('an echo of our own write', () => {
  const at = '2026-02-01T00:00:00.000Z';
  const member = (source: string, values: MappedRecord['fields']): MappedRecord => ({
    ...{ source, stream: 's', key: source, objectType: 'contacts', references: [], identityKeys: [] },
    fields: values,
  });

  test('does not compete, however new and strong, and is no value of its own', () => {
    const recent = { ...rules, fields: [rule('phone', { resolve: 'recent' })] };
    const echo = member('desk', { phone: { value: 'B', at, ours: true } });
    const own = member('crm', { phone: { value: 'A', at: '2026-01-01T00:00:00.000Z' } });
    expect(mergeGolden([echo, own], recent)).toMatchObject({
      values: { phone: 'A' },
      origins: { phone: { source: 'crm', losers: [] } },
    });
    expect(mergeGolden([echo], recent).values).toEqual({});
  });

  test('of an opt-out stays one: nobody comes back because the first system forgot', () => {
    const echo = member('desk', { opted_out: { value: 'true', at, ours: true } });
    expect(mergeGolden([echo], rules).values).toEqual({ opted_out: 'true' });
  });

  const echoed = (phone: string) => ({
    ...record({}),
    fields: { phone: { value: phone, at, ours: true as const } },
  });

  test('proves nobody’s identity, also while it is on its way', () => {
    const byPhone = { name: 'phone', fields: ['phone'], fold: 'exact' as const };
    const map: StreamMap = {
      ...{ source: 'desk', stream: 'callers', objectType: 'contacts', references: [], writeBack: fields },
      fields: [{ property: 'phone', from: ['tel'], transforms: [], emptyClears: false, required: false }],
    };
    const due = {
      ...{ ...ref, payload: { tel: 'B' }, payloadHash: '', changedAt: null, stagedAt: at, readAt: at },
      ...{ gone: null, runId: null, lane: 2, dueAt: at, waitedMs: 0 },
    };
    type State = { sent: Record<string, string>; unsettled: Record<string, string>[]; isNewer?: boolean };
    const keysWith = (state: State, phone = 'A') =>
      mapSlice(
        [due],
        new Map([
          ['desk\u0000callers\u00007', { ...echoed(phone), goldenId: null, linkRule: null, keys: [] }],
        ]),
        new Map(),
        new Map([['desk\u00007', { kept: {}, isNewer: true, ...state }]]),
        {
          ...{ portalId: '1', targets: [], company: null, streamMap: () => map },
          rules: { ...rules, identity: { ...rules.identity, rules: [byPhone] } },
          reference: { options: {}, ownersByEmail: {}, pipelines: [] },
        },
      ).mapped[0]!.identityKeys.map(({ key }) => key);
    expect(keysWith({ sent: {}, unsettled: [] })).toEqual(['phone:B']);
    expect(keysWith({ sent: { phone: 'B' }, unsettled: [] })).toEqual([]);
    expect(keysWith({ sent: {}, unsettled: [{ phone: 'B' }] })).toEqual([]);
    expect(keysWith({ sent: { phone: 'C' }, unsettled: [], isNewer: false }, 'B')).toEqual([]);
    expect(keysWith({ sent: { phone: 'C' }, unsettled: [], isNewer: true }, 'B')).toEqual(['phone:B']);
  });
});
