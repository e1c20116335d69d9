import { gatheringObjects } from '../../src/db/delivery/claims';
import { endGathering, extendGathering } from '../../src/db/staging/gatherings';
import { insertRun } from '../../src/db/runs/runs';
import { testDatabase } from '../support/testDatabase';

const portalId = '100';

const { pool } = testDatabase({ connections: 1 });

beforeAll(async () => {
  await pool.query(`insert into portals (portal_id, name, mode) values (100, 'main', 'live')`);
  for (const runId of ['one', 'two'])
    await insertRun(pool, portalId, { runId, trigger: 'test', full: true, sources: ['azure'] });
});
beforeEach(() => pool.query('delete from gatherings'));

const gather = (runId: string) => extendGathering(pool, portalId, ['contacts'], runId);
const held = async () => [...(await gatheringObjects(pool, portalId, ['contacts', 'companies']))];
/** As if it were so much later. */
const passed = (seconds: number) =>
  pool.query('update gatherings set until = until - make_interval(secs => $1)', [seconds]);

test('what is being read outlives workers that die and a first page that takes minutes, but not every outage', async () => {
  await gather('one');
  await passed(540);
  expect(await held()).toEqual(['contacts']);
  await passed(61);
  expect(await held()).toEqual([]);
});

test('a source that begins and a page that is read extend it', async () => {
  await gather('one');
  await passed(540);
  await gather('one');
  await passed(540);
  expect(await held()).toEqual(['contacts']);
});

test('it ends with the last run that reads, and a run that has ended holds nobody back', async () => {
  await gather('one');
  await gather('two');
  await endGathering(pool, portalId, 'one');
  expect(await held()).toEqual(['contacts']);
  await endGathering(pool, portalId, 'two');
  expect(await held()).toEqual([]);
  await pool.query(`update runs set state = 'cancelled' where run_id = 'two'`);
  await gather('two');
  expect(await held()).toEqual([]);
});
