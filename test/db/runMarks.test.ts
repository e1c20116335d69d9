import { settledPairs } from '../../src/db/delivery/associationClaims';
import { refreshAssociations } from '../../src/db/golden/goldenAssociations';
import { registerConfig } from '../../src/db/staging/objectConfigs';
import { markDue } from '../../src/db/delivery/outbox';
import { inTransaction } from '../../src/db/pool';
import { movedStreams, stageRecords } from '../../src/db/staging/stagedRecords';
import { clearDue, selectDue } from '../../src/db/staging/dueRecords';
import { countUnsettled, unsettledStage } from '../../src/db/delivery/settlement';
import { testDatabase } from '../support/testDatabase';
import { acme, ann, insertAnnAndAcme, referToAcme } from './annAtAcme';

const portalId = '100';
const ref = { portalId, source: 'crm', stream: 'people' };
const { pool } = testDatabase({ per: 'test' });

beforeEach(() => pool.query(`insert into portals (portal_id, name, mode) values (100, 'main', 'live')`));

const stage = (payloadHash: string, runId: string | null, keys = ['1']) =>
  stageRecords(
    pool,
    ref,
    'contacts',
    keys.map((key) => ({ key, payload: { payloadHash }, payloadHash, changedAt: null })),
    { runId, lane: runId === null ? 0 : 2 },
  );

const objectTypes = ['contacts', 'companies'];
const stageOf = (runId: string) => unsettledStage(pool, portalId, runId, objectTypes);

async function runOf(table: string): Promise<string | null> {
  const { rows } = await pool.query<{ run_id: string | null }>(`select run_id from ${table}`);
  expect(rows).toHaveLength(1);
  return rows[0]!.run_id;
}

describe('a staged record', () => {
  test('stays the run’s that waits for it when a webhook stages it again', async () => {
    await stage('a', 'nightly');
    await stage('b', null);
    expect(await stageOf('nightly')).toBe('staged');
  });

  test('is taken over by another run', async () => {
    await stage('a', 'nightly');
    await stage('b', 'partners');
    expect(await runOf('staged_records')).toBe('partners');
  });

  test('is nobody’s when a webhook stages it after the run was done with it', async () => {
    await stage('a', 'nightly');
    await clearDue(pool, portalId, await selectDue(pool, portalId, 'contacts', 10));
    await stage('b', null);
    expect(await runOf('staged_records')).toBeNull();
  });

  test('that a changed configuration makes due is the run’s that brings it, in one write of all', async () => {
    await stage('a', 'nightly');
    await clearDue(pool, portalId, await selectDue(pool, portalId, 'contacts', 10));
    const register = (hash: string, runId: string) =>
      inTransaction(pool, (tx) => registerConfig(tx, portalId, 'contacts', hash, runId));
    expect(await register('old', 'first')).toBe(0);
    expect(await register('old', 'second')).toBe(0);
    expect(await register('new', 'third')).toBe(1);
    expect(await runOf('staged_records')).toBe('third');
  });

  test('comes in a slice of its run alone: two runs that meet wait each for their own', async () => {
    await stage('a', 'nightly', ['1', '2']);
    await stage('a', 'partners', ['3']);
    await stage('b', null, ['2']);
    await pool.query('update staged_records set lane = 2');
    const runs = async () => (await selectDue(pool, portalId, 'contacts', 10)).map(({ runId }) => runId);
    expect(await runs()).toEqual(['nightly', 'nightly']);
    await clearDue(pool, portalId, await selectDue(pool, portalId, 'contacts', 10));
    expect(await runs()).toEqual(['partners']);
  });
});

describe.each([['hubspot', 'records'] as const, ['eol', 'writeBacks'] as const])(
  'a mark for %s',
  (target, stageName) => {
    const mark = (runId: string | null) =>
      markDue(pool, portalId, 'contacts', runId, [{ target, goldenId: ann, lane: 2, leadSource: 'crm' }]);

    test('stays the run’s that waits for it when the echo of our own write marks it again', async () => {
      await mark('nightly');
      await mark(null);
      expect(await stageOf('nightly')).toBe(stageName);
    });

    test('is taken over by another run', async () => {
      await mark('nightly');
      await mark('partners');
      expect(await stageOf('nightly')).toBeNull();
      expect(await stageOf('partners')).toBe(stageName);
    });

    test('that was parked is nobody’s when no run marks it again', async () => {
      await mark('nightly');
      await pool.query('update outbox set parked = true');
      await mark(null);
      expect(await runOf('outbox')).toBeNull();
    });
  },
);

test('in hold a mark in flight is waited for while somebody works on its batch, and not longer', async () => {
  await markDue(pool, portalId, 'contacts', 'nightly', [{ goldenId: ann, lane: 2, leadSource: 'crm' }]);
  await pool.query(
    `with batch as (
       insert into delivery_batches (portal_id, kind, object_type, operation, lane)
       values (100, 'records', 'contacts', 'update', 2) returning batch_id)
     update outbox set batch_id = batch.batch_id from batch`,
  );
  await pool.query(`update portals set mode = 'hold'`);
  const stageWhen = async (expires: string) => {
    await pool.query(`update delivery_batches set expires_at = now() + $1::interval`, [expires]);
    return unsettledStage(pool, portalId, 'nightly', objectTypes);
  };
  expect(await stageWhen('1 minute')).toBe('records');
  expect(await stageWhen('-1 minute')).toBeNull();
});

describe('an association', () => {
  const refresh = (runId: string | null) =>
    inTransaction(pool, (tx) => refreshAssociations(tx, portalId, 'contacts', [ann], [], runId, 'companies'));
  const label = (labels: string) => pool.query('update record_references set labels = $1', [labels]);

  beforeEach(async () => {
    await insertAnnAndAcme(pool);
    await referToAcme(pool, []);
    await refresh('nightly');
  });

  test('stays the run’s that waits for it when a change of no run meets it', async () => {
    await label('{boss}');
    await refresh(null);
    expect(await runOf('golden_associations')).toBe('nightly');
    await pool.query('delete from record_references');
    await refresh(null);
    expect(await runOf('golden_associations')).toBe('nightly');
  });

  test('is nobody’s when no run changes it after it was made or parked', async () => {
    await pool.query('update golden_associations set due = false');
    await label('{boss}');
    await refresh(null);
    expect(await runOf('golden_associations')).toBeNull();
    await pool.query(`update golden_associations set run_id = 'nightly', parked = true`);
    await pool.query('delete from record_references');
    await refresh(null);
    expect(await runOf('golden_associations')).toBeNull();
  });
});

test('a stream whose records were staged as another object is told, whether it has many or none', async () => {
  await stage('a', 'nightly');
  const streams = (objectType: string) =>
    ['people', 'other'].map((stream) => ({ source: 'crm', stream, objectType }));
  expect(await movedStreams(pool, portalId, streams('contacts'))).toEqual([]);
  expect(await movedStreams(pool, portalId, streams('companies'))).toEqual([
    { source: 'crm', stream: 'people', objectType: 'companies', before: 'contacts' },
  ]);
  expect(await movedStreams(pool, '200', streams('companies'))).toEqual([]);
});

test('nobody waits for what is left of an object that is not configured any more', async () => {
  await stageRecords(pool, ref, 'tickets', [{ key: '1', payload: {}, payloadHash: '', changedAt: null }], {
    ...{ runId: 'nightly', lane: 2 },
  });
  const marks = ['hubspot', 'eol'].map((target) => ({ target, goldenId: ann, lane: 2, leadSource: 'crm' }));
  await markDue(pool, portalId, 'tickets', 'nightly', marks);
  await pool.query(
    `insert into golden_associations (portal_id, from_object, from_golden, to_object, to_golden, labels, wanted, run_id,
       lead_source)
     values (100, 'tickets', $1, 'contacts', $2, '{}', true, 'nightly', 'crm'),
       (100, 'contacts', $2, 'tickets', $1, '{}', true, 'nightly', 'crm')`,
    [ann, acme],
  );
  await pool.query(
    `insert into known_states (portal_id, object_type, record_id, golden_id, kept)
     values (100, 'tickets', '1', $1, '{}'), (100, 'contacts', '2', $2, '{}')`,
    [ann, acme],
  );
  expect(await stageOf('nightly')).toBeNull();
  const counted = await countUnsettled(pool, portalId, 'nightly', [...objectTypes, 'tickets']);
  expect(counted).toEqual({ staged: 1, records: 1, associations: 2, writeBacks: 1 });
  await pool.query('delete from outbox');
  expect(await settledPairs(pool, portalId, objectTypes)).toEqual([]);
});
