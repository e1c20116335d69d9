import { eventKeyOf, insertEvents, type InboxEvent } from '../../src/db/staging/inbox';
import { claimJournal, moveJournal, noteJournalGap, untoldEvents } from '../../src/db/staging/journals';
import { testDatabase } from '../support/testDatabase';

const portalId = '100';
const { pool } = testDatabase({ per: 'test' });

beforeEach(() => pool.query(`insert into portals (portal_id, name) values (100, 'main'), (200, 'other')`));

const event = (key: string, more: Partial<InboxEvent> = {}): InboxEvent => ({
  ...{
    portalId,
    source: 'hubspot',
    stream: 'contacts',
    key,
    kind: 'changed',
    also: {},
    payload: null,
    lane: 2,
  },
  eventKey: eventKeyOf(['journal', key, more.kind ?? '', more.occurredAt ?? '']),
  occurredAt: '2026-11-22T10:00:00.000Z',
  ...more,
});

test('an older read moves nothing any more, neither on nor back', async () => {
  const older = await claimJournal(pool, portalId);
  expect(older.offset).toBeNull();
  expect(await moveJournal(pool, portalId, older.fence, { offset: 'a', events: 3, repairs: 1 })).toBe(true);
  const newer = await claimJournal(pool, portalId);
  expect(newer.offset).toBe('a');
  expect(await moveJournal(pool, portalId, older.fence, { offset: 'b', events: 1, repairs: 1 })).toBe(false);
  await noteJournalGap(pool, portalId, older.fence);
  expect(await moveJournal(pool, portalId, newer.fence, { offset: 'c', events: 1, repairs: 0 })).toBe(true);
  const { rows } = await pool.query('select read_offset, events::int, repairs::int, gap_at from journals');
  expect(rows).toEqual([{ read_offset: 'c', events: 4, repairs: 1, gap_at: null }]);
});

test('a gap is noted, and the next read begins with the earliest', async () => {
  const { fence } = await claimJournal(pool, portalId);
  await moveJournal(pool, portalId, fence, { offset: 'a', events: 0, repairs: 0 });
  await noteJournalGap(pool, portalId, fence);
  expect((await claimJournal(pool, portalId)).offset).toBeNull();
  expect((await pool.query('select from journals where gap_at is not null')).rowCount).toBe(1);
});

test('told is what a webhook of this portal said of the same record, at the same time', async () => {
  const told = [event('1'), event('2'), event('3', { portalId: '200' })];
  await insertEvents(
    pool,
    told.map((one, at) => ({ ...one, eventKey: eventKeyOf(['webhook', at]) })),
  );
  const journal = [
    event('1'),
    event('2', { occurredAt: '2026-11-22T10:00:00.001Z' }),
    event('2', { kind: 'deleted' }),
    event('3'),
    event('4'),
  ];
  const untold = await untoldEvents(pool, portalId, journal);
  expect(untold).toEqual(journal.slice(1));
});

test('an association is told by its other end too: two of one moment are two', async () => {
  const pair = (toStream: string, toKey: string, removed = false) =>
    event('1', { kind: 'associationChanged', also: { toStream, toKey, removed } });
  await insertEvents(pool, [{ ...pair('companies', '7'), eventKey: eventKeyOf(['webhook']) }]);
  const journal = [pair('companies', '7'), pair('companies', '8'), pair('deals', '7')];
  expect(await untoldEvents(pool, portalId, journal)).toEqual(journal.slice(1));
});
