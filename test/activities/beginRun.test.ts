import type { ActivityContext } from '../../src/activities/context';
import { createRunActivities } from '../../src/activities/runs';
import { endRun } from '../../src/db/runs/runs';
import { stageRecords } from '../../src/db/staging/stagedRecords';
import { testDatabase } from '../support/testDatabase';

const portalId = '100';
const { pool } = testDatabase({ per: 'test' });

/** Begins a run of a configuration in which the stream `crm.people` feeds this object. */
function begin(runId: string, objectType = 'contacts') {
  const quiet = () => undefined;
  const stream = { name: 'people', objectType, map: {} };
  const context = {
    ...{ pool, log: { info: quiet, warn: quiet }, failpoint: quiet, isRunRunning: () => true },
    settings: {
      sources: [{ name: 'crm', streams: [stream], dependsOn: [] }],
      objects: ['contacts', 'companies'].map((name) => ({ objectType: name, configHash: name })),
    },
    doorbell: { consolidate: quiet },
  };
  const { beginRun } = createRunActivities(context as unknown as ActivityContext);
  return beginRun({ portalId, runId, full: false, trigger: 'test' });
}

const plan = [expect.objectContaining({ source: 'hubspot' }), expect.objectContaining({ source: 'crm' })];
const states = async () => (await pool.query('select run_id, state from runs order by 1')).rows as unknown[];

test('a beginning that is tried again goes on; a run that has ended does not begin again', async () => {
  expect(await begin('r1')).toEqual(plan);
  expect(await begin('r1')).toEqual(plan);
  await endRun(pool, portalId, 'r1', 'succeeded', null);
  await expect(begin('r1')).rejects.toMatchObject({
    nonRetryable: true,
    message: expect.stringContaining('has ended already') as string,
  });
  expect(await begin('r2')).toEqual(plan);
  expect(await states()).toEqual([
    { run_id: 'r1', state: 'succeeded' },
    { run_id: 'r2', state: 'running' },
  ]);
});

test('a stream that now feeds another object is refused: what it gave so far would stay what it was', async () => {
  const ref = { portalId, source: 'crm', stream: 'people' };
  const record = { key: '1', payload: {}, payloadHash: '', changedAt: null };
  await stageRecords(pool, ref, 'contacts', [record], { runId: null, lane: 2 });
  // Reading it again changes nothing.
  await stageRecords(pool, ref, 'companies', [record], { runId: null, lane: 2 });
  expect((await pool.query('select object_type from staged_records')).rows).toEqual([
    { object_type: 'contacts' },
  ]);
  await expect(begin('r1', 'companies')).rejects.toMatchObject({
    nonRetryable: true,
    message:
      'stream people of crm feeds companies now, but what it gave so far are contacts: give it a new name, then it is read as companies',
  });
  expect(await states()).toEqual([]);
  expect(await begin('r2')).toEqual(plan);
});
