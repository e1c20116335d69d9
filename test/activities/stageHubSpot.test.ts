import type { HubSpotRead } from '../../src/activities/receive/readHistories';
import { stageHubSpotRecords } from '../../src/activities/extract/stageHubSpot';
import { databaseTime } from '../../src/db/clock';
import { inTransaction } from '../../src/db/pool';
import { settleArchived } from '../../src/db/delivery/settleWritten';
import { recordSchema } from '../../src/hubspot/schemas';
import { testDatabase } from '../support/testDatabase';

const portalId = '100';
const ref = { portalId, source: 'hubspot', stream: 'contacts' };
const { pool } = testDatabase({ per: 'test' });

/** Reads and stages the record as HubSpot holds it. @returns how many records became due */
async function read(city: string): Promise<number> {
  const found: HubSpotRead = {
    records: [{ id: '7', properties: { city } }],
    properties: ['city'],
    // Cut to milliseconds it is early: later than what was settled just before.
    readBegan: new Date((await databaseTime(pool)).getTime() + 1),
    ...{ histories: new Map(), own: [], rules: [], identity: [], historyCalls: 0 },
  };
  const by = { runId: null, lane: 2, secret: () => null };
  const { staged } = await inTransaction(pool, (tx) => stageHubSpotRecords(tx, ref, found, by));
  await pool.query('update staged_records set due_at = null');
  return staged;
}

test('a record is looked at when it is new or changed, and not when it is read again', async () => {
  expect(await read('York')).toBe(1);
  expect(await read('York')).toBe(0);
  expect(await read('Leeds')).toBe(1);
});

test('a record that was archived, and is there again as it was, is looked at', async () => {
  await read('York');
  await settleArchived(pool, portalId, 'contacts', ['7']);
  expect(await read('York')).toBe(1);
  expect(await read('York')).toBe(0);
});

test('a value that HubSpot cut inside of an emoji stops nothing', async () => {
  const { properties, propertiesWithHistory } = recordSchema.parse({
    id: '7',
    properties: { city: 'York\ud83d', zip: 'a\0' },
    propertiesWithHistory: { city: [{ value: 'York\ud83d', timestamp: '2026-11-22T10:00:00Z' }] },
  });
  expect(propertiesWithHistory).toMatchObject({ city: [{ value: 'York' }] });
  expect(properties).toEqual({ city: 'York', zip: 'a' });
  expect(await read(properties['city']!)).toBe(1);
});
