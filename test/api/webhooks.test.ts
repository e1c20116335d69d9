import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { openPool } from '../../src/db/pool';
import {
  bellTo,
  clientSecret,
  delivery,
  hubspotEvent,
  otherSecret,
  startWebhooks,
  type WebhookApi,
} from './startWebhooks';

let api: WebhookApi;
afterEach(() => api.close());

async function stored(): Promise<Record<string, unknown>[]> {
  const { rows } = await api.pool.query<Record<string, unknown>>(
    `select portal_id, source, kind, stream, record_key from inbox_events order by portal_id, record_key`,
  );
  return rows;
}

async function metric(line: string): Promise<string | undefined> {
  const { text } = await api.ask('/metrics');
  const found = text.split('\n').find((row) => row.startsWith(line));
  return found?.slice(line.length + 1);
}

const requests = (outcome: string) =>
  metric(`middleware_webhook_requests_total{endpoint="hubspot",outcome="${outcome}"}`);
const events = (outcome: string) =>
  metric(`middleware_webhook_events_total{endpoint="hubspot",outcome="${outcome}"}`);

test('a delivery is in the inbox when it is answered, and rings once per portal', async () => {
  api = await startWebhooks();
  const list = [
    hubspotEvent({ objectId: 1 }),
    hubspotEvent({ objectId: 2, subscriptionType: 'object.creation', objectTypeId: '0-2' }),
    hubspotEvent({ objectId: 3, subscriptionType: 'conversation.newMessage' }),
  ];
  const reply = await api.ask(...delivery(list));
  expect([reply.status, reply.text]).toEqual([200, '']);
  expect(await stored()).toEqual([
    { portal_id: '100', source: 'hubspot', kind: 'changed', stream: 'contacts', record_key: '1' },
    { portal_id: '100', source: 'hubspot', kind: 'created', stream: 'firms', record_key: '2' },
  ]);
  expect(api.rings).toEqual([{ portalId: '100', events: 2 }]);
  expect([await requests('accepted'), await events('stored'), await events('ignored')]).toEqual([
    '1',
    '2',
    '1',
  ]);

  expect((await api.ask(...delivery(list.map((event) => ({ ...event, attemptNumber: 1 }))))).status).toBe(
    200,
  );
  expect(await stored()).toHaveLength(2);
  expect(await events('repeated')).toBe('2');
  expect(api.rings).toHaveLength(1);
});

test('the portal of the event decides; an app speaks only for its own portals, and unknown ones are dropped', async () => {
  api = await startWebhooks();
  const list = [100, 200, 999].map((portalId) => hubspotEvent({ portalId, objectId: portalId }));
  expect((await api.ask(...delivery(list))).status).toBe(200);
  expect((await stored()).map((row) => row['record_key'])).toEqual(['100']);
  expect((await api.ask(...delivery(list, { secret: otherSecret }))).status).toBe(200);
  expect((await stored()).map((row) => row['record_key'])).toEqual(['100', '200']);
  expect([await events('unknownPortal'), await events('repeated')]).toEqual(['3', '1']);
  expect(api.lines).toContainEqual(
    expect.objectContaining({ event: 'webhook_dropped_hubspot', reason: 'unknownPortal', level: 'warn' }),
  );
  expect(api.rings).toEqual([
    { portalId: '100', events: 1 },
    { portalId: '200', events: 1 },
  ]);
});

test('what is not signed right is refused without a hint, counted and logged without its content', async () => {
  api = await startWebhooks();
  const list = [hubspotEvent({ propertyValue: 'ann@example.org' })];
  const old = delivery(list, { at: Date.now() - 301_000 });
  const early = delivery(list, { at: Date.now() + 400_000 });
  const wrong = delivery(list, { secret: 'somebody-else' });
  const elsewhere = delivery(list, { path: '/webhooks/hubspot?a=1' });
  const [path, bare] = [old[0], { method: 'POST', body: JSON.stringify(list) }];
  const v1 = createHash('sha256')
    .update(clientSecret + JSON.stringify(list))
    .digest('hex');
  const first = { ...bare, headers: { 'x-hubspot-signature': v1, 'x-hubspot-signature-version': 'v1' } };
  const answers = [
    await api.ask(...old),
    await api.ask(...early),
    await api.ask(...wrong),
    await api.ask(path, elsewhere[1]),
    await api.ask(path, bare),
    await api.ask(path, first),
  ];
  for (const { status, json } of answers) {
    expect(status).toBe(401);
    expect({ ...json, requestId: '' }).toEqual({
      ...{ type: 'urn:tributary:problem:unsigned', title: 'The request is not accepted', status: 401 },
      ...{ instance: '/webhooks/hubspot', requestId: '' },
    });
  }
  expect([await requests('stale'), await requests('badSignature'), await requests('unsigned')]).toEqual([
    '2',
    '3',
    '1',
  ]);
  expect(api.lines).toContainEqual(
    expect.objectContaining({ event: 'webhook_refused_hubspot', reason: 'stale', level: 'warn' }),
  );
  expect(JSON.stringify(api.lines)).not.toContain('ann@');
  expect(await stored()).toEqual([]);
});

test('version 1 counts where it is configured', async () => {
  api = await startWebhooks();
  const body = JSON.stringify([hubspotEvent()]);
  const v1 = createHash('sha256')
    .update(otherSecret + body)
    .digest('hex');
  const headers = { 'x-hubspot-signature': v1, 'x-hubspot-signature-version': 'v1' };
  expect((await api.ask('/webhooks/hubspot', { method: 'POST', body, headers })).status).toBe(200);
  expect(await stored()).toHaveLength(1);
});

test('the address is signed with its query, as HubSpot sees it', async () => {
  api = await startWebhooks();
  expect((await api.ask(...delivery([hubspotEvent()], { path: '/webhooks/hubspot?app=7' }))).status).toBe(
    200,
  );
});

test.each([
  ['no JSON', '[{', 400, 'malformed'],
  ['an object', '{}', 400, 'malformed'],
  ['empty', '', 400, 'malformed'],
  ['absurdly nested', '['.repeat(200_000), 400, 'malformed'],
  ['far too many events', `[${'0,'.repeat(1_000)}0]`, 413, 'tooLarge'],
  ['just not too many events', `[${'0,'.repeat(999)}0]`, 200, 'accepted'],
])('a body that is %s', async (_what, body, status, outcome) => {
  api = await startWebhooks();
  const reply = await api.ask(...delivery(body));
  expect([reply.status, reply.text.includes('detail')]).toEqual([status, false]);
  expect(await requests(outcome)).toBe('1');
});

test('a body that is too long, or packed, is refused before it is read', async () => {
  api = await startWebhooks();
  const long = await api.ask(...delivery(`["${'x'.repeat(8 * 1024 * 1024)}"]`));
  expect([long.status, long.json['detail'], await requests('tooLarge')]).toEqual([413, undefined, '1']);
  const [path, packing] = delivery('[]', { headers: { 'content-encoding': 'gzip' } });
  const packed = await api.ask(path, { ...packing, body: gzipSync('[]') });
  expect([packed.status, await requests('malformed')]).toEqual([400, '1']);
});

test('one broken event does not cost the others', async () => {
  api = await startWebhooks();
  const list = [hubspotEvent({ objectId: 1 }), { portalId: 'x' }, null, hubspotEvent({ objectId: 2 })];
  expect((await api.ask(...delivery(list))).status).toBe(200);
  expect(await stored()).toHaveLength(2);
  expect(await events('unreadable')).toBe('2');
  expect(api.lines).toContainEqual(
    expect.objectContaining({ event: 'webhook_dropped_hubspot', reason: 'unreadable', level: 'warn' }),
  );
});

describe('the sender never waits long', () => {
  test('while Temporal does not answer, or nobody is there', async () => {
    const silent = await silentServer();
    const bells = [bellTo(silent.address), bellTo('127.0.0.1:1')];
    api = await startWebhooks({
      bell: {
        ring: (portalId, count) => bells.forEach((bell) => bell.ring(portalId, count)),
        settle: () => Promise.resolve(),
      },
    });
    await api.ask(...delivery([hubspotEvent()]));
    const began = performance.now();
    for (let turn = 0; turn < 20; turn += 1) {
      expect((await api.ask(...delivery([hubspotEvent({ objectId: turn })]))).status).toBe(200);
    }
    expect(performance.now() - began).toBeLessThan(5_000);
    await Promise.all(bells.map((bell) => bell.settle()));
    await Promise.all(bells.map((bell) => bell.close()));
    silent.close();
  });

  test('while the table is locked: 503 in time, then all is well again', async () => {
    api = await startWebhooks();
    const locker = await api.pool.connect();
    await locker.query('begin; lock table inbox_events in access exclusive mode');
    const began = performance.now();
    // More than there are connections: those that wait for one are answered in time too.
    const deliveries = Array.from({ length: 12 }, (_, objectId) => delivery([hubspotEvent({ objectId })]));
    const replies = await Promise.all(deliveries.map((request) => api.ask(...request)));
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(replies.map(({ status }) => status)).toEqual(deliveries.map(() => 503));
    expect(replies[0]!.headers.get('retry-after')).toBe('5');
    expect(await requests('unavailable')).toBe('12');
    await locker.query('rollback');
    locker.release();
    const again = await Promise.all(deliveries.map((request) => api.ask(...request)));
    expect(again.map(({ status }) => status)).toEqual(deliveries.map(() => 200));
    expect(await stored()).toHaveLength(12);
  });

  test('while Postgres is silent', async () => {
    const silent = await silentServer();
    const pool = openPool(`postgres://a:b@${silent.address}/x`, 2);
    api = await startWebhooks({ pool });
    const began = performance.now();
    expect((await api.ask(...delivery([hubspotEvent()]))).status).toBe(503);
    expect(performance.now() - began).toBeLessThan(5_000);
    silent.close();
    await pool.end();
  });

  test('while Postgres is gone', async () => {
    const pool = openPool('postgres://a:b@127.0.0.1:1/x', 2);
    api = await startWebhooks({ pool });
    expect((await api.ask(...delivery([hubspotEvent()]))).status).toBe(503);
    await pool.end();
  });
});

/** Takes connections and never says a word. */
async function silentServer(): Promise<{ address: string; close(): void }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
