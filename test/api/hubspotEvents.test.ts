import { readHubSpotEvents, typeNamesOf } from '../../src/api/webhooks/hubspotEvents';
import type { InboxEvent } from '../../src/db/staging/inbox';
import type { JsonValue } from '../../src/domain/record';
import { hubspotEvent } from './startWebhooks';

const names = typeNamesOf({ contacts: 'contacts', firms: 'companies', courses: '2-4711', seats: '0-410' });
const now = new Date('2026-11-22T10:00:00Z');

function read(...events: Record<string, unknown>[]) {
  return readHubSpotEvents(events as JsonValue, names, now)!;
}

function one(changes: Record<string, unknown>): InboxEvent {
  const { events, ignored, unreadable } = read(hubspotEvent(changes));
  expect({ ignored, unreadable }).toEqual({ ignored: 0, unreadable: 0 });
  return events[0]!;
}

test.each([
  ['contact.creation', {}, 'created', 'contacts'],
  ['contact.propertyChange', {}, 'changed', 'contacts'],
  ['contact.deletion', {}, 'deleted', 'contacts'],
  ['contact.restore', {}, 'restored', 'contacts'],
  ['contact.privacyDeletion', {}, 'privacyDeleted', 'contacts'],
  ['company.propertyChange', {}, 'changed', 'firms'],
  ['deal.creation', {}, 'created', 'deals'],
  ['line_item.creation', {}, 'created', 'line_items'],
  ['object.propertyChange', { objectTypeId: '0-1' }, 'changed', 'contacts'],
  ['object.creation', { objectTypeId: '0-2' }, 'created', 'firms'],
  ['object.deletion', { objectTypeId: '2-4711' }, 'deleted', 'courses'],
  ['object.restore', { objectTypeId: '0-410' }, 'restored', 'seats'],
  ['object.restore', { objectTypeId: '2-99' }, 'restored', '2-99'],
])('%s %j is %s of %s', (subscriptionType, more, kind, stream) => {
  expect(one({ subscriptionType, ...more })).toMatchObject({
    ...{ portalId: '100', source: 'hubspot', kind, stream, key: '501', also: {}, payload: null },
  });
});

test('an event is a hint: no value of it is kept', () => {
  const event = one({ propertyValue: 'ann@example.org' });
  expect(JSON.stringify(event)).not.toContain('ann@example.org');
  expect(JSON.stringify(event)).not.toContain('phone');
});

test('the old name of the type, a time and an id as texts or not at all are understood', () => {
  expect(one({ subscriptionType: undefined, eventType: 'contact.creation' }).kind).toBe('created');
  expect(one({ objectId: '9007199254740993' }).key).toBe('9007199254740993');
  expect(one({ occurredAt: 1_790_000_000_123 }).occurredAt).toBe('2026-09-21T14:13:20.123Z');
  expect(one({ occurredAt: undefined }).occurredAt).toBe(now.toISOString());
  expect(one({ occurredAt: 'yesterday' }).occurredAt).toBe(now.toISOString());
});

const ids = ['objectId', 'fromObjectId', 'toObjectId', 'primaryObjectId', 'newObjectId'];
const notIds = ['', 'x', '-7', '1.5', '1'.repeat(19), -7, 1.5, 2 ** 60, true, {}, [], ['12']];

test.each<[field: string, wrong: unknown[], right: unknown[]]>([
  ...ids.map((field): [string, unknown[], unknown[]] => [field, notIds, [null, 0, 12, '12', '1'.repeat(18)]]),
  ['portalId', [...notIds, null], [12, '12']],
  [
    'mergedObjectIds',
    [7, '7', {}, [7, null], ['x', 7], [[7]], Array.from({ length: 1_001 }, (_, id) => id)],
    [null, [], [7, '8'], Array.from({ length: 1_000 }, (_, id) => id)],
  ],
  ['objectTypeId', ['', 'contacts', '0-', '123456-1', 7, ['0-1']], [null, '0-1', '2-4711']],
  [
    'subscriptionType',
    [null, 7, ['contact.creation'], `contact.${'x'.repeat(93)}`],
    [`contact.${'x'.repeat(92)}`],
  ],
])('what cannot be %s makes an event unreadable', (field, wrong, right) => {
  const event = hubspotEvent({ objectId: 1, fromObjectId: 2 });
  const verdictOf = (value: unknown) => read({ ...event, [field]: value }).unreadable;
  expect(wrong.filter((value) => verdictOf(value) === 0)).toEqual([]);
  expect(right.filter((value) => verdictOf(value) === 1)).toEqual([]);
});

test.each([[[]], [[{}]], [7], ['text'], [null], [true]])('%j is no event', (item) => {
  expect(readHubSpotEvents([item], names, now)).toEqual({ events: [], ignored: 0, unreadable: 1 });
});

test.each([
  [1, '1970-01-01T00:00:00.001Z'],
  [253_402_300_799_999, '9999-12-31T23:59:59.999Z'],
  ...[0, -1, 1.5, '1790000000000', 253_402_300_800_000, null].map((time) => [time, now.toISOString()]),
])('an event of %j happened at %s', (occurredAt, expected) => {
  expect(one({ occurredAt }).occurredAt).toBe(expected);
});

test('a merge says which records became which', () => {
  const merge = { subscriptionType: 'contact.merge', primaryObjectId: 501, mergedObjectIds: [502, 503] };
  expect(one({ ...merge, newObjectId: 900, numberOfPropertiesMoved: 3 })).toMatchObject({
    ...{ kind: 'merged', key: '501', also: { primaryId: '501', mergedIds: ['502', '503'], newId: '900' } },
  });
});

test.each([
  [
    { subscriptionType: 'contact.associationChange', associationType: 'CONTACT_TO_COMPANY' },
    'contacts',
    'firms',
  ],
  [
    { subscriptionType: 'line_item.associationChange', associationType: 'LINE_ITEM_TO_DEAL' },
    'line_items',
    'deals',
  ],
  [
    { subscriptionType: 'contact.associationChange', associationType: 'SOMETHING_ELSE' },
    'contacts',
    undefined,
  ],
  [
    {
      subscriptionType: 'object.associationChange',
      objectTypeId: '2-4711',
      fromObjectTypeId: '2-4711',
      toObjectTypeId: '0-1',
    },
    'courses',
    'contacts',
  ],
])('the ends of an association: %j', (more, stream, toStream) => {
  const event = one({
    ...more,
    objectId: undefined,
    fromObjectId: 7,
    toObjectId: 8,
    associationRemoved: true,
  });
  expect(event).toMatchObject({
    kind: 'associationChanged',
    stream,
    key: '7',
    also: { toKey: '8', removed: true },
  });
  expect(event.also.toStream).toBe(toStream);
});

test('what concerns nothing of ours is ignored, what is no event is told apart', () => {
  const { events, ignored, unreadable } = read(
    hubspotEvent({ subscriptionType: 'conversation.newMessage' }),
    hubspotEvent({ subscriptionType: 'event.completed' }),
    hubspotEvent({ subscriptionType: 'contact.somethingNew' }),
    hubspotEvent({ subscriptionType: 'contact.constructor' }),
    hubspotEvent({ subscriptionType: 'object.creation', objectTypeId: undefined }),
    hubspotEvent({ subscriptionType: undefined }),
    hubspotEvent({ portalId: 'x' }),
    hubspotEvent({ objectId: undefined }),
    hubspotEvent({ objectId: { id: 1 } }),
    hubspotEvent(),
  );
  expect({ events: events.length, ignored, unreadable }).toEqual({ events: 1, ignored: 5, unreadable: 4 });
  for (const body of [null, {}, 'text', 7]) expect(readHubSpotEvents(body, names, now)).toBeNull();
});

test('a repetition is the same event, everything else another one', () => {
  const event = hubspotEvent();
  const keyOf = (changes: Record<string, unknown>) => one({ ...event, ...changes }).eventKey;
  const own = keyOf({});
  for (const same of [
    { attemptNumber: 4 },
    { subscriptionId: 8 },
    { propertyValue: 'REDACTED' },
    { isSensitive: true },
  ])
    expect(keyOf(same)).toBe(own);
  const other = [
    ...[{ eventId: 1 }, { occurredAt: 1_790_000_000_001 }, { propertyName: 'city' }, { objectId: 502 }],
    ...[{ subscriptionType: 'contact.creation' }, { subscriptionType: 'company.propertyChange' }],
    ...[{ toObjectId: 3 }, { mergedObjectIds: [3] }, { newObjectId: 3 }, { associationRemoved: true }],
    ...[{ fromObjectTypeId: '0-3' }, { toObjectTypeId: '0-2' }, { toObjectTypeId: '0-3' }],
  ].map(keyOf);
  expect(new Set([own, ...other]).size).toBe(other.length + 1);
});

test('what a machine changed does not stand before what a person changed', () => {
  for (const changeSource of ['CRM_UI', 'FORM', undefined, null, 'SOMETHING_NEW'])
    expect(one({ changeSource }).lane).toBe(0);
  const machines = [
    'API',
    'BATCH_UPDATE',
    'BCC_TO_CRM',
    'DATASET',
    'IMPORT',
    'INTEGRATION',
    'MIGRATION',
    'SALESFORCE',
  ];
  for (const changeSource of machines) expect(one({ changeSource }).lane).toBe(2);
});
