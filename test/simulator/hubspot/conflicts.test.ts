import { contacts, startSimulator, traced, type TestSimulator } from './startSimulator';

let simulator: TestSimulator;

beforeEach(async () => {
  simulator = await startSimulator({ settings: { limits: null } });
  simulator.seed({
    properties: {
      contacts: [{ name: 'key', label: 'Key', type: 'string', fieldType: 'text', hasUniqueValue: true }],
    },
    records: [
      {
        objectType: 'contacts',
        id: '4711',
        properties: { email: 'held@example.com', key: 'k1' },
        secondaryEmails: ['second@example.com'],
      },
    ],
  });
});

afterEach(() => simulator.stop());

const create = (properties: object) => simulator.call('POST', contacts, { properties });

test.each(['held@example.com', 'HELD@example.com ', 'second@example.com'])(
  '%p is taken: 409 names the owner',
  async (email) => {
    const reply = await create({ email });
    expect(reply.status).toBe(409);
    expect(reply.body).toMatchObject({
      category: 'CONFLICT',
      message: 'Contact already exists. Existing ID: 4711',
    });
  },
);

test.each([
  ['noId', { category: 'CONFLICT', message: 'Contact already exists' }],
  [
    'identityProfile',
    {
      category: 'OBJECT_ALREADY_EXISTS',
      error: 'CONTACT_EXISTS',
      identityProfile: { vid: 4711 },
      errors: [
        { message: 'A contact with email held@example.com already exists. Existing ID: 4711', in: 'email' },
      ],
    },
  ],
])('the text %s of the conflict', async (conflictText, body) => {
  await simulator.control('/switches', { conflictText });
  expect((await create({ email: 'held@example.com' })).body).toMatchObject(body);
});

test('in a batch the conflict rejects all, or with trace ids its own input', async () => {
  const rows = [{ properties: { email: 'new@example.com' } }, { properties: { email: 'held@example.com' } }];
  const whole = await simulator.call('POST', `${contacts}/batch/create`, { inputs: rows });
  expect(whole).toMatchObject({ status: 409, body: { category: 'CONFLICT' } });
  const partial = await simulator.call('POST', `${contacts}/batch/create`, traced(rows));
  expect(partial.status).toBe(207);
  expect(partial.body.errors[0]).toMatchObject({
    category: 'CONFLICT',
    context: { objectWriteTraceId: ['t1'] },
  });
});

test('an upsert by key fails when another contact owns the e-mail', async () => {
  const row = { id: 'k2', idProperty: 'key', properties: { email: 'second@example.com' } };
  const reply = await simulator.call('POST', `${contacts}/batch/upsert`, { inputs: [row] });
  expect(reply).toMatchObject({
    status: 409,
    body: { message: 'Contact already exists. Existing ID: 4711' },
  });
});

test('a taken unique value is a conflict, or by switch a validation error', async () => {
  expect(await create({ key: 'k1', lastname: 'L' })).toMatchObject({
    status: 409,
    body: { category: 'CONFLICT' },
  });
  await simulator.control('/switches', { uniqueConflict: 'validation400' });
  const reply = await create({ key: 'k1', lastname: 'L' });
  expect(reply.status).toBe(400);
  expect(reply.body.errors[0].code).toBe('CONFLICTING_UNIQUE_VALUE');
});

test('a secondary address that becomes primary changes places with it', async () => {
  const reply = await simulator.call('PATCH', `${contacts}/4711`, {
    properties: { email: 'second@example.com' },
  });
  expect(reply.body.properties.email).toBe('second@example.com');
  const read = await simulator.call('GET', `${contacts}/4711?properties=hs_additional_emails`);
  expect(read.body.properties.hs_additional_emails).toBe('held@example.com');
  expect((await create({ email: 'held@example.com' })).status).toBe(409);
});

test('a changed e-mail frees the old address, or by switch keeps it as a secondary one', async () => {
  await simulator.call('PATCH', `${contacts}/4711`, { properties: { email: 'third@example.com' } });
  const { id } = (await create({ email: 'held@example.com' })).body;
  await simulator.control('/switches', { emailChangeKeepsOld: true });
  await simulator.call('PATCH', `${contacts}/${id}`, { properties: { email: 'fourth@example.com' } });
  expect((await create({ email: 'held@example.com' })).body.message).toContain(`Existing ID: ${id}`);
});

test.each([
  ['rejected', 400],
  ['allOrNothing', 400],
  ['partial', 207],
])('upsert by e-mail with trace ids when the switch says %s', async (upsertByEmailPartial, status) => {
  await simulator.control('/switches', { upsertByEmailPartial });
  const rows = [
    { id: 'new@example.com', idProperty: 'email', properties: { city: 'Bath' } },
    { id: 'held@example.com', idProperty: 'email', properties: { nonsense: 'x' } },
  ];
  expect((await simulator.call('POST', `${contacts}/batch/upsert`, traced(rows))).status).toBe(status);
  const made = await simulator.call('GET', `${contacts}/new@example.com?idProperty=email`);
  expect(made.status).toBe(status === 207 ? 200 : 404);
});

test('by switch a mixed-case upsert by e-mail loses the other properties', async () => {
  await simulator.control('/switches', { upsertMixedCaseEmailLosesProperties: true });
  const row = { id: 'New@Example.com', idProperty: 'email', properties: { city: 'Bath' } };
  await simulator.call('POST', `${contacts}/batch/upsert`, { inputs: [row] });
  const read = await simulator.call(
    'GET',
    `${contacts}/new@example.com?idProperty=email&properties=city,email`,
  );
  expect(read.body.properties).toMatchObject({ email: 'new@example.com', city: null });
});
