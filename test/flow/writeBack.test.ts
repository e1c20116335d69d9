import { planTargets } from '../../src/cli/planTargets';
import { portalRules } from '../../src/cli/portalRules';
import { loadConfig } from '../../src/config/loadConfig';
import { planWriteBacks } from '../../src/db/delivery/planWriteBacks';
import { setMode } from '../../src/db/portals';
import { retryProblems } from '../../src/db/problems/problemActions';
import { resumeTargets } from '../../src/db/delivery/targets';
import { shortClaims } from './crashRiver';
import { deskConfig, startDeskRiver, type DeskRiver } from './deskRiver';
import { exportedRecords } from '../support/simulatorControl';
import { until } from '../support/until';

let river: DeskRiver;

beforeAll(async () => {
  river = await startDeskRiver(shortClaims);
});

afterAll(async () => {
  await river?.stop();
});

const succeeds = async (input: object = {}) =>
  expect(await river.sync(input)).toMatchObject({ state: 'succeeded' });

/** A run that reads everything again must find nothing to write, in either system or HubSpot. */
async function expectSilence(): Promise<void> {
  await river.writes();
  await river.resetStats();
  await succeeds();
  await succeeds({ full: true });
  expect({ ...(await river.writes()), hubspot: (await river.stats()).writeCalls }).toEqual({
    club: 0,
    desk: 0,
    hubspot: 0,
  });
}

test('two systems that disagree converge in one pass and are silent then', async () => {
  await river.addMembers(
    { id: 1, email: 'ann@inbox.example', name: 'Ann', city: 'Oslo', phone: '+4721000001' },
    { id: 2, email: 'bo@inbox.example', name: 'Bo', city: null, phone: '+4721000002' },
    { id: 3, email: 'cy@inbox.example', name: 'Cy', city: 'Rome', phone: '+4721000003', no_mail: true },
    { id: 4, email: 'di@inbox.example', name: 'Di', city: 'Bern' },
  );
  river.desk.put(
    // The desk's phone is newer, the club's city is stronger.
    { ref: 'a/1', mail: 'ANN@inbox.example', tel: '+47 2100 0009', address: { city: 'Bergen' } },
    // The same but for a spelling, and a city that the club lacks.
    { ref: 'b', mail: 'bo@inbox.example', tel: '+47 21 00 00 02', address: { city: 'Lund' } },
    { ref: 'c', mail: 'cy@inbox.example', quiet: 'N' },
  );
  await succeeds();
  expect(await river.member(1)).toMatchObject({ city: 'Oslo', phone: '+4721000009' });
  expect(await river.member(2)).toMatchObject({ city: 'Lund', phone: '+4721000002' });
  expect(await river.member(4)).toMatchObject({ city: 'Bern', phone: null });
  expect(river.desk.callers.get('a/1')).toMatchObject({ tel: '+47 2100 0009', address: { city: 'Oslo' } });
  expect(river.desk.callers.get('b')).toMatchObject({ tel: '+47 21 00 00 02', address: { city: 'Lund' } });
  expect(river.desk.callers.get('c')).toMatchObject({
    ...{ tel: '+4721000003', quiet: 'J' },
    address: { city: 'Rome' },
  });
  expect(await river.writes()).toEqual({ club: 2, desk: 2 });
  await expectSilence();
});

test('a newer value of one system goes to the other, and not back', async () => {
  river.desk.put({ ref: 'a/1', mail: 'ann@inbox.example', tel: '+4721000011', address: { city: 'Oslo' } });
  await river.writes();
  await succeeds({ sources: ['desk'] });
  expect(await river.member(1)).toMatchObject({ phone: '+4721000011' });
  expect(await river.writes()).toEqual({ club: 1, desk: 0 });
  // The club's echo is read: the desk stays the origin.
  await succeeds();
  expect(await river.writes()).toEqual({ club: 0, desk: 0 });
  expect(await originOf('ann@inbox.example', 'phone')).toEqual({ source: 'desk', key: 'a/1' });
});

test('an opt-out goes everywhere, and what a person clears there is never told back as consent', async () => {
  river.desk.put({ ref: 'b', mail: 'bo@inbox.example', quiet: 'J', address: { city: 'Lund' } });
  await succeeds();
  expect(await river.member(2)).toMatchObject({ no_mail: true });
  await river.club('update members set no_mail = false, changed_at = clock_timestamp() where id = 1');
  await succeeds();
  expect(river.desk.callers.get('a/1')?.quiet ?? null).toBeNull();
});

test('a person with two records of one system gets both right', async () => {
  river.desk.put(
    { ref: 'd1', mail: 'di@inbox.example', address: { city: 'Basel' } },
    { ref: 'd2', mail: 'DI@inbox.example', tel: '+41310000002' },
  );
  await river.writes();
  await succeeds();
  expect(river.desk.callers.get('d1')).toMatchObject({ tel: '+41310000002', address: { city: 'Bern' } });
  expect(river.desk.callers.get('d2')).toMatchObject({ tel: '+41310000002', address: { city: 'Bern' } });
  expect(await river.writes()).toEqual({ club: 1, desk: 2 });
  await expectSilence();
});

test('a system that makes another value of ours is told once, not for ever', async () => {
  river.desk.keeps = ({ address, ...change }) => ({
    ...change,
    address: { city: address?.city?.toUpperCase() ?? null },
  });
  await river.addMembers({ id: 7, email: 'gil@inbox.example', name: 'Gil', city: 'Tours' });
  river.desk.put({ ref: 'g', mail: 'gil@inbox.example', address: { city: 'Tour' } });
  await succeeds();
  expect(river.desk.callers.get('g')).toMatchObject({ address: { city: 'TOURS' } });
  await expectSilence();
  river.desk.keeps = (change) => change;
  await river.addMembers({ id: 7, email: 'gil@inbox.example', name: 'Gil', city: 'Trier' });
  await succeeds();
  expect(river.desk.callers.get('g')).toMatchObject({ address: { city: 'Trier' } });
});

test('a record that a system refuses is a problem that names it; the others go on, and a retry closes it', async () => {
  river.desk.refuse = (ref) => (ref === 'b' ? { status: 422 } : null);
  await river.addMembers(
    { id: 1, email: 'ann@inbox.example', name: 'Ann', city: 'Gent' },
    { id: 2, email: 'bo@inbox.example', name: 'Bo', city: 'Gera' },
    { id: 5, email: 'ed@inbox.example', name: 'Ed' },
  );
  // The club's own table forbids this one.
  river.desk.put({ ref: 'e', mail: 'ed@inbox.example', address: { city: 'Nowhere' } });
  await succeeds();
  expect(river.desk.callers.get('a/1')).toMatchObject({ address: { city: 'Gent' } });
  const problems = await openProblems();
  expect(problems).toEqual([
    problem('club', 'members', 'club refuses the change: a rule of the table forbids the value (23514)'),
    problem('desk', 'callers', 'desk refuses the change (422)'),
  ]);
  await succeeds();
  expect((await openProblems()).length).toBe(2);

  river.desk.refuse = () => null;
  const ids = problems.filter(({ target }) => target === 'desk').map(({ id }) => id);
  const { retried, bells } = await retryProblems(river.pool, river.portalId, { ids });
  expect({ retried, bells }).toEqual({ retried: 1, bells: [{ lane: 'writeBack', target: 'desk' }] });
  await river.ring('desk');
  await until(openProblems, (open) => open.length === 1);
  expect(river.desk.callers.get('b')).toMatchObject({ address: { city: 'Gera' } });
  await river.addMembers({ id: 5, email: 'ed@inbox.example', name: 'Ed', city: 'Essen' });
  await succeeds();
  expect(await openProblems()).toEqual([]);
  expect(river.desk.callers.get('e')).toMatchObject({ address: { city: 'Essen' } });
});

test('a system that is down waits alone: the run says so, everything else goes on', async () => {
  river.desk.refuse = () => ({ status: 503, headers: { 'retry-after': '2' } });
  await river.addMembers({ id: 1, email: 'ann@inbox.example', name: 'Ann', city: 'Lyon' });
  river.desk.put({ ref: 'e', mail: 'ed@inbox.example', tel: '+33100000005', address: { city: 'Essen' } });
  expect(await river.sync()).toMatchObject({ state: 'waiting' });
  const { rows } = await river.pool.query('select reason from runs order by started_at desc limit 1');
  expect(rows[0].reason).toMatch(/^desk: .*503.*; goes on 20/);
  expect(await river.member(5)).toMatchObject({ phone: '+33100000005' });
  expect((await hubspot('ann@inbox.example'))['city']).toBe('Lyon');

  // It comes back: the lane wakes by itself.
  river.desk.refuse = () => null;
  await until(
    async () => river.desk.callers.get('a/1')?.address?.city,
    (city) => city === 'Lyon',
  );

  // What a person must mend waits for the person.
  river.desk.refuse = () => ({ status: 401 });
  await river.addMembers({ id: 1, email: 'ann@inbox.example', name: 'Ann', city: 'Nice' });
  expect(await river.sync()).toMatchObject({ state: 'waiting' });
  river.desk.refuse = () => null;
  expect(await resumeTargets(river.pool, river.portalId)).toEqual(['desk']);
  await river.ring('desk');
  await until(
    async () => river.desk.callers.get('a/1')?.address?.city,
    (city) => city === 'Nice',
  );
});

test('hold holds write-backs too', async () => {
  await river.writes();
  await setMode(river.pool, river.portalId, 'hold');
  await river.addMembers({ id: 1, email: 'ann@inbox.example', name: 'Ann', city: 'Bath' });
  await succeeds();
  expect(await river.writes()).toEqual({ club: 0, desk: 0 });
  const fields = [{ property: 'city', before: 'Nice', after: 'Bath' }];
  expect(await planned()).toMatchObject([
    { target: 'club', objectType: 'contacts', records: 0, changes: [] },
    { target: 'desk', objectType: 'contacts', records: 1, changes: [{ recordId: 'a/1', fields }] },
  ]);
  await setMode(river.pool, river.portalId, 'live');
  await succeeds({ full: true });
  expect(await river.writes()).toEqual({ club: 0, desk: 1 });
});

test('switched off and on again, killed between sending and settling, read meanwhile: what we wrote is still ours', async () => {
  await river.addMembers({ id: 6, email: 'flo@inbox.example', name: 'Flo', phone: '+4721000006' });
  river.desk.put({ ref: 'f', mail: 'flo@inbox.example', tel: '+47 2100 0000' });
  await succeeds();
  await river.writes();
  await river.restartWith((text) => text.replace('apiVersion:', 'writeBack: false, apiVersion:'));
  await river.addMembers({ id: 6, email: 'flo@inbox.example', name: 'Flo', phone: '+4721000066' });
  await succeeds();
  expect(await river.writes()).toEqual({ club: 0, desk: 0 });

  const doomed = await river.restartWith((text) => text, { TRIBUTARY_FAILPOINT: 'writeBack.sent' });
  await river.startSync();
  expect(await doomed.exited).toMatchObject({ signal: 'SIGKILL' });
  expect(river.desk.callers.get('f')).toMatchObject({ tel: '+4721000066' });

  // The desk is read while nobody knows what became of our change.
  river.desk.refuse = () => ({ status: 503, headers: { 'retry-after': '60' } });
  await river.restartWith((text) => text);
  await river.sync({ sources: ['desk'] });
  expect(await inFlight()).toBe(1);
  river.desk.refuse = () => null;
  await resumeTargets(river.pool, river.portalId);
  await river.ring('desk');
  await until(inFlight, (count) => count === 0);
  expect(await originOf('flo@inbox.example', 'phone')).toEqual({ source: 'club', key: '6' });
  const keys = river.desk.written.map(({ key }) => key);
  expect({ sent: keys.length, changes: new Set(keys).size }).toEqual({ sent: 2, changes: 1 });
  await expectSilence();
});

async function originOf(email: string, property: string): Promise<{ source: string; key: string }> {
  const { rows } = await river.pool.query<{ origin: { source: string; key: string } }>(
    `select origins -> $2 as origin from golden_records where values ->> 'email' = $1`,
    [email, property],
  );
  const { source, key } = rows[0]!.origin;
  return { source, key };
}

/** What `tributary plan` shows of the write-backs that wait. */
async function planned() {
  const read = { readSecretFile: () => '', env: { HUBSPOT_ACCESS_TOKEN: 't', CLUB_URL: 'c', DESK_URL: 'd' } };
  const loaded = loadConfig({ ...read, path: 'desk.yaml', text: deskConfig, now: new Date() });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  const objects = await portalRules(river.pool, loaded.config, river.portalId, ['contacts']);
  return planWriteBacks(river.pool, river.portalId, planTargets(loaded.config, 'main', objects), 5);
}

async function inFlight(): Promise<number> {
  const { rows } = await river.pool.query(
    `select from intents join delivery_batches using (batch_id) where target = 'desk'`,
  );
  return rows.length;
}

async function openProblems() {
  const { rows } = await river.pool.query<{ id: string; target: string }>(
    `select problem_id as id, stage, kind, target, source, stream, reason from problems
     where closed_at is null order by target`,
  );
  return rows;
}

function problem(target: string, stream: string, reason: string) {
  const id = expect.any(String) as string;
  return { id, stage: 'deliver', kind: 'rejected', target, source: target, stream, reason };
}

async function hubspot(email: string): Promise<Record<string, string>> {
  const records = await exportedRecords(river.simulatorUrl, 'contacts');
  return records.find(({ properties }) => properties['email'] === email)?.properties ?? {};
}
