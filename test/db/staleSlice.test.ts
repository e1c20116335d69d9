import type { PoolClient } from 'pg';
import { createConsolidate } from '../../src/activities/consolidate/consolidate';
import type { ActivityContext } from '../../src/activities/context';
import { stageRecords } from '../../src/db/staging/stagedRecords';
import { fieldMap, fieldRule, objectRules, reference, streamMap } from '../domain/sampleRules';
import { testDatabase } from '../support/testDatabase';

const portalId = '100';
const objectType = 'contacts';
const { pool } = testDatabase({ per: 'test', connections: 4 });

beforeEach(() => pool.query(`insert into portals (portal_id, name, mode) values (100, 'main', 'live')`));

const stage = (lastname: string) =>
  stageRecords(
    pool,
    { portalId, source: 'a', stream: 's' },
    objectType,
    [{ key: '1', payload: { lastname }, payloadHash: lastname, changedAt: null }],
    { runId: null, lane: 2 },
  );

/** A consolidating worker; `selected` is called when it has chosen a slice and waited for before it works on it. */
function startWorker(selected: () => Promise<void> = async () => undefined): () => Promise<unknown> {
  const map = streamMap([fieldMap('lastname')]);
  const connect = async (): Promise<PoolClient> => (await selected(), pool.connect());
  const quiet = async () => undefined;
  const context = {
    pool: { query: pool.query.bind(pool), connect },
    settings: { objects: [], sources: [{ name: 'a', streams: [{ name: 's', objectType, map }] }] },
    objectContext: async () => ({ rules: objectRules([fieldRule('lastname')]), reference }),
    doorbell: { deliver: quiet, writeBack: quiet },
    refreshStatistics: quiet,
    failpoint: quiet,
    erasureSecret: () => null,
    now: () => new Date(),
  };
  const consolidateSlice = createConsolidate(context as unknown as ActivityContext);
  return () => consolidateSlice({ portalId, objectType });
}

test('a worker that wakes up with an old slice in its hands does not bring back what the record was then', async () => {
  const other = startWorker();
  const stalled = startWorker(async () => {
    await other();
    await stage('New');
    await other();
  });
  await stage('Old');
  await stalled();
  const { rows } = await pool.query('select values from golden_records');
  expect(rows).toEqual([{ values: { lastname: 'New' } }]);
});
