import { contacts, startSimulator, type TestSimulator } from './startSimulator';

let simulator: TestSimulator;

beforeAll(async () => {
  simulator = await startSimulator({ settings: { limits: null } });
  const custom = (name: string, type: string, fieldType: string, more = {}) => ({
    name,
    label: name,
    type,
    fieldType,
    ...more,
  });
  const options = ['red', 'green', 'Blue'].map((value) => ({ label: value.toUpperCase(), value }));
  simulator.seed({
    properties: {
      contacts: [
        custom('birthday', 'date', 'date'),
        custom('seen_at', 'datetime', 'date'),
        custom('score', 'number', 'number'),
        custom('vip', 'bool', 'booleancheckbox'),
        custom('colour', 'enumeration', 'select', { options }),
        custom('colours', 'enumeration', 'checkbox', { options }),
      ],
    },
  });
});

afterAll(() => simulator.stop());

async function write(properties: Record<string, unknown>) {
  return simulator.call('POST', contacts, { properties: { lastname: 'Value', ...properties } });
}

test.each([
  ['birthday', '2001-02-03', '2001-02-03'],
  ['birthday', '981158400000', '2001-02-03'],
  ['seen_at', '2020-01-02T03:04:05Z', '2020-01-02T03:04:05.000Z'],
  ['seen_at', '2020-01-02T03:04:05.678+01:00', '2020-01-02T02:04:05.678Z'],
  ['seen_at', '1577934245000', '2020-01-02T03:04:05.000Z'],
  ['score', '1.50', '1.50'],
  ['score', 0, '0'],
  ['vip', true, 'true'],
  ['vip', 'false', 'false'],
  ['colour', 'Blue', 'Blue'],
  ['colours', 'red;Blue', 'red;Blue'],
  ['email', '  Ann.B@Example.COM ', 'ann.b@example.com'],
  ['hubspot_owner_id', '7001', '7001'],
  ['lastname', 'x'.repeat(65_536), 'x'.repeat(65_536)],
])('%s takes %p and stores it', async (name, given, stored) => {
  const reply = await write({ [name]: given });
  expect(reply.status).toBe(201);
  const read = await simulator.call('GET', `${contacts}/${reply.body.id}?properties=${name}`);
  expect(read.body.properties[name]).toBe(stored);
});

test.each([
  ['birthday', '2001-02-30', 'INVALID_DATE', 'was not a valid date'],
  ['birthday', '03/02/2001', 'INVALID_DATE', 'was not a valid date'],
  ['birthday', '1684914035320', 'INVALID_DATE', '1684914035320 is at 7:40:35.320 UTC, not midnight!'],
  ['seen_at', '2020-01-02T03:04:05', 'INVALID_DATE', 'was not a valid date'],
  ['score', '1,000', 'INVALID_INTEGER', 'was not a valid number'],
  ['score', '1e3', 'INVALID_INTEGER', 'was not a valid number'],
  ['vip', 'yes', 'INVALID_OPTION', '[true, false]'],
  ['colour', 'RED', 'INVALID_OPTION', 'label: "GREEN" value: "green"'],
  ['colours', 'red;mauve', 'INVALID_OPTION', 'mauve was not one of the allowed options'],
  ['email', 'nobody@', 'INVALID_EMAIL', 'is invalid'],
  ['email', 'a b@example.com', 'INVALID_EMAIL', 'is invalid'],
  ['hubspot_owner_id', '7003', 'INVALID_OWNER_ID', 'not active'],
  ['hubspot_owner_id', '1', 'INVALID_OWNER_ID', 'does not exist'],
  ['firstname', 'see https://example.com', 'CONTAINS_URL', 'URL'],
  ['lastname', 'x'.repeat(65_537), 'MAX_LENGTH', '65536'],
  ['city', 'a\u0000b', 'INVALID_CHARACTERS', 'cannot be stored'],
  ['city', 'a\ud800b', 'INVALID_CHARACTERS', 'cannot be stored'],
  ['nonsense', 'x', 'PROPERTY_DOESNT_EXIST', 'Property "nonsense" does not exist'],
  ['hs_object_id', '1', 'READ_ONLY_VALUE', 'its value cannot be set'],
  [
    'hs_additional_emails',
    'a@b.example',
    'READ_ONLY_VALUE',
    '"hs_additional_emails" is a calculated property',
  ],
])('%s refuses %p with %s', async (name, given, code, message) => {
  const reply = await write({ [name]: given });
  expect(reply.status).toBe(400);
  expect(reply.body.category).toBe('VALIDATION_ERROR');
  expect(reply.body.message).toMatch(/^Property values were not valid: \[/);
  const [inner] = JSON.parse(reply.body.message.slice('Property values were not valid: '.length));
  expect(inner).toMatchObject({ isValid: false, error: code, name, portalId: 9_000_777_001 });
  expect(inner.message).toContain(message);
  expect(reply.body.errors[0]).toMatchObject({ code, context: { propertyName: [name] } });
});

test('every wrong value of a record is named', async () => {
  const reply = await write({ score: 'x', colour: 'x' });
  expect(reply.body.errors.map((error: { code: string }) => error.code)).toEqual([
    'INVALID_INTEGER',
    'INVALID_OPTION',
  ]);
});

test('an array where a string belongs is malformed JSON', async () => {
  const reply = await write({ colours: ['red'] });
  expect(reply.status).toBe(400);
  expect(reply.body.message).toMatch(/^Invalid input JSON on line 1, column \d+: Cannot deserialize/);
});

test('a leading semicolon appends to a checkbox', async () => {
  const { id } = (await write({ colours: 'red' })).body;
  const reply = await simulator.call('PATCH', `${contacts}/${id}`, { properties: { colours: ';green' } });
  expect(reply.body.properties.colours).toBe('red;green');
});

test('an empty string clears, and a cleared value reads null', async () => {
  const { id } = (await write({ city: 'Bath' })).body;
  await simulator.call('PATCH', `${contacts}/${id}`, { properties: { city: '' } });
  const read = await simulator.call('GET', `${contacts}/${id}?properties=city,nonsense`);
  expect(read.body.properties.city).toBeNull();
  expect(read.body.properties).not.toHaveProperty('nonsense');
});

test('a lifecycle stage only moves forward unless it is cleared first', async () => {
  const { id } = (await write({ lifecyclestage: 'opportunity' })).body;
  const set = (lifecyclestage: string) =>
    simulator.call('PATCH', `${contacts}/${id}`, { properties: { lifecyclestage } });
  const back = await set('lead');
  expect(back.status).toBe(200);
  expect(back.body.properties.lifecyclestage).toBe('opportunity');
  expect((await set('customer')).body.properties.lifecyclestage).toBe('customer');
  await set('');
  expect((await set('lead')).body.properties.lifecyclestage).toBe('lead');
});

test('validation rules count on 2026-09 only', async () => {
  simulator.seed({
    validationRules: [
      { objectType: 'contacts', property: 'zip', rules: [{ ruleType: 'MAX_LENGTH', ruleArguments: ['3'] }] },
    ],
  });
  const body = { properties: { lastname: 'Rule', zip: '12345' } };
  expect((await simulator.call('POST', contacts, body)).body.errors[0].code).toBe('VALIDATION_RULE');
  expect((await simulator.call('POST', '/crm/objects/2026-03/contacts', body)).status).toBe(201);
  expect((await simulator.call('POST', '/crm/v3/objects/contacts', body)).status).toBe(201);
  const rules = await simulator.call('GET', '/crm/property-validations/2026-09/0-1');
  expect(rules.body.results).toEqual([
    { propertyName: 'zip', propertyValidationRules: [{ ruleType: 'MAX_LENGTH', ruleArguments: ['3'] }] },
  ]);
});

test.each([
  ['contacts', { city: 'Bath' }],
  ['companies', { city: 'Bath' }],
  ['deals', { dealname: 'no stage' }],
])('%s need their minimum of properties', async (type, properties) => {
  const reply = await simulator.call('POST', `/crm/objects/2026-09/${type}`, { properties });
  expect(reply.status).toBe(400);
  expect(reply.body.message).toContain('Some required properties were not set');
});

test('a deal falls into the default pipeline, and stage and pipeline must exist together', async () => {
  const deal = (properties: object) =>
    simulator.call('POST', '/crm/v3/objects/deals', { properties: { dealname: 'D', ...properties } });
  const made = await deal({ dealstage: 'contractsent' });
  expect(made.body.properties.pipeline).toBe('default');
  expect((await deal({ dealstage: 'nowhere' })).body.errors[0].code).toBe('INVALID_OPTION');
  expect((await deal({ dealstage: 'contractsent', pipeline: 'none' })).body.errors[0].code).toBe(
    'INVALID_OPTION',
  );
});
