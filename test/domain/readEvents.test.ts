import fc from 'fast-check';
import { readEvents, type ReceivedEvent } from '../../src/domain/receive/readEvents';

const tracked = { contacts: ['companies'], companies: [], deals: ['contacts'] };
let eventId = 0;

function event(kind: ReceivedEvent['kind'], more: Partial<ReceivedEvent> = {}): ReceivedEvent {
  eventId += 1;
  return {
    ...{ eventId: String(eventId), kind, source: 'hubspot', stream: 'contacts', key: '1', also: {} },
    ...{
      payload: null,
      lane: 0,
      occurredAt: '2026-01-01T00:00:00.000Z',
      receivedAt: '2026-01-01T00:00:01.000Z',
    },
    ...more,
  };
}

test('a record is read once, however many events tell of it', () => {
  const events = [event('created'), event('changed'), event('changed'), event('changed', { key: '2' })];
  const { objects } = readEvents(events, tracked);
  expect(objects.map(({ id, isRead, eventIds }) => ({ id, isRead, events: eventIds.length }))).toEqual([
    { id: '1', isRead: true, events: 3 },
    { id: '2', isRead: true, events: 1 },
  ]);
});

test('the same id of two object types is two records', () => {
  const { objects } = readEvents([event('changed'), event('changed', { stream: 'deals' })], tracked);
  expect(objects.map(({ objectType, id }) => `${objectType} ${id}`)).toEqual(['contacts 1', 'deals 1']);
});

test.each([
  { told: { primaryId: '1', mergedIds: ['2'], newId: '9' }, winner: '9', merged: ['1', '2'] },
  { told: { primaryId: '1', mergedIds: ['2'] }, winner: '1', merged: ['2'] },
  { told: { mergedIds: ['2', '3'] }, winner: '1', merged: ['2', '3'] },
])('the winner of a merge told as $told is $winner, and only it is read', ({ told, winner, merged }) => {
  const events = [
    event('deleted', { key: '2' }),
    event('merged', { also: told }),
    event('changed', { key: '2' }),
    event('changed'),
  ];
  const { objects } = readEvents(events, tracked);
  expect(objects).toEqual([
    {
      ...{
        objectType: 'contacts',
        id: winner,
        isRead: true,
        isErased: false,
        lane: 0,
        merged: expect.any(Array),
      },
      associations: [{ objectType: 'contacts', id: winner, toObject: 'companies' }],
      partners: ['deals'],
      eventIds: expect.any(Array),
    },
  ]);
  expect([...objects[0]!.merged].sort()).toEqual(merged);
  expect([...objects[0]!.eventIds].sort()).toEqual(events.map((one) => one.eventId).sort());
});

test('a merge that is told of the loser is the winner’s, and a chain is followed to its end', () => {
  const merge = (key: string, into: string) =>
    event('merged', { key, also: { primaryId: into, mergedIds: [key] } });
  const { objects } = readEvents([merge('3', '4'), merge('1', '2'), merge('2', '3')], tracked);
  expect(objects.map(({ id, merged }) => ({ id, merged: [...merged].sort() }))).toEqual([
    { id: '4', merged: ['1', '2', '3'] },
  ]);
});

test('a winner that lost in turn is followed, in whatever order the merges are told; a circle ends', () => {
  const first = event('merged', { key: '2', also: { primaryId: '2', mergedIds: ['1'] } });
  const second = event('merged', { key: '3', also: { primaryId: '3', mergedIds: ['2'] } });
  for (const events of [
    [first, second],
    [second, first],
  ]) {
    const { objects } = readEvents(events, tracked);
    expect(objects.map(({ id, merged }) => ({ id, merged: [...merged].sort() }))).toEqual([
      { id: '3', merged: ['1', '2'] },
    ]);
  }
  const back = event('merged', { key: '1', also: { primaryId: '1', mergedIds: ['3'] } });
  const ids = readEvents([first, second, back], tracked).objects.flatMap((object) => object.eventIds);
  expect(ids.sort()).toEqual([first, second, back].map((one) => one.eventId).sort());
});

test.each([
  { stream: 'contacts', to: 'companies', read: [['contacts', '1', 'companies']] },
  { stream: 'companies', to: 'contacts', read: [['contacts', '7', 'companies']] },
  { stream: 'companies', to: 'deals', read: [] },
])(
  'an association of $stream with $to is read from the side that is tracked: $read',
  ({ stream, to, read }) => {
    const told = event('associationChanged', { stream, also: { toStream: to, toKey: '7' } });
    const { objects } = readEvents([told, told], tracked);
    expect(objects).toHaveLength(1);
    expect(objects[0]!.isRead).toBe(false);
    expect(objects[0]!.associations.map((one) => [one.objectType, one.id, one.toObject])).toEqual(read);
  },
);

test.each<[what: string, told: Partial<ReceivedEvent>[], asked: Record<string, string[]>, read: string[]]>([
  [
    'of one record with two is read from both, each once',
    [{ also: { toStream: 'contacts', toKey: '7' } }, { also: { toStream: 'contacts', toKey: '8' } }],
    tracked,
    ['contacts 7 companies', 'contacts 8 companies'],
  ],
  [
    'that is tracked from both sides is read from both',
    [{ also: { toStream: 'contacts', toKey: '1' } }],
    { contacts: ['companies'], companies: ['contacts'] },
    ['companies 1 contacts', 'contacts 1 companies'],
  ],
  [
    'between two of one type is read from the one that is told',
    [{ also: { toStream: 'companies', toKey: '7' } }],
    { companies: ['companies'] },
    ['companies 1 companies'],
  ],
  [
    'without its other end is read where this end is tracked',
    [{ also: { toStream: 'contacts' } }],
    tracked,
    [],
  ],
  ['that tells no other type is not read', [{ also: { toKey: '7' } }], tracked, []],
])('an association %s', (_what, told, asked, read) => {
  const events = told.map((more) => event('associationChanged', { stream: 'companies', ...more }));
  const { objects } = readEvents(events, asked);
  const found = objects.flatMap(({ associations }) => associations);
  expect(found.map(({ objectType, id, toObject }) => `${objectType} ${id} ${toObject}`)).toEqual(read);
});

test('a restored record is read with its associations, one that only changed without', () => {
  const both = { ...tracked, contacts: ['companies', 'deals'] };
  const [object] = readEvents([event('restored')], both).objects;
  expect(object).toMatchObject({
    isRead: true,
    associations: [{ toObject: 'companies' }, { toObject: 'deals' }],
  });
  for (const kind of ['created', 'changed', 'deleted'] as const)
    expect(readEvents([event(kind)], both).objects).toMatchObject([
      { isRead: true, associations: [], partners: [] },
    ]);
});

test.each(['restored', 'merged'] as const)(
  'associations of a %s record that are tracked from the other side are read from there',
  (kind) => {
    const [object] = readEvents([event(kind, { stream: 'companies' })], tracked).objects;
    expect(object).toMatchObject({ isRead: true, associations: [], partners: ['contacts'] });
  },
);

test('an erased person is not read once more, whatever else is told', () => {
  for (const kinds of [
    ['privacyDeleted', 'deleted', 'changed'] as const,
    ['deleted', 'restored', 'privacyDeleted'] as const,
  ]) {
    const { objects } = readEvents(
      kinds.map((kind) => event(kind)),
      tracked,
    );
    expect(objects).toMatchObject([{ id: '1', isErased: true, isRead: false, partners: [] }]);
  }
});

test('events about what nobody configured are ignored, and said to be', () => {
  const foreign = event('changed', { stream: '2-77' });
  expect(readEvents([foreign], tracked)).toEqual({ objects: [], pushed: [], ignored: [foreign.eventId] });
});

test('of a record that a source sent several times the latest by its own time counts', () => {
  const pushed = (time: string, name: string) =>
    event('pushed', {
      ...{ source: 'club', stream: 'members', key: 'm1', payload: { name }, lane: 1 },
      occurredAt: `2026-01-01T${time}Z`,
    });
  const events = [pushed('10:00:00', 'old'), pushed('12:00:00', 'new'), pushed('11:00:00', 'late')];
  const { pushed: records, objects } = readEvents(events, tracked);
  expect(objects).toEqual([]);
  expect(records).toMatchObject([{ source: 'club', stream: 'members', key: 'm1', payload: { name: 'new' } }]);
  expect(records[0]!.eventIds).toHaveLength(3);
  const same = readEvents([pushed('10:00:00', 'first'), pushed('10:00:00', 'second')], tracked);
  expect(same.pushed.map(({ payload }) => payload['name'])).toEqual(['second']);
});

test('a source’s own stream is none of HubSpot’s objects, whatever it is called', () => {
  const pushed = ['contacts', 'members'].map((stream) =>
    event('pushed', { source: 'club', stream, payload: {} }),
  );
  const plan = readEvents(pushed, tracked);
  expect([plan.objects, plan.ignored]).toEqual([[], []]);
  expect(plan.pushed.map(({ stream }) => stream)).toEqual(['contacts', 'members']);
});

test('every event is settled by exactly one object, pushed record or as ignored', () => {
  const kinds = [
    'created',
    'changed',
    'deleted',
    'restored',
    'merged',
    'associationChanged',
    'privacyDeleted',
  ] as const;
  const id = fc.integer({ min: 1, max: 6 }).map(String);
  const anyEvent = fc.record({
    kind: fc.constantFrom(...kinds),
    stream: fc.constantFrom('contacts', 'companies', 'deals', '2-77'),
    key: id,
    also: fc.record(
      {
        ...{ primaryId: id, mergedIds: fc.array(id, { maxLength: 3 }), newId: id },
        ...{ toStream: fc.constantFrom('contacts', 'companies', '2-77'), toKey: id },
      },
      { requiredKeys: [] },
    ),
  });
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 30 }), (told) => {
      const events = told.map(({ kind, ...more }) => event(kind, more));
      const { objects, ignored } = readEvents(events, tracked);
      const settled = [...objects.flatMap(({ eventIds }) => eventIds), ...ignored];
      expect(settled.sort()).toEqual(events.map((one) => one.eventId).sort());
      const names = objects.map(({ objectType, id: of }) => `${objectType} ${of}`);
      expect(new Set(names).size).toBe(names.length);
    }),
  );
});
