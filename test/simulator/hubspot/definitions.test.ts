import { startSimulator, type TestSimulator } from './startSimulator';

let simulator: TestSimulator;
const properties = '/crm/properties/2026-09';

beforeEach(async () => {
  simulator = await startSimulator({ settings: { limits: null } });
});

afterEach(() => simulator.stop());

const custom = (name: string, more: object = {}) => ({
  groupName: 'contactinformation',
  name,
  label: name,
  type: 'string',
  fieldType: 'text',
  ...more,
});
const create = (body: object) => simulator.call('POST', `${properties}/contacts`, body);

test('a property is created, read, changed and archived', async () => {
  expect(await create(custom('shoe_size'))).toMatchObject({
    status: 201,
    body: { hasUniqueValue: false, hubspotDefined: false },
  });
  expect(
    (await simulator.call('GET', '/crm/v3/properties/contacts/shoe_size')).body.modificationMetadata
      .readOnlyValue,
  ).toBe(false);
  const changed = await simulator.call('PATCH', `${properties}/contacts/shoe_size`, {
    label: 'Shoe',
    hasUniqueValue: true,
  });
  expect(changed.body).toMatchObject({ label: 'Shoe', hasUniqueValue: false });
  expect((await simulator.call('DELETE', `${properties}/contacts/shoe_size`)).status).toBe(204);
  expect((await simulator.call('GET', `${properties}/contacts/shoe_size`)).status).toBe(404);
  const write = await simulator.call('POST', '/crm/v3/objects/contacts', {
    properties: { lastname: 'x', shoe_size: '9' },
  });
  expect(write.body.errors[0].code).toBe('PROPERTY_DOESNT_EXIST');
});

test.each([
  [custom('Bad Name'), 400],
  [custom('a', { groupName: 'nowhere' }), 400],
  [custom('a', { type: 'number' }), 400],
  [custom('a', { type: 'enumeration', fieldType: 'select' }), 400],
  [custom('a', { type: 'bool', fieldType: 'booleancheckbox', hasUniqueValue: true }), 400],
  [{ name: 'a' }, 400],
  [custom('email'), 409],
])('a wrong definition is refused: %j', async (body, status) => {
  expect((await create(body)).status).toBe(status);
});

test('the eleventh unique property is refused', async () => {
  for (let at = 0; at < 10; at++)
    expect((await create(custom(`unique_${at}`, { hasUniqueValue: true }))).status).toBe(201);
  expect((await create(custom('unique_10', { hasUniqueValue: true }))).status).toBe(400);
  expect((await create(custom('plain'))).status).toBe(201);
});

test('the schema tells what cannot be written', async () => {
  const { body } = await simulator.call('GET', `${properties}/contacts`);
  const byName = new Map(body.results.map((property: { name: string }) => [property.name, property]));
  expect(byName.get('hs_object_id')).toMatchObject({
    hasUniqueValue: true,
    modificationMetadata: { readOnlyValue: true },
  });
  expect(byName.get('hs_additional_emails')).toMatchObject({ calculated: true });
  expect(byName.get('hubspot_owner_id')).toMatchObject({
    externalOptions: true,
    referencedObjectType: 'OWNER',
  });
  expect(byName.get('email')).toMatchObject({ hasUniqueValue: false });
});

test('groups and batches of properties', async () => {
  expect(
    (await simulator.call('POST', `${properties}/contacts/groups`, { name: 'mine', label: 'Mine' })).status,
  ).toBe(201);
  expect(
    (await simulator.call('POST', `${properties}/contacts/groups`, { name: 'mine', label: 'Mine' })).status,
  ).toBe(409);
  const inputs = [custom('one', { groupName: 'mine' }), custom('email')];
  const made = await simulator.call('POST', `${properties}/contacts/batch/create`, { inputs });
  expect(made).toMatchObject({ status: 207, body: { numErrors: 1 } });
  const read = await simulator.call('POST', `${properties}/contacts/batch/read`, {
    inputs: [{ name: 'one' }, { name: 'two' }],
  });
  expect(read.body.results.map((property: { name: string }) => property.name)).toEqual(['one']);
  expect((await simulator.call('DELETE', `${properties}/contacts/groups/mine`)).status).toBe(400);
});

test('a custom object is usable by short name, id and full name, not by its bare name, with associations of its own', async () => {
  const made = await simulator.call('POST', '/crm/v3/schemas', {
    name: 'licence',
    labels: { singular: 'Licence', plural: 'Licences' },
    requiredProperties: ['code'],
    primaryDisplayProperty: 'code',
    properties: [{ name: 'code', label: 'Code', type: 'string', fieldType: 'text', hasUniqueValue: true }],
    associatedObjects: ['CONTACT'],
  });
  expect(made.status).toBe(201);
  const { objectTypeId, fullyQualifiedName } = made.body;
  expect(objectTypeId).toMatch(/^2-\d+$/);
  const record = await simulator.call('POST', `/crm/objects/2026-09/${fullyQualifiedName}`, {
    properties: { code: 'A1' },
  });
  for (const name of ['p_licence', objectTypeId, fullyQualifiedName]) {
    expect((await simulator.call('GET', `/crm/objects/2026-09/${name}/A1?idProperty=code`)).body.id).toBe(
      record.body.id,
    );
  }
  expect((await simulator.call('POST', '/crm/v3/objects/p_licence', { properties: {} })).status).toBe(400);
  const bare = await simulator.call('GET', '/crm/v3/objects/licence');
  expect(bare.body.message).toBe('Unable to infer object type from: licence');
  const contact = await simulator.call('POST', '/crm/v3/objects/contacts', { properties: { lastname: 'L' } });
  const linked = await simulator.call(
    'POST',
    `/crm/v4/associations/p_licence/contacts/batch/associate/default`,
    {
      inputs: [{ from: { id: record.body.id }, to: { id: contact.body.id } }],
    },
  );
  expect(linked.body.results[0].associationSpec.associationCategory).toBe('USER_DEFINED');
  const impossible = await simulator.call(
    'POST',
    '/crm/v4/associations/p_licence/deals/batch/associate/default',
    {
      inputs: [{ from: { id: record.body.id }, to: { id: '1' } }],
    },
  );
  expect(impossible.status).toBe(207);
  expect((await simulator.call('GET', '/crm/v3/schemas')).body.results).toHaveLength(1);
  expect((await simulator.call('GET', '/crm/v3/objects/unicorns')).status).toBe(400);
});

test('owners, pipelines, account and token can be read', async () => {
  const owners = await simulator.call('GET', '/crm/v3/owners?limit=1');
  expect(owners.body).toMatchObject({ results: [{ id: '7001' }], paging: { next: { after: '7002' } } });
  expect((await simulator.call('GET', '/crm/owners/2026-09?archived=true')).body.results).toHaveLength(1);
  const pipelines = await simulator.call('GET', '/crm/v3/pipelines/deals');
  expect(pipelines.body.results[0].stages).toHaveLength(7);
  const stage = await simulator.call('GET', '/crm/pipelines/2026-09/deals/default/stages/closedwon');
  expect(stage.body.metadata.isClosed).toBe('true');
  const details = await simulator.call('GET', '/account-info/2026-09/details');
  expect(details.body).toMatchObject({
    portalId: 9_000_777_001,
    timeZone: 'Europe/London',
    companyCurrency: 'GBP',
  });
  const usage = await simulator.call('GET', '/account-info/v3/api-usage/daily/private-apps');
  expect(usage.body.results[0]).toMatchObject({ currentUsage: expect.any(Number), fetchStatus: 'SUCCESS' });
  const token = await simulator.call('POST', '/oauth/v2/private-apps/get/access-token-info', {
    tokenKey: 'pat-simulator',
  });
  expect(token.body).toMatchObject({ hubId: 9_000_777_001 });
  expect(token.body.scopes).toContain('crm.objects.contacts.write');
});
