import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { createApp } from '../../src/api/app';
import { typeNamesOf } from '../../src/api/webhooks/hubspotEvents';
import { createInboxBell, type InboxBell } from '../../src/api/webhooks/inboxBell';
import { taskQueue } from '../../src/workflows/contracts';
import { startClubRiver, type ClubRiver } from './clubRiver';
import { until } from '../support/until';
import { workLeft } from './settled';

let river: ClubRiver;
let receiver: { url: string; close(): Promise<void> };

const clientSecret = 'client-secret-of-the-handwork-test';

/** The receiver of webhooks over real HTTP, as the API serves it. */
async function startReceiver({ pool, temporal }: ClubRiver) {
  const log = pino({ level: 'silent' });
  const bell: InboxBell = createInboxBell({ temporal, taskQueue, log });
  let url = '';
  const app = createApp({
    ...{ pool, temporal, log, taskQueue, sources: ['club'], portals: ['main'], apps: [], keys: [] },
    ...{ token: undefined, temporalUiUrl: undefined, workerMetricsUrls: [], registry: new Registry() },
    webhooks: {
      ...{ pool, bell, publicUrl: () => url, now: () => new Date(), pushing: {} },
      apps: [{ clientSecret, acceptV1: false, portals: ['main'] }],
      typeNames: typeNamesOf({ contacts: 'contacts', companies: 'companies' }),
    },
    newId: randomUUID,
  });
  const server: Server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await bell.settle();
    },
  };
}

const people = ['ann', 'bob', 'cid', 'dot', 'eve'];
const teams = ['one', 'two', 'three'];

beforeAll(async () => {
  river = await startClubRiver();
  for (const team of teams) await river.putTeam(team, `Team ${team}`, `${team}.example`);
  await river.put(
    ...people.map((id) => ({
      id,
      email: `${id}@people.example`,
      first: id,
      last: 'Archer',
      city: 'Leeds',
      team: 'one',
    })),
  );
  await river.worker();
  await river.open();
  expect((await river.sync()).state).toBe('succeeded');
  receiver = await startReceiver(river);
  await river.call('POST', '/_simulator/settings', {
    webhooks: { url: `${receiver.url}/webhooks/hubspot`, clientSecret },
  });
});

afterAll(async () => {
  await receiver?.close();
  await river?.stop();
});

/** What a button of the simulator's page sends. */
const press = (work: string, objectType: string, id: string, more: object = {}) =>
  river.call('POST', `/_simulator/${work}`, { objectType, id, ...more });

interface Golden {
  golden: string;
  record: string | null;
  isAnchored: boolean;
  values: Record<string, string>;
}

/** The golden record of a member or team, and the live HubSpot record that it is linked to. */
async function goldenOf(stream: 'members' | 'teams', key: string): Promise<Golden | null> {
  const { rows } = await river.pool.query<Golden>(
    `select g.golden_id as golden, k.record_id as record, g.values, exists (select from mapped_records h
         where h.golden_id = g.golden_id and h.source = 'hubspot' and h.record_key = k.record_id) as "isAnchored"
     from mapped_records m join golden_records g using (portal_id, golden_id)
     left join known_states k on k.golden_id = g.golden_id and k.target = 'hubspot' and not k.archived
     where m.source = 'club' and m.stream = $1 and m.record_key = $2`,
    [stream, key],
  );
  return rows[0] ?? null;
}

const objectOf = { members: 'contacts', teams: 'companies' } as const;

async function recordOf(stream: 'members' | 'teams', key: string): Promise<string> {
  return (await goldenOf(stream, key))!.record!;
}

async function stranger(objectType: string, properties: Record<string, string>): Promise<string> {
  const { ids } = (await river.call('POST', '/_simulator/seed', {
    records: [{ objectType, properties }],
  })) as {
    ids?: string[];
  };
  return ids![0]!;
}

/** What HubSpot holds of a record. */
async function inspect(objectType: string, id: string): Promise<Record<string, string>> {
  const reply = await river.call('GET', `/_simulator/record?objectType=${objectType}&id=${id}`);
  return (reply as { properties?: Record<string, string> }).properties!;
}

/** How many live records HubSpot has of each object type. */
async function live(): Promise<Record<string, number>> {
  const { objectTypes } = (await river.call('GET', '/_simulator')) as unknown as {
    objectTypes: { name: string; live: number }[];
  };
  return Object.fromEntries(objectTypes.map((type) => [type.name, type.live]));
}

/** When nothing is told, due, or under way any more. */
async function settled(): Promise<void> {
  await until(
    async () => [(await river.stats()).webhooks.waiting, await workLeft(river.pool)],
    ([waiting, left]) => waiting === 0 && left === 0,
  );
}

/** Everything is read again: nothing is written, and nobody is there twice. */
async function expectSilence(): Promise<void> {
  await settled();
  const before = await live();
  await river.resetStats();
  expect((await river.sync({ full: true })).state).toBe('succeeded');
  expect({ ...(await live()), writes: (await river.stats()).writeCalls }).toEqual({ ...before, writes: 0 });
}

test('a value edited by hand is golden where HubSpot may say so, and put right where a source owns it', async () => {
  const contact = await recordOf('members', 'ann');
  await press('edit', 'contacts', contact, { properties: { city: 'Rome', lastname: 'Other' } });
  const company = await recordOf('teams', 'two');
  await press('edit', 'companies', company, { properties: { name: 'Other' } });
  await until(
    () => goldenOf('members', 'ann'),
    (ann) => ann?.values['city'] === 'Rome',
  );
  const held = async () => [
    (await inspect('contacts', contact))['lastname'],
    (await inspect('companies', company))['name'],
  ];
  expect(await until(held, ([lastname, name]) => lastname !== 'Other' && name !== 'Other')).toEqual([
    'Archer',
    'Team two',
  ]);
  await expectSilence();
});

test.each([
  {
    stream: 'members',
    key: 'bob',
    properties: { email: 'bob@strangers.example', city: 'Oslo' },
    ours: 'primary',
  },
  {
    stream: 'members',
    key: 'cid',
    properties: { email: 'cid@strangers.example', city: 'Oslo' },
    ours: 'loser',
  },
  { stream: 'teams', key: 'two', properties: { domain: 'two-strangers.example' }, ours: 'primary' },
  { stream: 'teams', key: 'three', properties: { domain: 'three-strangers.example' }, ours: 'loser' },
] as const)(
  'a merge by hand ($stream, ours is the $ours): the golden record follows to the new id',
  async ({ stream, key, properties, ours }) => {
    const objectType = objectOf[stream];
    const before = (await goldenOf(stream, key))!;
    const other = await stranger(objectType, properties);
    const [primary, loser] = ours === 'primary' ? [before.record!, other] : [other, before.record!];
    const { id: winner } = (await press('merge', objectType, primary, { withId: loser })) as { id?: string };
    expect([primary, loser]).not.toContain(winner);
    const after = await until(
      () => goldenOf(stream, key),
      (golden) => golden?.record === winner && golden?.isAnchored === true,
    );
    expect(after!.golden).toBe(before.golden);
    await expectSilence();
    expect(await recordOf(stream, key)).toBe(winner);
  },
  600_000,
);

test.each([
  { stream: 'members', key: 'dot' },
  { stream: 'teams', key: 'three' },
] as const)(
  'archived by hand ($stream), it stays away and its golden record stays; restored, it is the same one',
  async ({ stream, key }) => {
    const objectType = objectOf[stream];
    const before = (await goldenOf(stream, key))!;
    await press('archive', objectType, before.record!);
    await until(
      () => goldenOf(stream, key),
      (golden) => golden?.record === null,
    );
    await expectSilence();
    expect((await goldenOf(stream, key))!.golden).toBe(before.golden);
    await press('restore', objectType, before.record!);
    const after = await until(
      () => goldenOf(stream, key),
      (golden) => golden?.isAnchored === true,
    );
    expect({ golden: after!.golden, record: after!.record }).toEqual({
      golden: before.golden,
      record: before.record,
    });
    await expectSilence();
  },
  600_000,
);

test('deleted for good by hand, the person is gone and does not come back', async () => {
  await press('forget', 'contacts', await recordOf('members', 'eve'));
  await until(
    () => goldenOf('members', 'eve'),
    (golden) => golden === null,
  );
  await expectSilence();
  expect(await goldenOf('members', 'eve')).toBeNull();
});
