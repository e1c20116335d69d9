import type { ActivityContext } from '../../src/activities/context';
import { createExtract } from '../../src/activities/extract/extract';
import { ensureBuckets } from '../../src/db/quota/quota';
import { askHubSpot, recordReply } from '../hubspot/askHubSpot';
import { sendJson } from '../hubspot/rawServer';
import { testDatabase } from '../support/testDatabase';

/** A worker whose clock is an hour ahead of the database's, which settlements are stamped with. */
const hourAhead = () => new Date(Date.now() + 3_600_000);
const bench = askHubSpot();
const portalId = '100';
const { pool } = testDatabase({ per: 'test', connections: 4 });

beforeEach(async () => {
  await pool.query(`insert into portals (portal_id, name, mode) values (100, 'main', 'live')`);
  await pool.query(
    `insert into runs (portal_id, run_id, trigger, full_read, sources) values (100, 'run', 'test', true, '{}')`,
  );
});

const stream = {
  ...{ name: 'people', objectType: 'contacts', options: {}, recordKey: ['id'], lookbackMs: 0, pageSize: 10 },
  ...{ map: {}, whenGone: 'keep' },
};
const record = { key: '1', payload: { id: '1' }, changedAt: null };
const page = { records: [record], faults: [], next: null, watermark: null };

const context = (): ActivityContext =>
  ({
    pool,
    now: hourAhead,
    failpoint: async () => undefined,
    erasureSecret: () => null,
    log: console,
    doorbell: { consolidate: async () => undefined, receive: async () => undefined },
    settings: { sources: [{ name: 'crm', lane: 2, streams: [stream] }] },
    openSource: async () => ({ readPage: async () => page }),
    afterCommit: async () => undefined,
    clientOf: async () => bench.client,
    hubspotType: (objectType: string) => objectType,
    objectContext: async () => ({
      settings: { hubspotType: 'contacts', properties: ['city'], associatedWith: [] },
      portal: { properties: [{ name: 'city' }] },
      rules: { fields: [], identity: { rules: [] } },
    }),
  }) as unknown as ActivityContext;

const extract = (source: string, name: string) =>
  createExtract(context())({ portalId, runId: 'run', source, stream: name, full: true });

test('a list read does not take back what was written to HubSpot while it was under way', async () => {
  await ensureBuckets(
    pool,
    portalId,
    (['burst', 'daily'] as const).map((bucket) => ({
      ...{ bucket, callsMax: 1_000_000, callsCap: null, windowMs: 10_000 },
    })),
  );
  await pool.query(
    `insert into known_states (portal_id, object_type, record_id, kept) values (100, 'contacts', '7', '{"city":"old"}')`,
  );
  bench.answer = (_, response) => {
    const settle = `update known_states set kept = '{"city":"ours"}', settled_at = clock_timestamp()`;
    const list = { results: [recordReply('7', { city: 'old' })] };
    void pool.query(settle).then(() => sendJson(response, 200, list));
  };
  await extract('hubspot', 'contacts');
  const { rows } = await pool.query<{ city: string }>(`select kept ->> 'city' as city from known_states`);
  expect(rows).toEqual([{ city: 'ours' }]);
});

test('what a source held before a write-back is not taken for newer than it', async () => {
  await extract('crm', 'people');
  const { rows } = await pool.query<{ isPast: boolean }>(
    `select read_at <= clock_timestamp() as "isPast" from staged_records`,
  );
  expect(rows).toEqual([{ isPast: true }]);
});
