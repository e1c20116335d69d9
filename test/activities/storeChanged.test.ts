import type { ActivityContext } from '../../src/activities/context';
import { storeChanged } from '../../src/activities/receive/storeChanged';
import { testDatabase } from '../support/testDatabase';

const goldenId = '00000000-0000-4000-8000-000000000001';
const { pool } = testDatabase({ per: 'test' });

test('what we wrote to a record that was merged is still ours in the new record that HubSpot made of it', async () => {
  await pool.query(`insert into inbox_fences (portal_id, fence) values (100, 1)`);
  await pool.query(
    `insert into known_states (portal_id, object_type, record_id, golden_id, kept, sent)
     values (100, 'contacts', '11', $1, '{"city": "York", "zip": "1"}', '{"city": "York", "zip": "1"}')`,
    [goldenId],
  );
  const doorbell = { consolidate: jest.fn(), deliver: jest.fn() };
  const context = { pool, failpoint: () => Promise.resolve(), erasureSecret: () => null, doorbell };
  const object = {
    ...{ objectType: 'contacts', id: '20', isRead: true, associations: [], merged: ['11'] },
    ...{ isErased: false, lane: 0, eventIds: ['1'] },
  };
  await storeChanged(
    { context: context as unknown as ActivityContext, portalId: '100', fence: '1' },
    {
      ...{ objectType: 'contacts', objects: [object], missing: [], associations: [] },
      merges: [{ fromId: '11', toId: '20' }],
      read: {
        records: [{ id: '20', properties: { city: 'York', zip: '2' } }],
        properties: ['city', 'zip'],
        readBegan: new Date(),
        ...{ histories: new Map(), own: [], rules: [], historyCalls: 0 },
      },
    },
  );
  const { rows } = await pool.query(`select golden_id, kept, sent from known_states where record_id = '20'`);
  expect(rows).toEqual([{ golden_id: goldenId, kept: { city: 'York', zip: '2' }, sent: { city: 'York' } }]);
  expect(doorbell.consolidate).toHaveBeenCalledWith('100', 'contacts');
});
