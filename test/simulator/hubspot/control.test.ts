import { Script } from 'node:vm';
import { contacts, startSimulator, type TestSimulator } from './startSimulator';
import { defaultSwitches, switchChoices } from '../../../src/simulator/hubspot/switches';

let simulator: TestSimulator;

beforeEach(async () => {
  simulator = await startSimulator({ settings: { limits: null } });
});

afterEach(() => simulator.stop());

const lines = async (query = '') =>
  (await simulator.control(`/export${query}`)).text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

test('the export tells who wrote which property last, how often, and of equal values', async () => {
  simulator.seed({
    records: [
      {
        objectType: 'contacts',
        id: '1',
        properties: { lastname: 'A', city: 'Bath' },
        createdAt: '2020-01-01T00:00:00Z',
      },
    ],
  });
  await simulator.call('PATCH', `${contacts}/1`, { properties: { lastname: 'B' } });
  await simulator.call('PATCH', `${contacts}/1`, { properties: { lastname: 'B' } });
  const [record] = await lines();
  expect(record).toMatchObject({
    kind: 'record',
    objectType: 'contacts',
    id: '1',
    writes: 3,
    equalWrites: 1,
  });
  expect(record.lastWrittenBy.city).toEqual({
    at: '2020-01-01T00:00:00.000Z',
    sourceType: 'IMPORT',
    sourceId: 'seed',
    times: 1,
  });
  expect(record.lastWrittenBy.lastname).toMatchObject({ sourceType: 'INTEGRATION', times: 3 });
  expect((await simulator.control('/stats')).body.equalValueWrites).toBe(1);
});

test('the export has every association once per direction', async () => {
  simulator.seed({
    records: [
      { objectType: 'contacts', id: '1', properties: { lastname: 'A' } },
      { objectType: 'companies', id: '7', properties: { name: 'B' } },
    ],
    associations: [{ from: { objectType: 'contacts', id: '1' }, to: { objectType: 'companies', id: '7' } }],
  });
  const links = (await lines()).filter((line) => line.kind === 'association');
  expect(links).toEqual([
    expect.objectContaining({
      fromObjectType: 'contacts',
      fromId: '1',
      toObjectType: 'companies',
      toId: '7',
      types: [{ category: 'HUBSPOT_DEFINED', typeId: 279, label: null }],
    }),
    expect.objectContaining({
      fromObjectType: 'companies',
      fromId: '7',
      toObjectType: 'contacts',
      toId: '1',
    }),
  ]);
  expect((await lines('?objectType=companies')).map((line) => line.kind)).toEqual(['record', 'association']);
});

test('calls are counted by endpoint and status, and by operation with inputs', async () => {
  await simulator.call('POST', '/crm/v3/objects/contacts/batch/create', {
    inputs: [{ properties: { lastname: 'A' } }, { properties: { lastname: 'B' } }],
  });
  await simulator.call('POST', '/crm/objects/2026-09/0-1/batch/create', {
    inputs: [{ properties: { email: 'x' } }],
  });
  await simulator.call('GET', contacts);
  const { body } = await simulator.control('/stats');
  expect(body).toMatchObject({
    calls: 3,
    writeCalls: 2,
    byEndpoint: {
      'POST /crm/v3/objects/{type}/batch/create': { 201: 1 },
      'POST /crm/objects/2026-09/{type}/batch/create': { 400: 1 },
      'GET /crm/objects/2026-09/{type}': { 200: 1 },
    },
    byOperation: {
      'contacts batch/create': { calls: 2, done: 1, inputs: 3 },
      'contacts get': { calls: 1, done: 1, inputs: 1 },
    },
  });
  await simulator.control('/stats/reset', {});
  expect((await simulator.control('/stats')).body).toMatchObject({ calls: 0, byEndpoint: {} });
});

test('seeding names the entry that is wrong', async () => {
  const records = [
    { objectType: 'contacts', properties: { lastname: 'A' } },
    { objectType: 'contacts', properties: { email: 'x' } },
  ];
  const reply = await simulator.control('/seed', { records });
  expect(reply.status).toBe(400);
  expect(reply.body.message).toMatch(/^Record 1: /);
});

test('switches are listed with their choices; unknown ones and unknown settings are refused', async () => {
  expect((await simulator.control('/switches')).body).toEqual({
    current: defaultSwitches(),
    choices: switchChoices,
  });
  for (const wrong of [{ unknown: true }, { conflictText: 'loud' }]) {
    expect((await simulator.control('/switches', wrong)).status).toBe(400);
  }
  for (const wrong of [
    { latency: { meanMs: -1 } },
    { limits: { perTenSeconds: 'x' } },
    { limits: { perMinute: 1 } },
    { speed: 1 },
  ]) {
    expect((await simulator.control('/settings', wrong)).status).toBe(400);
  }
});

test('reading switches: null or absent, fractions, echoes', async () => {
  const made = await simulator.call('POST', '/crm/objects/2026-09/deals', {
    properties: { dealname: 'D', dealstage: 'closedwon', closedate: '2020-01-02T03:04:05Z', amount: '1.50' },
  });
  const read = async () =>
    (
      await simulator.call(
        'GET',
        `/crm/objects/2026-09/deals/${made.body.id}?properties=closedate,description`,
      )
    ).body.properties;
  expect(await read()).toMatchObject({ closedate: '2020-01-02T03:04:05.000Z', description: null });
  await simulator.control('/switches', {
    missingPropertyIsNull: false,
    datetimeFractions: false,
    numbersNormalized: true,
    resultsEchoTraceId: false,
    writeRepliesCarryProperties: false,
    batchPartial: 'plainStatus',
  });
  const after = await read();
  expect(after.closedate).toBe('2020-01-02T03:04:05Z');
  expect(after).not.toHaveProperty('description');
  const batch = await simulator.call('POST', '/crm/objects/2026-09/deals/batch/update', {
    inputs: [
      { id: made.body.id, properties: { amount: '02.50' }, objectWriteTraceId: 'a' },
      { id: '99', properties: {}, objectWriteTraceId: 'b' },
    ],
  });
  expect(batch).toMatchObject({ status: 200, body: { numErrors: 1 } });
  expect(batch.body.results[0]).not.toHaveProperty('objectWriteTraceId');
  expect(batch.body.results[0].properties).not.toHaveProperty('amount');
  const amount = await simulator.call('GET', `/crm/objects/2026-09/deals/${made.body.id}?properties=amount`);
  expect(amount.body.properties.amount).toBe('2.5');
});

test('the page says loudly what it is and loads nothing from elsewhere', async () => {
  const page = await simulator.call('GET', '/');
  expect(page.headers.get('content-type')).toContain('text/html');
  expect(page.text).toContain('<h1>HubSpot simulator</h1>');
  expect(page.text).not.toMatch(/(src|href)=|https?:\/\//);
  const script = /<script>([\s\S]*)<\/script>/.exec(page.text)?.[1] ?? '';
  expect(script).toContain("fetch('/_simulator'");
  expect(() => new Script(script)).not.toThrow();
});

test('the page can list, search and inspect records', async () => {
  simulator.seed({
    records: [
      { objectType: 'contacts', id: '1', properties: { lastname: 'Ångström', email: 'a@example.com' } },
      { objectType: 'contacts', id: '2', properties: { lastname: 'Brown' } },
    ],
  });
  const found = await simulator.control(`/browse?objectType=contacts&q=${encodeURIComponent('ångs')}`);
  expect(found.body).toMatchObject({ total: 1, results: [{ id: '1' }] });
  const { id } = (await simulator.control('/merge', { objectType: 'contacts', id: '1', withId: '2' })).body;
  const merged = await simulator.control('/browse?objectType=contacts&q=2');
  expect(merged.body).toMatchObject({ total: 1, results: [{ id }] });
  const record = await simulator.control(`/record?objectType=contacts&id=${id}`);
  expect(record.body.history.lastname).toEqual([
    expect.objectContaining({ value: 'Ångström', sourceType: 'IMPORT' }),
  ]);
  expect((await simulator.control('')).body.objectTypes[0]).toMatchObject({ name: 'contacts', live: 1 });
});

test('the page shows custom objects, which the API does not take by their bare name', async () => {
  simulator.seed({
    schemas: [{ name: 'courses', labels: { singular: 'Course', plural: 'Courses' } }],
    records: [{ objectType: 'p_courses', id: '1', properties: {} }],
  });
  expect((await simulator.control('/browse?objectType=courses')).body).toMatchObject({ total: 1 });
  expect((await simulator.control('/record?objectType=courses&id=1')).body).toMatchObject({ id: '1' });
  expect((await simulator.call('GET', '/crm/v3/objects/courses/1')).status).toBe(400);
});
