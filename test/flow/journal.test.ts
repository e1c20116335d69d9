import { bellSignal, taskQueue } from '../../src/workflows/contracts';
import { callSimulator, control } from '../support/simulatorControl';
import { clubSource, openClub, type ClubDatabase } from './clubDatabase';
import { startBareRiver, type BareRiver } from './bareRiver';
import { until } from '../support/until';

const configText = `
version: 1
timeZone: Europe/London
defaultRegion: GB
portals:
  main:
    accessToken: 'env:HUBSPOT_ACCESS_TOKEN'
    journal: { clientId: 'env:JOURNAL_ID', clientSecret: 'env:JOURNAL_SECRET', wait: 0s }${clubSource}
      members: { object: contacts, table: members, recordKey: id, map: { email: email, city: city } }
objects:
  contacts: {}
`;

let river: BareRiver;
let club: ClubDatabase;
let contactId: string;

beforeAll(async () => {
  club = await openClub(`create table members (id text primary key, email text, city text);
    insert into members values ('1', 'ada@club.example', 'Lagos')`);
  const app = { clientId: 'journal-app', clientSecret: 'journal-secret', redirectUris: [] };
  river = await startBareRiver({
    environment: { CLUB_URL: club.url, JOURNAL_ID: app.clientId, JOURNAL_SECRET: app.clientSecret },
    simulator: { apps: [app] },
  });
  await river.startWorker({ TRIBUTARY_CONFIG: await river.writeConfig('club.yaml', configText) });
  await river.open();
  expect((await river.sync()).state).toBe('succeeded');
  contactId = (await river.pool.query<{ record_id: string }>('select record_id from known_states')).rows[0]!
    .record_id;
  await readJournal();
});

afterAll(async () => {
  await river?.stop();
  await club?.close();
});

interface JournalState {
  events: number;
  repairs: number;
  gap_at: Date | null;
}

/** Rings, and waits until the journal was read and the inbox is empty. */
async function readJournal(): Promise<JournalState> {
  const lane = await river.temporal.workflow.signalWithStart('followJournal', {
    ...{ taskQueue, workflowId: `journal:${river.portalId}`, args: [{ portalId: river.portalId }] },
    ...{ signal: bellSignal, signalArgs: [] },
  });
  await lane.result();
  await until(
    () => river.pool.query('select from inbox_events where settled_at is null'),
    ({ rowCount }) => rowCount === 0,
  );
  return journalState();
}

async function journalState(): Promise<JournalState> {
  const sql = 'select events::int, repairs::int, gap_at from journals';
  return (await river.pool.query<JournalState>(sql)).rows[0]!;
}

const post = (path: string, body: object) => control(river.simulatorUrl, path, body);

async function cityInHubSpot(): Promise<unknown> {
  const path = `/crm/v3/objects/contacts/${contactId}?properties=city`;
  const contact = await callSimulator<{ properties: Record<string, unknown> }>(
    river.simulatorUrl,
    'GET',
    path,
  );
  return contact.properties['city'];
}

test('what no webhook told is found in the journal, and what a source owns is put right', async () => {
  const before = await readJournal();
  await post('edit', { objectType: 'contacts', id: contactId, properties: { city: 'Paris' } });
  expect(await cityInHubSpot()).toBe('Paris');
  // As every minute.
  await river.temporal.workflow.execute('tick', { taskQueue, workflowId: 'a-minute' });
  await until(journalState, ({ repairs }) => repairs === before.repairs + 1);
  expect(await until(cityInHubSpot, (city) => city === 'Lagos')).toBe('Lagos');
});

test('what a webhook told already is no repair', async () => {
  const before = await readJournal();
  await post('edit', { objectType: 'contacts', id: contactId, properties: { city: 'Rome' } });
  // As the receiver stores it: the same record, the same moment.
  const { updatedAt } = (await (
    await fetch(`${river.simulatorUrl}/crm/v3/objects/contacts/${contactId}`, {
      headers: { authorization: 'Bearer pat-simulator' },
    })
  ).json()) as { updatedAt: string };
  await river.pool.query(
    `insert into inbox_events (portal_id, source, event_key, kind, stream, record_key, occurred_at)
     values ($1, 'hubspot', gen_random_uuid(), 'changed', 'contacts', $2, $3)`,
    [river.portalId, contactId, updatedAt],
  );
  const after = await readJournal();
  expect(after.events).toBeGreaterThan(before.events);
  expect(after.repairs).toBe(before.repairs);
});

test('a journal at whose end HubSpot does not know the offset either is read once, and is no gap', async () => {
  // The edit of the test before is put right: that is an event too.
  expect(await until(cityInHubSpot, (city) => city === 'Lagos')).toBe('Lagos');
  await readJournal();
  await post('switches', { journalEnd: '404' });
  const before = await readJournal();
  expect(await readJournal()).toEqual({ ...before, gap_at: null });
  await post('switches', { journalEnd: '204' });
});

test('an outage longer than the journal reaches back is said, and the reading goes on', async () => {
  await post('settings', { journalKeptMs: 0 });
  expect((await readJournal()).gap_at).not.toBeNull();
  expect(await river.workerLogs()).toContain('journal_gap');
  await post('settings', { journalKeptMs: 60_000 });
  const before = await readJournal();
  await post('edit', { objectType: 'contacts', id: contactId, properties: { city: 'Oslo' } });
  expect((await readJournal()).repairs).toBeGreaterThan(before.repairs);
});
