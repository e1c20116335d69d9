import { contacts, startSimulator, traced, type TestSimulator } from './startSimulator';

let simulator: TestSimulator;

beforeEach(async () => {
  simulator = await startSimulator({ settings: { limits: null } });
  simulator.seed({
    properties: {
      contacts: [{ name: 'key', label: 'Key', type: 'string', fieldType: 'text', hasUniqueValue: true }],
    },
  });
});

afterEach(() => simulator.stop());

const batch = (operation: string, body: unknown, base = contacts) =>
  simulator.call('POST', `${base}/batch/${operation}`, body);
const people = (count: number) =>
  Array.from({ length: count }, (_none, at) => ({ properties: { email: `p${at}@example.com` } }));
const total = async () => (await batch('read', { inputs: [{ id: '1001' }] })).body.results.length;
const idsByTrace = (results: { objectWriteTraceId: string; id: string }[]) =>
  Object.fromEntries(results.map((result) => [result.objectWriteTraceId, result.id]));

test('101 inputs are one too many for every operation', async () => {
  for (const operation of ['create', 'update', 'upsert', 'read', 'archive']) {
    const inputs = Array.from({ length: 101 }, (_none, at) => ({
      id: String(at),
      idProperty: 'key',
      properties: {},
    }));
    expect((await batch(operation, { inputs })).status).toBe(400);
  }
  expect((await batch('create', { inputs: people(100) })).status).toBe(201);
});

test('without trace ids one wrong record rejects the whole batch and nothing is written', async () => {
  const inputs = [...people(3), { properties: { email: 'wrong' } }];
  const reply = await batch('create', { inputs });
  expect(reply.status).toBe(400);
  expect(reply.body.errors[0].code).toBe('INVALID_EMAIL');
  expect(await total()).toBe(0);
});

test('trace ids on only some inputs, or the same on all, do not make it partial', async () => {
  const { inputs } = traced([...people(2), { properties: { email: 'wrong' } }]);
  delete inputs[0]?.['objectWriteTraceId'];
  expect((await batch('create', { inputs })).status).toBe(400);
  const shared = inputs.map((input) => ({ ...input, objectWriteTraceId: 'same' }));
  expect((await batch('create', { inputs: shared })).status).toBe(400);
  expect(await total()).toBe(0);
});

test('with unique trace ids the good ones are written and the 207 names the bad one', async () => {
  const reply = await batch(
    'create',
    traced([...people(3), { properties: { missing: 'x', lastname: 'L' } }]),
  );
  expect(reply.status).toBe(207);
  expect(reply.body).toMatchObject({ status: 'COMPLETE', numErrors: 1 });
  expect(Object.keys(idsByTrace(reply.body.results)).sort()).toEqual(['t0', 't1', 't2']);
  expect(reply.body.errors[0]).toMatchObject({
    status: 'error',
    category: 'VALIDATION_ERROR',
    context: { objectWriteTraceId: ['t3'] },
  });
  expect(reply.body.errors[0].message).toContain('Property \\"missing\\" does not exist');
});

test('results come in another order than the inputs', async () => {
  const reply = await batch('create', traced(people(50)));
  const order = reply.body.results.map((result: { objectWriteTraceId: string }) => result.objectWriteTraceId);
  expect(order).not.toEqual(Array.from({ length: 50 }, (_none, at) => `t${at}`));
  expect(new Set(order).size).toBe(50);
});

test('the same id twice is refused, with trace ids too, after folding e-mails', async () => {
  const { id } = (await simulator.call('POST', contacts, { properties: { email: 'a@example.com' } })).body;
  const twice = await batch(
    'update',
    traced([
      { id, properties: {} },
      { id, properties: {} },
    ]),
  );
  expect(twice.status).toBe(400);
  expect(twice.body).toMatchObject({
    message: `Duplicate IDs found in batch input: [${id}]. IDs must be unique`,
    context: { ids: [id] },
    category: 'VALIDATION_ERROR',
  });
  const input = (address: string) => ({ id: address, idProperty: 'email', properties: {} });
  const folded = await batch('upsert', { inputs: [input('b@example.com'), input(' B@Example.com')] });
  expect(folded.body.message).toContain('[b@example.com]');
});

test('upsert by a unique property creates, updates and says which', async () => {
  const upsert = (rows: [string, string][]) =>
    batch(
      'upsert',
      traced(rows.map(([id, lastname]) => ({ id, idProperty: 'key', properties: { lastname } }))),
    );
  const first = await upsert([['k1', 'One']]);
  expect(first.status).toBe(200);
  expect(first.body.results[0]).toMatchObject({
    new: true,
    objectWriteTraceId: 't0',
    properties: { key: 'k1', lastname: 'One' },
  });
  const second = await upsert([
    ['k1', 'Uno'],
    ['k2', 'Two'],
  ]);
  const results = Object.fromEntries(
    second.body.results.map((result: { objectWriteTraceId: string }) => [result.objectWriteTraceId, result]),
  );
  expect(results.t0).toMatchObject({ new: false, id: first.body.results[0].id });
  expect(results.t1).toMatchObject({ new: true });
});

test('upsert and update by a property that is not unique are refused', async () => {
  const row = { id: 'x', idProperty: 'lastname', properties: { city: 'Bath' } };
  expect((await batch('upsert', { inputs: [row] })).body.message).toMatch(
    /Unable to perform upsert by non-unique 0-1 property lastname/,
  );
  expect((await batch('update', { inputs: [row] })).body.message).toMatch(
    /Unable to perform update by non-unique 0-1 property lastname/,
  );
  const byEmail = await batch('update', { inputs: [{ ...row, idProperty: 'email' }] });
  expect(byEmail.status).toBe(400);
  expect(byEmail.body.message).toBe(
    'Unable to perform update by non-unique 0-1 property email in portal ID 9000777001',
  );
});

test('single update and batch read take the e-mail, a secondary one too', async () => {
  simulator.seed({
    records: [
      {
        objectType: 'contacts',
        id: '5001',
        properties: { email: 'one@example.com' },
        secondaryEmails: ['Two@example.com'],
      },
    ],
  });
  const patched = await simulator.call('PATCH', `${contacts}/one@example.com?idProperty=email`, {
    properties: { city: 'Bath' },
  });
  expect(patched.body.id).toBe('5001');
  const read = await batch('read', {
    idProperty: 'email',
    properties: ['email'],
    inputs: [{ id: 'TWO@example.com' }],
  });
  expect(read.body.results[0]).toMatchObject({ id: '5001', properties: { email: 'one@example.com' } });
});

test('batch read answers 207 with the ids that are missing', async () => {
  const { id } = (await simulator.call('POST', contacts, { properties: { email: 'a@example.com' } })).body;
  const reply = await batch('read', {
    inputs: [{ id }, { id: '99' }, { id: '98' }],
    properties: ['email', 'city'],
  });
  expect(reply.status).toBe(207);
  expect(reply.body.results).toHaveLength(1);
  expect(reply.body.results[0].properties.city).toBeNull();
  expect(reply.body.errors[0]).toMatchObject({
    category: 'OBJECT_NOT_FOUND',
    context: { ids: ['99', '98'] },
  });
});

test('an unknown id in batch update: whole 404 without trace ids, 207 with them', async () => {
  const { id } = (await simulator.call('POST', contacts, { properties: { email: 'a@example.com' } })).body;
  const rows = [
    { id, properties: { city: 'Bath' } },
    { id: '99', properties: { city: 'Ely' } },
  ];
  const whole = await batch('update', { inputs: rows });
  expect(whole).toMatchObject({
    status: 404,
    body: { category: 'OBJECT_NOT_FOUND', context: { ids: ['99'] } },
  });
  const partial = await batch('update', traced(rows));
  expect(partial.status).toBe(207);
  expect(partial.body.errors[0].context).toEqual({ ids: ['99'], objectWriteTraceId: ['t1'] });
  expect(partial.body.results[0].properties.city).toBe('Bath');
});

test('archive hides a record, frees its unique values and lists it under archived', async () => {
  const { id } = (await simulator.call('POST', contacts, { properties: { email: 'a@example.com' } })).body;
  expect((await batch('archive', { inputs: [{ id }, { id: '99' }] })).status).toBe(204);
  expect((await simulator.call('GET', `${contacts}/${id}`)).status).toBe(404);
  expect((await simulator.call('GET', `${contacts}/${id}?archived=true`)).body).toMatchObject({
    id,
    archived: true,
  });
  expect((await simulator.call('PATCH', `${contacts}/${id}`, { properties: { city: 'x' } })).status).toBe(
    404,
  );
  expect((await simulator.call('GET', contacts)).body.results).toEqual([]);
  expect((await simulator.call('GET', `${contacts}?archived=true`)).body.results).toHaveLength(1);
  expect((await simulator.call('POST', contacts, { properties: { email: 'a@example.com' } })).status).toBe(
    201,
  );
});

test('within one batch a value given up can be taken, and a value taken is a conflict', async () => {
  const made = await batch(
    'create',
    traced([{ properties: { email: 'x@example.com' } }, { properties: { email: 'y@example.com' } }]),
  );
  const ids = idsByTrace(made.body.results);
  const swap = await batch(
    'update',
    traced([
      { id: ids['t0'], properties: { email: 'z@example.com' } },
      { id: ids['t1'], properties: { email: 'x@example.com' } },
    ]),
  );
  expect(swap.status).toBe(200);
  const same = await batch(
    'create',
    traced([{ properties: { email: 'n@example.com' } }, { properties: { email: 'N@example.com' } }]),
  );
  expect(same.status).toBe(207);
  expect(same.body.errors[0]).toMatchObject({
    category: 'CONFLICT',
    context: { objectWriteTraceId: ['t1'] },
  });
});

test('lists page by id until the end, at most 100 at a time', async () => {
  await batch('create', { inputs: people(100) });
  await batch('create', { inputs: people(130).slice(100) });
  const seen: string[] = [];
  for (let after = ''; ;) {
    const page = await simulator.call('GET', `${contacts}?limit=100${after}`);
    seen.push(...page.body.results.map((record: { id: string }) => record.id));
    if (!page.body.paging) break;
    after = `&after=${page.body.paging.next.after}`;
  }
  expect(new Set(seen).size).toBe(130);
  expect(seen).toHaveLength(130);
  expect((await simulator.call('GET', `${contacts}?limit=101`)).status).toBe(400);
});

test('v3, 2026-03 and 2026-09 name the same objects, by name or type id', async () => {
  const { id } = (
    await simulator.call('POST', '/crm/v3/objects/0-1', { properties: { email: 'a@example.com' } })
  ).body;
  for (const path of [
    '/crm/v3/objects/contacts',
    '/crm/objects/2026-03/contacts',
    '/crm/objects/2026-09/0-1',
    '/crm/v3/objects/contact',
  ]) {
    expect((await simulator.call('GET', `${path}/${id}`)).body.id).toBe(id);
  }
  for (const path of [
    '/crm/v4/objects/contacts',
    '/crm/objects/2027-03/contacts',
    '/crm/objects/contacts',
    '/nowhere',
  ]) {
    expect(await simulator.call('GET', path)).toMatchObject({
      status: 404,
      body: { message: 'resource not found' },
    });
  }
});

test('property history names value, time, source and user, newest first, for at most 50 records per call', async () => {
  const { id } = (await simulator.call('POST', contacts, { properties: { lastname: 'Old' } })).body;
  await simulator.control('/edit', { objectType: 'contacts', id, properties: { lastname: 'New' } });
  const read = await simulator.call('GET', `${contacts}/${id}?propertiesWithHistory=lastname`);
  expect(read.body.propertiesWithHistory.lastname).toEqual([
    {
      value: 'New',
      timestamp: expect.any(String),
      sourceType: 'CRM_UI',
      sourceId: 'userId:1',
      updatedByUserId: 1,
    },
    { value: 'Old', timestamp: expect.any(String), sourceType: 'INTEGRATION', sourceId: '1' },
  ]);
  const inputs = Array.from({ length: 51 }, (_, index) => ({ id: String(index + 1) }));
  const many = (count: number) =>
    batch('read', { properties: [], propertiesWithHistory: ['lastname'], inputs: inputs.slice(0, count) });
  expect([(await many(50)).status, (await many(51)).status]).toEqual([207, 400]);
});

test('malformed JSON is a 400 that names the place', async () => {
  const reply = await batch('create', '{"inputs": [}');
  expect(reply.status).toBe(400);
  expect(reply.body.message).toMatch(/^Invalid input JSON on line 1, column \d+: /);
});
