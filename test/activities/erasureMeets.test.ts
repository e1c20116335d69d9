import type { ActivityContext } from '../../src/activities/context';
import { stagePage } from '../../src/activities/extract/stagePage';
import { createReceive } from '../../src/activities/receive/receive';
import { inTransaction } from '../../src/db/pool';
import { eventKeyOf, insertEvents } from '../../src/db/staging/inbox';
import { testDatabase } from '../support/testDatabase';

// Outside of a worker there is no activity that could be cancelled while it sleeps.
jest.mock('@temporalio/activity', () => ({
  ...jest.requireActual<object>('@temporalio/activity'),
  sleep: async () => undefined,
}));

const portalId = '100';
const mail = 'ann@people.example';
const { pool } = testDatabase({ connections: 4 });

beforeAll(() =>
  pool.query(
    `insert into portals (portal_id, name) values (100, 'main');
     insert into reference_data (portal_id, object_type, kind, body) values (100, 'contacts', 'properties', '[]');
     insert into mapped_records (portal_id, source, stream, record_key, object_type, fields, keys, golden_id, config_number)
     values (100, 'hubspot', 'contacts', '7', 'contacts', '{}', '{email:ann@people.example}',
       '00000000-0000-4000-8000-000000000001', 1)`,
  ),
);

/** As another worker's page of orders that comes in just then. */
async function stageOrder(): Promise<void> {
  const ref = { portalId, source: 'shop', stream: 'orders' };
  const order = { key: 'o1', payload: { remark: `Ask ${mail}` }, changedAt: null };
  const by = { runId: null, lane: 2, secret: () => null };
  await inTransaction(pool, (tx) => stagePage(tx, ref, 'deals', [order], by));
}

const contacts = { objectType: 'contacts', hubspotType: 'contacts', associatedWith: [], properties: [] };
const rules = {
  fields: [],
  identity: { rules: [{ name: 'email', fields: ['email'], fold: 'email' }], notEvidence: [], maxSharers: 3 },
};
const context = {
  log: { info: () => undefined, warn: () => undefined },
  settings: { objects: [contacts], sources: [] },
  now: () => new Date(),
  erasureSecret: () => null,
  clientOf: async () => ({ apiVersion: '2026-09', send: async () => Promise.reject(new Error('no calls')) }),
  hubspotType: (name: string) => name,
  objectContext: async () => ({ rules, settings: contacts, portal: { properties: [] } }),
  doorbell: { consolidate: async () => undefined, deliver: async () => undefined },
};

test('what mentions a person and is staged while she is being erased is clean too', async () => {
  await insertEvents(pool, [
    {
      ...{ portalId, source: 'hubspot', stream: 'contacts', key: '7', kind: 'privacyDeleted', also: {} },
      ...{ eventKey: eventKeyOf(['one']), payload: null, lane: 0, occurredAt: new Date().toISOString() },
    },
  ]);
  const meeting = {
    ...context,
    pool,
    failpoint: async (name: string) => (name === 'receive.read' ? stageOrder() : undefined),
  } as unknown as ActivityContext;
  await createReceive(meeting)({ portalId });
  const { rows } = await pool.query(`select payload ->> 'remark' as remark from staged_records`);
  expect(rows).toEqual([{ remark: 'Ask [erased]' }]);
  expect((await pool.query('select from erasures')).rowCount).toBe(1);
});
