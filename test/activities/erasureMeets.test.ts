import type { ActivityContext } from '../../src/activities/context';
import { stagePage } from '../../src/activities/extract/stagePage';
import { createReceive } from '../../src/activities/receive/receive';
import { inTransaction, lockInTransaction, type Queryable } from '../../src/db/pool';
import { eventKeyOf, insertEvents } from '../../src/db/staging/inbox';
import { testDatabase } from '../support/testDatabase';
import { until } from '../support/until';

// Outside of a worker there is no activity that could be cancelled while it sleeps.
jest.mock('@temporalio/activity', () => ({
  ...jest.requireActual<object>('@temporalio/activity'),
  sleep: async () => undefined,
}));

const portalId = '100';
const mail = 'ann@people.example';
const { pool } = testDatabase({ per: 'test', connections: 6 });

beforeEach(() =>
  pool.query(
    `insert into portals (portal_id, name) values (100, 'main');
     insert into object_configs (portal_id, object_type, config_number, config_hash) values (100, 'deals', 1, '');
     insert into reference_data (portal_id, object_type, kind, body) values (100, 'contacts', 'properties', '[]');
     insert into mapped_records (portal_id, source, stream, record_key, object_type, fields, keys, golden_id, config_number)
     values (100, 'hubspot', 'contacts', '7', 'contacts', '{}', '{email:ann@people.example}',
       '00000000-0000-4000-8000-000000000001', 1)`,
  ),
);

/** As another worker's page of orders that comes in just then. */
const stageOrder = () => inTransaction(pool, stageIn);

async function stageIn(tx: Queryable): Promise<void> {
  const ref = { portalId, source: 'shop', stream: 'orders' };
  const order = { key: 'o1', payload: { remark: `Ask ${mail}` }, changedAt: null };
  const by = { runId: null, lane: 2, secret: () => null };
  await stagePage(tx, ref, 'deals', [order], by);
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

/** Receives that the person was deleted for privacy. @param failpoints what happens at them */
async function erase(failpoints: Record<string, () => Promise<void>> = {}): Promise<void> {
  await insertEvents(pool, [
    {
      ...{ portalId, source: 'hubspot', stream: 'contacts', key: '7', kind: 'privacyDeleted', also: {} },
      ...{ eventKey: eventKeyOf(['one']), payload: null, lane: 0, occurredAt: new Date().toISOString() },
    },
  ]);
  const failpoint = async (name: string) => failpoints[name]?.();
  await createReceive({ ...context, pool, failpoint } as unknown as ActivityContext)({ portalId });
}

async function untilOneWaits(): Promise<void> {
  await until(
    () =>
      pool.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      ),
    ({ rowCount }) => rowCount === 1,
  );
}

const remarks = async () =>
  (await pool.query(`select payload ->> 'remark' as remark from staged_records`)).rows;
const clean = [{ remark: 'Ask [erased]' }];

test('what mentions a person and is staged while she is being erased is clean too', async () => {
  await erase({ 'receive.read': stageOrder });
  expect(await remarks()).toEqual(clean);
  expect((await pool.query('select from erasures')).rowCount).toBe(1);
});

test('it is clean though the worker dies as soon as the erasure is committed', async () => {
  const died = erase({
    'receive.read': stageOrder,
    'receive.committed': () => Promise.reject(new Error('died')),
  });
  await expect(died).rejects.toThrow('died');
  expect((await pool.query('select from mapped_records')).rowCount).toBe(0);
  expect(await remarks()).toEqual(clean);
});

test('a page that is being staged when the erasure begins is waited for, and cleaned', async () => {
  let erased!: Promise<void>;
  await inTransaction(pool, async (tx) => {
    await stageIn(tx);
    erased = erase();
    await untilOneWaits();
  });
  await erased;
  expect(await remarks()).toEqual(clean);
});

test('records that are being consolidated from what was staged before are waited for, and cleaned', async () => {
  let erased!: Promise<void>;
  await inTransaction(pool, async (tx) => {
    await lockInTransaction(tx, 'consolidate:100:deals');
    await tx.query(
      `insert into mapped_records (portal_id, source, stream, record_key, object_type, fields, keys, config_number)
       values (100, 'shop', 'orders', 'o1', 'deals', $1, '{}', 1)`,
      [JSON.stringify({ remark: { value: `Ask ${mail}` } })],
    );
    erased = erase();
    await untilOneWaits();
  });
  await erased;
  const { rows } = await pool.query(`select fields #>> '{remark,value}' as remark from mapped_records`);
  expect(rows).toEqual(clean);
});
