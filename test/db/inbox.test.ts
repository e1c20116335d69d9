import {
  claimInboxSlice,
  clearSettledEvents,
  eventKeyOf,
  insertEvents,
  settleInbox,
  waitingInboxes,
  type InboxEvent,
} from '../../src/db/staging/inbox';
import { inTransaction } from '../../src/db/pool';
import { untilOneWaits } from '../support/lockWait';
import { testDatabase } from '../support/testDatabase';

const portalId = '100';
const { pool } = testDatabase({ per: 'test', connections: 6 });

beforeEach(() => pool.query(`insert into portals (portal_id, name) values (100, 'main'), (200, 'other')`));

function event(key: string, number: number, more: Partial<InboxEvent> = {}): InboxEvent {
  return {
    portalId,
    source: 'hubspot',
    stream: 'contacts',
    key,
    eventKey: eventKeyOf([key, number]),
    kind: 'changed',
    also: {},
    payload: null,
    lane: 0,
    occurredAt: '2026-11-22T10:00:00.000Z',
    ...more,
  };
}

const settle = (fence: string, eventIds: string[]) =>
  inTransaction(pool, (tx) => settleInbox(tx, portalId, fence, eventIds));

const idsOf = (slice: { events: { eventId: string }[] } | null) =>
  (slice?.events ?? []).map(({ eventId }) => eventId);

test('an object type that is told by its type id is stored by our name, as its own portal calls it', async () => {
  await pool.query(
    `insert into reference_data (portal_id, object_type, kind, body) values (100, 'courses', 'typeId', '"2-7"'),
       (200, 'rooms', 'typeId', '"2-7"'), (100, 'rooms', 'labels', '"2-8"')`,
  );
  await insertEvents(pool, [
    event('1', 1, { stream: '2-7' }),
    event('2', 1, { stream: '2-8' }),
    event('3', 1, { stream: '2-7', portalId: '200' }),
    event('4', 1, { kind: 'associationChanged', also: { toStream: '2-7', toKey: '1' } }),
    event('5', 1, { stream: '2-7', source: 'crm', kind: 'pushed' }),
  ]);
  const { rows } = await pool.query(
    'select record_key as key, stream, also from inbox_events order by record_key',
  );
  expect(rows).toEqual([
    { key: '1', stream: 'courses', also: {} },
    { key: '2', stream: '2-8', also: {} },
    { key: '3', stream: 'rooms', also: {} },
    { key: '4', stream: 'contacts', also: { toStream: 'courses', toKey: '1' } },
    { key: '5', stream: '2-7', also: {} },
  ]);
});

test('a repeated event is folded, also after it was settled, and never into that of another portal or source', async () => {
  const first = await insertEvents(pool, [event('1', 1), event('1', 1), event('1', 2)]);
  expect(first).toEqual({ newIn: [{ portalId, events: 2 }], unknownPortals: [] });
  const slice = await claimInboxSlice(pool, portalId, 10);
  expect(await settle(slice!.fence, idsOf(slice))).toBe(true);

  const elsewhere = [event('1', 1, { portalId: '200' }), event('1', 1, { source: 'crm', kind: 'pushed' })];
  const again = await insertEvents(pool, [event('1', 1), event('1', 2), ...elsewhere]);
  expect(again.newIn).toEqual(
    expect.arrayContaining([
      { portalId, events: 1 },
      { portalId: '200', events: 1 },
    ]),
  );
  expect(await waitingInboxes(pool)).toEqual(expect.arrayContaining(['100', '200']));
});

test('events of a portal that nobody knows are dropped and told', async () => {
  const told = await insertEvents(pool, [event('1', 1, { portalId: '999' }), event('2', 1)]);
  expect(told).toEqual({
    newIn: [{ portalId, events: 1 }],
    unknownPortals: [{ portalId: '999', events: 1 }],
  });
  expect(await waitingInboxes(pool)).toEqual(['100']);
});

test('a slice holds all events of its records, the urgent ones first, in the order of arrival', async () => {
  await insertEvents(
    pool,
    [1, 2, 3].map((number) => event('bulk', number, { lane: 2 })),
  );
  await insertEvents(pool, [event('other', 1, { lane: 2 })]);
  await insertEvents(pool, [event('urgent', 1)]);
  await insertEvents(pool, [event('bulk', 4)]);

  const slice = await claimInboxSlice(pool, portalId, 2);
  expect(slice!.events.map(({ key }) => key)).toEqual(['bulk', 'bulk', 'bulk', 'urgent', 'bulk']);
  expect(await settle(slice!.fence, idsOf(slice))).toBe(true);

  const rest = await claimInboxSlice(pool, portalId, 2);
  expect(rest!.events).toMatchObject([
    {
      key: 'other',
      stream: 'contacts',
      source: 'hubspot',
      kind: 'changed',
      lane: 2,
      also: {},
      payload: null,
    },
  ]);
  expect(rest!.events[0]!.occurredAt).toMatch(/^2026-11-22T10:00:00\.\d+Z$/);
  expect(await settle(rest!.fence, idsOf(rest))).toBe(true);
  expect(await claimInboxSlice(pool, portalId, 2)).toBeNull();
  expect(await waitingInboxes(pool)).toEqual([]);
});

test.each<[string, arrivals: [key: string, lane: number][], slices: string[]]>([
  [
    'more than is looked at: the urgent is found behind what came before it',
    [
      ['a', 2],
      ['a', 2],
      ['a', 2],
      ['a', 2],
      ['a', 2],
      ['b', 0],
    ],
    ['b0', 'a2 a2 a2 a2', 'a2'],
  ],
  [
    'the most urgent event of a record counts',
    [
      ['a', 2],
      ['b', 1],
      ['a', 0],
    ],
    ['a2 a0', 'b1'],
  ],
  [
    'of equally urgent records, whose first event is older',
    [
      ['a', 1],
      ['b', 1],
      ['a', 1],
    ],
    ['a1 a1', 'b1'],
  ],
])('slices of one record: %s', async (_what, arrivals, slices) => {
  // One by one: the order within a call is that of the keys.
  for (const [number, [key, lane]] of arrivals.entries())
    await insertEvents(pool, [event(key, number, { lane })]);
  const claimed: string[] = [];
  const client = await pool.connect();
  // Else the index that is read brings its order along, whatever the statement says.
  await client.query('set enable_indexscan = off; set enable_bitmapscan = off');
  for (;;) {
    const slice = await claimInboxSlice(client, portalId, 1);
    if (!slice) break;
    claimed.push(slice.events.map(({ key, lane }) => key + lane).join(' '));
    await settle(slice.fence, idsOf(slice));
  }
  client.release(true);
  expect(claimed).toEqual(slices);
});

test('an older slice that wakes up late settles nothing; the newer one holds the same events', async () => {
  await insertEvents(pool, [event('1', 1), event('2', 1)]);
  const stalled = await claimInboxSlice(pool, portalId, 10);
  const newer = await claimInboxSlice(pool, portalId, 10);
  expect(idsOf(newer)).toEqual(idsOf(stalled));
  expect(await settle(stalled!.fence, idsOf(stalled))).toBe(false);
  expect(await settle(newer!.fence, idsOf(newer))).toBe(true);
});

test('a claim that meets a settlement waits for it and does not take its events again', async () => {
  await insertEvents(pool, [event('1', 1)]);
  const slice = await claimInboxSlice(pool, portalId, 10);
  let later: ReturnType<typeof claimInboxSlice> | undefined;
  await inTransaction(pool, async (tx) => {
    expect(await settleInbox(tx, portalId, slice!.fence, idsOf(slice))).toBe(true);
    later = claimInboxSlice(pool, portalId, 10);
    await untilOneWaits(pool);
  });
  expect(await later!).toBeNull();
});

test('what arrives for a claimed record is not settled with it', async () => {
  await insertEvents(pool, [event('1', 1)]);
  const slice = await claimInboxSlice(pool, portalId, 10);
  await insertEvents(pool, [event('1', 2)]);
  expect(await settle(slice!.fence, idsOf(slice))).toBe(true);
  expect((await claimInboxSlice(pool, portalId, 10))!.events).toHaveLength(1);
});

test('a pushed record is handed over once and its payload does not stay', async () => {
  const pushed = event('p', 1, {
    source: 'crm',
    stream: 'people',
    kind: 'pushed',
    payload: { id: 'p', n: 1 },
  });
  await insertEvents(pool, [pushed]);
  const slice = await claimInboxSlice(pool, portalId, 10);
  expect(slice!.events).toMatchObject([{ source: 'crm', stream: 'people', payload: { id: 'p', n: 1 } }]);
  await settle(slice!.fence, idsOf(slice));
  const { rows } = await pool.query('select payload, settled_at is not null as settled from inbox_events');
  expect(rows).toEqual([{ payload: null, settled: true }]);
});

test.each(['as', 'against'])('requests never block each other %s the order of their keys', async (order) => {
  const byKey = [event('1', 1), event('2', 1)].sort((a, b) => (a.eventKey < b.eventKey ? -1 : 1));
  let other: ReturnType<typeof insertEvents> | undefined;
  await inTransaction(pool, async (tx) => {
    await insertEvents(tx, [byKey[0]!]);
    other = insertEvents(pool, order === 'as' ? byKey : [...byKey].reverse());
    await untilOneWaits(pool);
    // A deadlock if the other one held the second event already.
    await insertEvents(tx, [byKey[1]!]);
  });
  expect(await other!).toEqual({ newIn: [], unknownPortals: [] });
});

test('settled events are forgotten after their days, unsettled ones never', async () => {
  await insertEvents(pool, [event('old', 1), event('new', 1)]);
  const slice = await claimInboxSlice(pool, portalId, 10);
  await settle(slice!.fence, idsOf(slice));
  await insertEvents(pool, [event('waiting', 1)]);
  await pool.query(
    `update inbox_events set received_at = now() - interval '30 days',
       settled_at = case record_key when 'old' then now() - interval '5 days' else settled_at end`,
  );
  await clearSettledEvents(pool);
  const { rows } = await pool.query('select record_key from inbox_events order by 1');
  expect(rows.map((row) => row.record_key)).toEqual(['new', 'waiting']);
});
