import { ApplicationFailure } from '@temporalio/activity';
import type { ActivityContext } from '../../src/activities/context';
import { asApplicationFailure } from '../../src/activities/failures';
import { noteLaneStop } from '../../src/activities/laneStops';
import { createRunActivities } from '../../src/activities/runs';
import { settledResult } from '../../src/activities/settledResult';
import { stageRecords } from '../../src/db/staging/stagedRecords';
import { defectFailure } from '../../src/hubspot/hubspotFailure';
import { SourceFailure } from '../../src/sources/contract';
import { testDatabase } from '../support/testDatabase';

const portalId = '100';
const runId = 'nightly';
const { pool } = testDatabase({ per: 'test' });
let context: ActivityContext;

beforeEach(async () => {
  const quiet = () => undefined;
  context = {
    ...{ pool, now: () => new Date(), failpoint: quiet },
    log: { error: quiet },
    settings: { objects: [{ objectType: 'contacts' }, { objectType: 'companies' }], sources: [] },
    doorbell: { consolidate: quiet, deliver: quiet, writeBack: quiet },
  } as unknown as ActivityContext;
  await pool.query(`insert into portals (portal_id, name, mode) values (100, 'main', 'live')`);
});

const wrong = ApplicationFailure.nonRetryable('the secret is missing: set it', 'configuration');

function fails(activity: string, input: Record<string, string>, error: unknown = wrong) {
  return noteLaneStop(context, activity, { portalId, ...input }, error, asApplicationFailure(error));
}

const look = () => settledResult(context, portalId, runId);

function stage(objectType: string): Promise<unknown> {
  const record = { key: '1', payload: {}, payloadHash: 'a', changedAt: null };
  const ref = { portalId, source: 'crm', stream: objectType };
  return stageRecords(pool, ref, objectType, [record], { runId, lane: 2 });
}

/** A golden record that waits for a target. */
async function mark(target: string): Promise<void> {
  await pool.query(
    `insert into outbox (portal_id, target, object_type, golden_id, run_id, lead_source)
     values (100, $1, 'contacts', gen_random_uuid(), $2, 'crm')`,
    [target, runId],
  );
}

const failed = (failure: string) => ({ settled: false, deferredUntil: null, reason: failure, failure });

test('consolidation that failed for good fails the runs that wait for that object, and no others', async () => {
  await stage('contacts');
  await fails('consolidateSlice', { objectType: 'companies' });
  expect(await look()).toBeNull();
  await fails('consolidateSlice', { objectType: 'contacts' });
  const failure =
    'contacts cannot be consolidated: the secret is missing: set it; mend that and start another run';
  expect(await look()).toEqual(failed(failure));
  expect(await settledResult(context, portalId, 'another')).toMatchObject({ settled: true });
});

test('a stop counts no more when another run has read all and rings the lanes, nor when nobody met it again', async () => {
  await stage('contacts');
  await fails('consolidateSlice', { objectType: 'contacts' });
  await createRunActivities(context).endReading({ portalId, runId });
  expect(await look()).toBeNull();
  await fails('consolidateSlice', { objectType: 'contacts' });
  expect(await look()).not.toBeNull();
  await pool.query(`update lane_stops set stopped_at = stopped_at - interval '4 minutes'`);
  expect(await look()).toBeNull();
});

test('what is tried again, and what HubSpot answered to a batch, stops no lane', async () => {
  await stage('contacts');
  await mark('hubspot');
  await fails('consolidateSlice', { objectType: 'contacts' }, new Error('the connection broke'));
  await fails('sendBatches', { lane: 'bulk' }, defectFailure('contacts', 403, 'a scope is missing'));
  expect((await pool.query('select from lane_stops')).rowCount).toBe(0);
  await fails('extractPage', { objectType: 'contacts' });
  expect((await pool.query('select from lane_stops')).rowCount).toBe(0);
});

test('delivery that failed for good fails the run, unless the portal is paused: then the rest waits', async () => {
  await mark('hubspot');
  expect(await look()).toBeNull();
  await fails('sendAssociations', { lane: 'bulk' });
  expect(await look()).toBeNull();
  await fails('sendBatches', { lane: 'bulk' });
  expect((await look())?.failure).toMatch(/^records cannot be delivered to HubSpot: the secret is missing/);
  await pool.query(`update portals set paused_until = 'infinity', pause_reason = 'no token'`);
  expect(await look()).toEqual({ settled: false, deferredUntil: null, reason: 'no token' });
});

test('write-backs that failed for good fail the runs that wait for that source', async () => {
  const unset = new SourceFailure('configuration', 'CLUB_URL is not set');
  await mark('club');
  await fails('sendWriteBacks', { target: 'desk' }, unset);
  expect(await look()).toBeNull();
  await fails('sendWriteBacks', { target: 'club' }, unset);
  expect((await look())?.failure).toMatch(/^nothing can be written back to club: CLUB_URL is not set/);
});
