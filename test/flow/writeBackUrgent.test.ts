import { setMode } from '../../src/db/portals';
import { startDeskRiver, type DeskRiver } from './deskRiver';
import { until } from '../support/until';
import { tellInbox } from './tellInbox';

let river: DeskRiver;
/** Lets the desk answer what it was asked about Ann. */
let answer: () => void;

beforeAll(async () => {
  river = await startDeskRiver({ TRIBUTARY_CLAIM_MS: '30000', TRIBUTARY_CALL_DEADLINE_MS: '30000' });
  await river.addMembers(
    { id: 1, email: 'ann@inbox.example', name: 'Ann', city: 'Oslo' },
    { id: 2, email: 'bo@inbox.example', name: 'Bo', city: 'Lund' },
    { id: 3, email: 'cy@inbox.example', name: 'Cy', city: 'Rome' },
  );
  river.desk.put(
    { ref: 'a', mail: 'ann@inbox.example', address: { city: 'Oslo' } },
    { ref: 'b', mail: 'bo@inbox.example', address: { city: 'Lund' } },
    { ref: 'c', mail: 'cy@inbox.example', address: { city: 'Rome' } },
  );
  expect(await river.sync()).toMatchObject({ state: 'succeeded' });
  expect((await river.writes()).desk).toBe(0);
}, 90_000);

beforeEach(() => {
  river.desk.calls.length = 0;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  river.desk.answersAfter = (ref) => (ref === 'a' ? answered : undefined);
});

afterEach(async () => {
  answer();
  await until(
    async () => (await marks()).length,
    (count) => count === 0,
  );
});

afterAll(async () => {
  await river?.stop();
}, 60_000);

/** A change that does not wait for a run. */
const push = (id: number, email: string, phone: string) =>
  tellInbox(river, [
    {
      ...{ kind: 'pushed', source: 'club', stream: 'members', key: String(id) },
      payload: { id, email, phone, changed_at: '2026-11-22T08:00:00Z' },
    },
  ]);

const asked = async () => river.desk.calls.flatMap(({ method, path }) => (method === 'PATCH' ? [path] : []));

/** What waits for the desk, or is on its way there. */
async function marks() {
  const { rows } = await river.pool.query<{ lane: number; batch: string | null }>(
    `select lane, batch_id as batch from outbox where target = 'desk' order by lane`,
  );
  return rows;
}

test('what a person changes does not wait for a write-back that its system has not answered', async () => {
  await push(1, 'ann@inbox.example', '+4721000101');
  await until(asked, (paths) => paths.includes('/callers/a'));
  await push(2, 'bo@inbox.example', '+4721000102');
  await until(
    async () => river.desk.callers.get('b')?.tel,
    (tel) => tel === '+4721000102',
  );
  expect(river.desk.callers.get('a')?.tel).toBeUndefined();
  answer();
  await until(
    async () => river.desk.callers.get('a')?.tel,
    (tel) => tel === '+4721000101',
  );
  expect(await asked()).toHaveLength(2);
}, 60_000);

test('what a person changes goes before what a run has changed, and not in one wave with it', async () => {
  await setMode(river.pool, river.portalId, 'hold');
  await river.addMembers(
    { id: 2, email: 'bo@inbox.example', name: 'Bo', city: 'Lubeck', phone: '+4721000102' },
    { id: 3, email: 'cy@inbox.example', name: 'Cy', city: 'Riga' },
  );
  await river.sync({ sources: ['club'] });
  await push(1, 'ann@inbox.example', '+4721000201');
  await until(marks, (found) => found.length === 3);
  await setMode(river.pool, river.portalId, 'live');
  await river.ring('desk');
  await until(asked, (paths) => paths.length > 0);
  const [urgent, ...others] = await marks();
  expect(urgent).toMatchObject({ lane: 0, batch: expect.any(String) as string });
  expect(others.map(({ batch }) => batch)).not.toContain(urgent!.batch);
  expect((await asked())[0]).toBe('/callers/a');
  answer();
  await until(asked, (paths) => paths.length === 3);
}, 60_000);
