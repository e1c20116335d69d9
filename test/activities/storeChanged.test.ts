import type { ActivityContext } from '../../src/activities/context';
import { storeChanged } from '../../src/activities/receive/storeChanged';
import { testDatabase } from '../support/testDatabase';

const goldenId = '00000000-0000-4000-8000-000000000001';
const { pool } = testDatabase({ per: 'test' });

function contextOf() {
  const doorbell = { consolidate: jest.fn(), deliver: jest.fn() };
  const context = { pool, failpoint: () => Promise.resolve(), erasureSecret: () => null, doorbell };
  return { context: context as unknown as ActivityContext, doorbell };
}

const nothing = { histories: new Map(), own: [], rules: [], identity: [], historyCalls: 0 };

test('what we wrote to a record that was merged is still ours in the new record that HubSpot made of it', async () => {
  await pool.query(`insert into inbox_fences (portal_id, fence) values (100, 1)`);
  await pool.query(
    `insert into known_states (portal_id, object_type, record_id, golden_id, kept, sent)
     values (100, 'contacts', '11', $1, '{"city": "York", "zip": "1"}', '{"city": "York", "zip": "1"}')`,
    [goldenId],
  );
  const { context, doorbell } = contextOf();
  const object = {
    ...{ objectType: 'contacts', id: '20', isRead: true, associations: [], partners: [], merged: ['11'] },
    ...{ isErased: false, lane: 0, eventIds: ['1'] },
  };
  await storeChanged(
    { context, portalId: '100', fence: '1' },
    {
      ...{ objectType: 'contacts', objects: [object], missing: [], associations: [] },
      merges: [{ fromId: '11', toId: '20' }],
      read: {
        records: [{ id: '20', properties: { city: 'York', zip: '2' } }],
        properties: ['city', 'zip'],
        readBegan: new Date(),
        ...nothing,
      },
    },
  );
  const { rows } = await pool.query(`select golden_id, kept, sent from known_states where record_id = '20'`);
  expect(rows).toEqual([{ golden_id: goldenId, kept: { city: 'York', zip: '2' }, sent: { city: 'York' } }]);
  expect(doorbell.consolidate).toHaveBeenCalledWith('100', 'contacts');
});

test('an event of an association that was written otherwise while it was read waits for the next read', async () => {
  const readBegan = new Date();
  await pool.query(
    `insert into inbox_fences (portal_id, fence) values (100, 1);
     insert into inbox_events (portal_id, source, event_key, kind, stream, record_key, occurred_at)
     select 100, 'hubspot', gen_random_uuid(), 'associationChanged', 'contacts', key, now()
     from (values ('11'), ('12')) as told (key);
     insert into known_associations (portal_id, from_object, from_id, to_object, to_id, types, settled_at)
     values (100, 'contacts', '11', 'companies', '7', '{A:1}', clock_timestamp() + interval '1 s'),
       (100, 'contacts', '12', 'companies', '7', '{A:1}', null)`,
  );
  const { rows: told } = await pool.query<{ key: string; id: string }>(
    'select record_key as key, event_id as id from inbox_events',
  );
  const objects = told.map(({ key, id }) => ({
    ...{
      objectType: 'contacts',
      id: key,
      isRead: false,
      merged: [],
      partners: [],
      isErased: false,
      lane: 0,
      eventIds: [id],
    },
    associations: [{ objectType: 'contacts', id: key, toObject: 'companies' }],
  }));
  await storeChanged(
    { context: contextOf().context, portalId: '100', fence: '1' },
    {
      ...{ objectType: 'contacts', objects, missing: [], merges: [] },
      associations: [
        { objectType: 'contacts', toObject: 'companies', fromIds: ['11', '12'], associations: [] },
      ],
      read: { records: [], properties: [], readBegan, ...nothing },
    },
  );
  const { rows: left } = await pool.query('select record_key from inbox_events where settled_at is null');
  expect(left).toEqual([{ record_key: '11' }]);
  const { rows: known } = await pool.query('select from_id from known_associations');
  expect(known).toEqual([{ from_id: '11' }]);
});
