import { createExchange } from '../../src/hubspot/exchange';
import {
  journalToken,
  newestJournalOffset,
  nextJournalFiles,
  readJournalFile,
  type JournalApp,
} from '../../src/hubspot/journal';
import { readJournalEvents } from '../../src/hubspot/journalEvents';
import { startHubSpotSimulator, type RunningSimulator } from '../../src/simulator/hubspot/server';

const app = { clientId: 'journal-app', clientSecret: 'journal-secret' };
let simulator: RunningSimulator;
let journal: JournalApp;
let portalId: string;

beforeAll(async () => {
  simulator = await startHubSpotSimulator({
    apps: [{ ...app, redirectUris: [] }],
    settings: { limits: null },
  });
  journal = journalAt(simulator.url);
  portalId = String(simulator.portalId);
});

afterAll(async () => {
  await simulator.stop();
});

function journalAt(baseUrl: string, changes: Partial<JournalApp> = {}): JournalApp {
  const options = { baseUrl, deadlineMs: 10_000 };
  return { exchange: createExchange(options), options, apiVersion: '2026-09', ...app, ...changes };
}

async function create(email: string): Promise<string> {
  const reply = await fetch(`${simulator.url}/crm/v3/objects/contacts`, {
    method: 'POST',
    headers: { authorization: 'Bearer pat-simulator', 'content-type': 'application/json' },
    body: JSON.stringify({ properties: { email } }),
  });
  return ((await reply.json()) as { id: string }).id;
}

const simulate = (what: string, body: object) =>
  fetch(`${simulator.url}/_simulator/${what}`, { method: 'POST', body: JSON.stringify(body) });
const settings = (body: object) => simulate('settings', body);
const newest = async () => newestJournalOffset(journal, await journalToken(journal), portalId);

async function files(after: string | null) {
  return nextJournalFiles(journal, await journalToken(journal), { portalId, after });
}

test('files follow each other; behind the last one there is nothing; an offset that is too old is not known', async () => {
  expect(await files(null)).toEqual([]);
  const first = await create('ada@journal.example');
  const earliest = await files(null);
  const second = await create('ben@journal.example');
  const next = await files((earliest as { offset: string }[])[0]!.offset);
  expect([earliest, next]).toEqual([[expect.anything()], [expect.anything()]]);
  const read = async (found: typeof next) =>
    (await readJournalFile(journal, (found as Exclude<typeof found, 'unknown'>)[0]!)).events;
  expect((await read(earliest)).map(({ kind, objectId }) => [kind, objectId])).toEqual([['created', first]]);
  expect((await read(next)).map(({ kind, objectId }) => [kind, objectId])).toEqual([['created', second]]);
  const last = (next as { offset: string }[])[0]!.offset;
  expect(await files(last)).toEqual([]);
  await settings({ journalKeptMs: 0 });
  expect(await files(last)).toBe('unknown');
  expect(await newest()).toBeNull();
  expect(await files(null)).toEqual([]);
  await settings({ journalKeptMs: 60_000 });
});

test('where the end of the journal is answered as an unknown offset is, the newest file tells that it is the end', async () => {
  await create('cid@journal.example');
  const last = ((await files(null)) as { offset: string }[]).at(-1)!.offset;
  await simulate('switches', { journalEnd: '404' });
  expect([await files(last), await newest()]).toEqual(['unknown', last]);
  await simulate('switches', { journalEnd: '204' });
});

test('a token of an account opens no journal, and a wrong secret gives no token', async () => {
  await expect(nextJournalFiles(journal, 'pat-simulator', { portalId, after: null })).rejects.toMatchObject({
    status: 401,
  });
  const wrong = journalAt(simulator.url, { clientSecret: 'wrong' });
  await expect(journalToken(wrong)).rejects.toMatchObject({ fault: 'configuration' });
});

test.each(['http://169.254.169.254/latest', 'file:///etc/passwd', 'nowhere'])(
  'a file is not fetched from %s',
  async (url) => {
    await expect(readJournalFile(journal, { offset: '1', url })).rejects.toMatchObject({
      message: expect.stringContaining('not an https address'),
    });
  },
);

test('from another host by https it is: HubSpot keeps the files elsewhere', async () => {
  const url = 'https://127.0.0.1:1/file?signature=x';
  await expect(readJournalFile(journal, { offset: '1', url })).rejects.toMatchObject({
    message: expect.not.stringContaining('not an https address'),
    action: 'retry',
  });
});

test('events become hints: what, where and when, never a value', () => {
  const about = { portalId: 7, occurredAt: '2026-11-22T10:00:00.000Z' };
  const object = { ...about, type: 'crmObject', objectTypeId: '0-1', objectId: 5 };
  const hint = { portalId: '7', objectTypeId: '0-1', objectId: '5', occurredAt: new Date(about.occurredAt) };
  const pair = { fromObjectTypeId: '0-1', fromObjectId: 5, toObjectTypeId: '0-2', toObjectId: 9 };
  const merged = { primaryObjectId: 5, mergedObjectIds: [6], newObjectId: 8 };
  const { events, unreadable } = readJournalEvents([
    { ...object, action: 'UPDATE', propertyChanges: { email: 'ada@journal.example' } },
    { ...object, action: 'GDPR_DELETE' },
    { ...object, action: 'MERGE', ...merged },
    { ...about, ...pair, action: 'ASSOCIATION_REMOVED' },
    { ...object, action: 'ADDED_TO_LIST' },
    { ...about, action: 'APP_UNINSTALL' },
    { action: 'UPDATE' },
    'nonsense',
  ]);
  expect(events).toEqual([
    { ...hint, kind: 'changed' },
    { ...hint, kind: 'privacyDeleted' },
    { ...hint, kind: 'merged', merge: { primaryId: '5', mergedIds: ['6'], newId: '8' } },
    { ...hint, kind: 'associationChanged', to: { objectTypeId: '0-2', objectId: '9', removed: true } },
  ]);
  expect(unreadable).toBe(2);
});

test.each([['+050000-01-01T00:00:00Z'], ['-000100-01-01T00:00:00Z'], [null], ['soon'], [8.64e15]])(
  'an event of the time %s, which no database and no clock has, is unreadable and stops nobody',
  (occurredAt) => {
    const event = { portalId: 7, action: 'UPDATE', objectTypeId: '0-1', objectId: 5, occurredAt };
    const sound = { ...event, occurredAt: '2026-11-22T10:00:00.000Z' };
    const { events, unreadable } = readJournalEvents([event, sound]);
    expect([events.length, unreadable]).toEqual([1, 1]);
  },
);
