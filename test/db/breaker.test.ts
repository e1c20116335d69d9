import {
  closeBreaker,
  growBatches,
  noteAnswer,
  noteFailure,
  openBreaker,
  shrinkBatches,
  takeProbe,
} from '../../src/db/delivery/breaker';
import { findPortal, pausePortal, resumePortal } from '../../src/db/portals';
import { testDatabase } from '../support/testDatabase';

const portal = '100';
const { pool } = testDatabase({ connections: 4 });

beforeEach(async () => {
  await pool.query('delete from portals');
  await pool.query(`insert into portals (portal_id, name, mode) values (100, 'main', 'live')`);
});

const portalNow = () => findPortal(pool, portal);
const passed = () => pool.query(`update portals set paused_until = now() - interval '1 second'`);

test('failures in a row are counted over all workers, and an answer forgets them', async () => {
  const notes = await Promise.all([1, 2, 3].map(() => noteFailure(pool, portal)));
  expect(notes.map(({ failures }) => failures).sort()).toEqual([1, 2, 3]);
  await noteAnswer(pool, portal);
  expect(await noteFailure(pool, portal)).toEqual({ failures: 1, openings: 0, isPaused: false });
});

test('open, it says until when and why, and does not open again meanwhile', async () => {
  await openBreaker(pool, portal, 60_000, 'HubSpot is down');
  await openBreaker(pool, portal, 600_000, 'another reason');
  expect(await portalNow()).toMatchObject({ isPaused: true, isBroken: true, pauseReason: 'HubSpot is down' });
  expect((await portalNow())!.pausedUntil!.getTime()).toBeLessThan(Date.now() + 120_000);
  expect(await noteFailure(pool, portal)).toMatchObject({ openings: 1, isPaused: true });
});

test('half-open, only one caller gets the one call, and nobody while it is open', async () => {
  expect(await takeProbe(pool, portal, 60_000)).toBe(false);
  await openBreaker(pool, portal, 60_000, 'HubSpot is down');
  expect(await takeProbe(pool, portal, 60_000)).toBe(false);
  await passed();
  const taken = await Promise.all([1, 2, 3, 4].map(() => takeProbe(pool, portal, 60_000)));
  expect(taken.filter((mine) => mine)).toHaveLength(1);
  // Whoever had it died: after a while another one may try.
  await pool.query(`update portals set probe_until = now() - interval '1 second'`);
  expect(await takeProbe(pool, portal, 60_000)).toBe(true);
});

test('half-open, an answer to another call does not forget what happened; the one call closes it', async () => {
  await openBreaker(pool, portal, 60_000, 'HubSpot is down');
  await passed();
  await noteFailure(pool, portal);
  await noteAnswer(pool, portal);
  expect(await noteFailure(pool, portal)).toMatchObject({ failures: 2, openings: 1 });
  await closeBreaker(pool, portal);
  expect(await portalNow()).toMatchObject({ isPaused: false, isBroken: false, pauseReason: null });
  expect(await noteFailure(pool, portal)).toMatchObject({ failures: 1, openings: 0 });
});

test('a breaker that was closed late does not lift a pause that began meanwhile', async () => {
  await openBreaker(pool, portal, 60_000, 'HubSpot is down');
  await passed();
  await pausePortal(pool, portal, null, 'the token is refused');
  await closeBreaker(pool, portal);
  expect(await portalNow()).toMatchObject({
    isPaused: true,
    pausedUntil: null,
    pauseReason: 'the token is refused',
  });
});

test('a person resumes whatever it is', async () => {
  await openBreaker(pool, portal, 60_000, 'HubSpot is down');
  await resumePortal(pool, portal);
  expect(await portalNow()).toMatchObject({ isPaused: false, isBroken: false, pauseReason: null });
});

test('batches shrink once for failures side by side, and grow back by what HubSpot takes', async () => {
  await shrinkBatches(pool, portal, 50);
  await shrinkBatches(pool, portal, 50);
  expect(await portalNow()).toMatchObject({ batchSize: 50 });
  await growBatches(pool, portal, 30);
  expect(await portalNow()).toMatchObject({ batchSize: 50 });
  for (let taken = 0; taken < 20; taken += 1) await growBatches(pool, portal, 100);
  expect(await portalNow()).toMatchObject({ batchSize: 100 });
});
