import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { contacts, startSimulator, traced, type TestSimulator } from './startSimulator';

const clientSecret = 'the-apps-secret';

interface Delivery {
  headers: Record<string, string | string[] | undefined>;
  text: string;
  events: Record<string, unknown>[];
}

let server: Server;
let url: string;
let simulator: TestSimulator;
let deliveries: Delivery[];
/** Requests at a time, now and at most. */
let open: { now: number; most: number };
/** What the app answers, and after how long. */
let answer: (delivery: Delivery) => { status: number; afterMs?: number };

beforeEach(async () => {
  deliveries = [];
  open = { now: 0, most: 0 };
  answer = () => ({ status: 200 });
  server = createServer((request, response) => {
    open.now += 1;
    open.most = Math.max(open.most, open.now);
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      const delivery = { headers: request.headers, text, events: JSON.parse(text) as Delivery['events'] };
      deliveries.push(delivery);
      const { status, afterMs = 0 } = answer(delivery);
      setTimeout(() => {
        open.now -= 1;
        response.writeHead(status).end();
      }, afterMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks?of=us`;
  simulator = await startSimulator({ settings: { limits: null } });
  simulator.seed({
    records: [
      { objectType: 'contacts', id: '1', properties: { lastname: 'A', city: 'Bath' } },
      { objectType: 'contacts', id: '2', properties: { lastname: 'B', phone: '7' } },
      { objectType: 'companies', id: '9', properties: { name: 'C' } },
    ],
  });
});

afterEach(async () => {
  await simulator.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function tell(settings: Record<string, unknown> = {}): Promise<void> {
  const webhooks = { url, clientSecret, collectMs: 1, retryMs: 1, shuffle: false, ...settings };
  expect((await simulator.control('/settings', { webhooks })).status).toBe(200);
}

async function report(): Promise<Record<string, number>> {
  return (await simulator.control('/stats')).body.webhooks;
}

/** Waits until nothing is to be told any more. @returns all events, in the order of their arrival */
async function told(): Promise<Record<string, unknown>[]> {
  while ((await report())['waiting']) await new Promise((resolve) => setTimeout(resolve, 5));
  return deliveries.flatMap(({ events }) => events);
}

const edit = (id: string, properties: Record<string, string>) =>
  simulator.control('/edit', { objectType: 'contacts', id, properties });

test('an edit by hand is told as HubSpot tells it, signed in versions 1 and 3', async () => {
  await edit('1', { city: 'before anybody listens' });
  await tell();
  await edit('1', { city: 'York', lastname: 'A' });
  expect(await told()).toMatchObject([
    {
      ...{
        portalId: 9_000_777_001,
        appId: 54_321,
        subscriptionType: 'contact.propertyChange',
        attemptNumber: 0,
      },
      ...{
        objectId: 1,
        propertyName: 'city',
        propertyValue: 'York',
        changeSource: 'CRM_UI',
        sourceId: 'userId:1',
      },
    },
  ]);
  const { headers, text } = deliveries[0]!;
  const timestamp = headers['x-hubspot-request-timestamp'] as string;
  expect(timestamp).toMatch(/^\d{13}$/);
  expect(headers['x-hubspot-signature-v3']).toBe(
    createHmac('sha256', clientSecret).update(`POST${url}${text}${timestamp}`).digest('base64'),
  );
  expect(headers['x-hubspot-signature']).toMatch(/^[0-9a-f]{64}$/);
  await tell({ signature: 'v1' });
  await edit('1', { city: 'Ely' });
  await told();
  expect(deliveries[1]!.headers['x-hubspot-signature-v3']).toBeUndefined();
});

test('what the API writes is told too, with its source; what is held already is not', async () => {
  await tell();
  await simulator.call('PATCH', `${contacts}/1`, { properties: { city: 'York', lastname: 'A' } });
  await simulator.call('PATCH', `${contacts}/1`, { properties: { city: 'York' } });
  const created = await simulator.call('POST', contacts, { properties: { email: 'a@b.invalid' } });
  expect(await told()).toMatchObject([
    { subscriptionType: 'contact.propertyChange', propertyName: 'city', changeSource: 'INTEGRATION' },
    { subscriptionType: 'contact.creation', objectId: Number(created.body.id), changeSource: 'INTEGRATION' },
  ]);
});

test('archive, restore, merge, privacy deletion and associations by hand and by API', async () => {
  await tell();
  const hand = (work: string, id: string, more = {}) =>
    simulator.control(`/${work}`, { objectType: 'contacts', id, ...more });
  await simulator.call('PUT', '/crm/objects/2026-09/contacts/1/associations/default/companies/9');
  expect((await hand('archive', '2')).body).toEqual({ archived: '2' });
  expect((await hand('archive', '2')).status).toBe(404);
  expect((await hand('restore', '2')).body).toEqual({ restored: '2' });
  const merged = (await hand('merge', '1', { withId: '2' })).body;
  expect((await hand('forget', merged.id)).body).toEqual({ forgotten: merged.id });
  const association = {
    fromObjectId: 1,
    toObjectId: 9,
    associationRemoved: false,
    isPrimaryAssociation: false,
  };
  expect(await told()).toMatchObject([
    { subscriptionType: 'contact.associationChange', associationType: 'CONTACT_TO_COMPANY', ...association },
    {
      ...{ subscriptionType: 'company.associationChange', associationType: 'COMPANY_TO_CONTACT' },
      ...{ fromObjectId: 9, toObjectId: 1 },
    },
    { subscriptionType: 'contact.deletion', objectId: 2 },
    { subscriptionType: 'contact.restore', objectId: 2 },
    {
      ...{ subscriptionType: 'contact.merge', objectId: Number(merged.id), primaryObjectId: 1 },
      ...{ mergedObjectIds: [2], newObjectId: Number(merged.id) },
    },
    { subscriptionType: 'contact.privacyDeletion', objectId: Number(merged.id) },
  ]);
});

test('the generic format, and only the properties that are subscribed to', async () => {
  await tell({ format: 'generic', properties: ['city'] });
  await edit('1', { city: 'York', lastname: 'Z' });
  await simulator.control('/archive', { objectType: 'companies', id: '9' });
  expect(await told()).toMatchObject([
    { subscriptionType: 'object.propertyChange', objectTypeId: '0-1', propertyName: 'city' },
    { subscriptionType: 'object.deletion', objectTypeId: '0-2', objectId: 9 },
  ]);
});

test('at most 100 events a request and some requests at a time, in no order', async () => {
  // The first ones wait for each other, however slowly the changes come.
  answer = () => ({ status: 200, afterMs: deliveries.length > 2 ? 30 : 1_000 });
  await tell({ concurrency: 3, shuffle: true });
  const rows = Array.from({ length: 100 }, (_, at) => ({ properties: { email: `p${at}@b.invalid` } }));
  for (let turn = 0; turn < 5; turn += 1) {
    const renamed = rows.map((row) => ({ properties: { email: `t${turn}${row.properties.email}` } }));
    await simulator.call('POST', `${contacts}/batch/create`, traced(renamed));
  }
  const ids = (await told()).map((event) => event['objectId'] as number);
  expect(new Set(ids).size).toBe(500);
  expect(ids).not.toEqual([...ids].sort((a, b) => a - b));
  expect(Math.max(...deliveries.map(({ events }) => events.length))).toBeLessThanOrEqual(100);
  expect(open.most).toBeLessThanOrEqual(3);
  expect(open.most).toBeGreaterThan(1);
});

test('a delivery that fails is repeated with its number, and given up in the end', async () => {
  let failures = 2;
  answer = () => ({ status: failures-- > 0 ? 500 : 200 });
  await tell();
  await edit('1', { city: 'York' });
  expect((await told()).map((event) => event['attemptNumber'])).toEqual([0, 1, 2]);
  expect(new Set(deliveries.map(({ events }) => events[0]!['eventId'])).size).toBe(1);
  expect(await report()).toEqual({ waiting: 0, requests: 3, failed: 2, delivered: 1, givenUp: 0 });

  answer = () => ({ status: 200, afterMs: 3_000 });
  // Long enough for every attempt to reach the app, however busy the machine is.
  await tell({ timeoutMs: 500, attemptsMax: 3 });
  await edit('1', { city: 'Ely' });
  expect((await told()).slice(3).map((event) => event['attemptNumber'])).toEqual([0, 1, 2]);
  expect(await report()).toMatchObject({ waiting: 0, failed: 5, delivered: 1, givenUp: 1 });
});

test('some events come twice', async () => {
  await tell({ duplicateShare: 1 });
  await edit('1', { city: 'York' });
  const [first, second, ...more] = await told();
  expect(second).toEqual(first);
  expect(more).toEqual([]);
});

test('a setting that does not fit is refused and changes nothing', async () => {
  await tell();
  for (const webhooks of [
    { url: 'x' },
    { format: 'other' },
    { retries: 3 },
    { batchMax: -1 },
    { clientSecret: '' },
  ]) {
    expect((await simulator.control('/settings', { webhooks })).status).toBe(400);
  }
  expect((await simulator.control('/settings')).body.webhooks).toMatchObject({ url, format: 'named' });
  await simulator.control('/settings', { webhooks: null });
  await edit('1', { city: 'York' });
  expect(await told()).toEqual([]);
});
