import { addDrift, countDrift, runDrift, takeMissing } from '../../src/db/staging/drift';
import { saveReadArchived, saveReadStates } from '../../src/db/delivery/knownStates';
import { insertRun } from '../../src/db/runs/runs';
import { noteSeenKeys } from '../../src/db/staging/stagedRecords';
import { testDatabase } from '../support/testDatabase';

const portalId = '100';
const runId = 'audit';
const golden = '6f0c4a52-8a0e-4a63-9d5c-0d5f6a1b2c3d';
const contacts = { portalId, source: 'hubspot', stream: 'contacts' };
const { pool } = testDatabase({ per: 'test' });

beforeEach(async () => {
  await pool.query(`insert into portals (portal_id, name) values (100, 'main')`);
  await know('1', { email: 'ada@club.example', city: 'Lagos', phone: null });
  await know('2', { email: 'ben@club.example', city: 'Leeds', phone: null });
  await insertRun(pool, portalId, { runId, trigger: 'audit', full: true, sources: ['hubspot'] });
});

const know = (recordId: string, kept: Record<string, string | null>, at = new Date(Date.now() - 60_000)) =>
  saveReadStates(pool, portalId, 'contacts', [{ recordId, kept, updatedAt: null }], at);

const count = (recordId: string, kept: Record<string, string | null>, readBegan = new Date()) =>
  countDrift(pool, portalId, runId, 'contacts', [{ recordId, kept }], readBegan);

/** A frozen change of ours, that nobody has settled. */
async function freeze(recordId: string | null, properties: Record<string, string>): Promise<void> {
  await pool.query(
    `with batch as (insert into delivery_batches (portal_id, kind, object_type, operation, lane)
       values (100, 'records', 'contacts', 'update', 2) returning batch_id)
     insert into intents (batch_id, golden_id, portal_id, object_type, record_id, properties, before, golden_version,
       lead_source) select batch_id, $1, 100, 'contacts', $2, $3, '{}', 1, 'club' from batch`,
    [golden, recordId, JSON.stringify(properties)],
  );
}

const drift = async () =>
  (await runDrift(pool, portalId, runId)).map(({ kind, property, count: times }) => [kind, property, times]);

test('a value that is other, new or empty now is drift of its property; one that was never read is none', async () => {
  await count('1', { email: 'ada@club.example', city: null, phone: '+441', job: 'pilot' });
  await count('2', { email: 'ben@club.example', city: 'Paris', phone: null });
  expect(await drift()).toEqual([
    ['changed', 'city', 2],
    ['changed', 'phone', 1],
  ]);
});

test('what a frozen change of ours explains is no drift, nor is what one settled after the read began', async () => {
  await freeze('1', { city: 'Paris' });
  await count('1', { email: 'ada@club.example', city: 'Paris', phone: '+441' });
  await pool.query(`update known_states set settled_at = now() where record_id = '2'`);
  await count('2', { email: 'ben@club.example', city: 'Paris', phone: null }, new Date(Date.now() - 1_000));
  expect(await drift()).toEqual([['changed', 'phone', 1]]);
});

test('records that nobody knew are counted once each, but for those that we are just creating', async () => {
  await freeze(null, { email: 'eve@club.example' });
  await count('3', { email: 'eve@club.example', tributary_id: golden });
  await count('4', { email: 'new@hubspot.example', tributary_id: null });
  expect(await drift()).toEqual([['unknown', '', 1]]);
});

test('a record that is back from the archive is told as that, whatever it holds', async () => {
  await saveReadArchived(pool, portalId, 'contacts', ['1'], new Date());
  await count('1', { email: 'ada@club.example', city: 'Paris', phone: null });
  expect(await drift()).toEqual([['returned', '', 1]]);
});

test('missing are the records known before the run that its read has not seen', async () => {
  await know('5', { email: 'late@hubspot.example' }, new Date(Date.now() + 1_000));
  await know('6', { email: 'old@hubspot.example' });
  await saveReadArchived(pool, portalId, 'contacts', ['6'], new Date(Date.now() - 30_000));
  await noteSeenKeys(pool, contacts, '7', ['1']);
  await noteSeenKeys(pool, contacts, '6', ['2']);
  expect(await takeMissing(pool, contacts, runId, '7')).toEqual(['2']);
  await addDrift(pool, portalId, runId, {
    objectType: 'deals',
    kind: 'changed',
    property: 'amount',
    count: 0,
  });
  expect(await drift()).toEqual([['missing', '', 1]]);
  expect((await pool.query('select from seen_keys')).rowCount).toBe(0);
});
