import { contacts, startSimulator, type TestSimulator } from './startSimulator';

let simulator: TestSimulator;

beforeEach(async () => {
  simulator = await startSimulator({ settings: { limits: null } });
  simulator.seed({
    records: [
      {
        objectType: 'contacts',
        id: '11',
        properties: { email: 'win@example.com', city: 'Bath', lifecyclestage: 'lead' },
      },
      {
        objectType: 'contacts',
        id: '12',
        properties: { email: 'lose@example.com', city: 'Ely', zip: '1', lifecyclestage: 'customer' },
      },
      { objectType: 'companies', id: '11', properties: { name: 'Alpha' } },
      { objectType: 'companies', id: '12', properties: { name: 'Beta' } },
    ],
    associations: [
      {
        from: { objectType: 'contacts', id: '11' },
        to: { objectType: 'companies', id: '11' },
        types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 1 }],
      },
      {
        from: { objectType: 'contacts', id: '12' },
        to: { objectType: 'companies', id: '12' },
        types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 1 }],
      },
    ],
  });
});

afterEach(() => simulator.stop());

const merge = (primaryObjectId: string, objectIdToMerge: string) =>
  simulator.call('POST', `${contacts}/merge`, { primaryObjectId, objectIdToMerge });
const asked = 'properties=email,city,zip,lifecyclestage,hs_additional_emails,hs_merged_object_ids';

test('a merge mints a new id; both old ids lead to it; the primary wins and gaps are filled', async () => {
  const { body } = await merge('11', '12');
  expect(['11', '12']).not.toContain(body.id);
  for (const id of ['11', '12', body.id]) {
    const read = await simulator.call('GET', `${contacts}/${id}?${asked}`);
    expect(read.body.id).toBe(body.id);
    expect(read.body.properties).toMatchObject({
      email: 'win@example.com',
      city: 'Bath',
      zip: '1',
      lifecyclestage: 'customer',
      hs_additional_emails: 'lose@example.com',
    });
    expect(read.body.properties.hs_merged_object_ids.split(';').sort()).toEqual(['11', '12']);
  }
  expect((await simulator.call('GET', contacts)).body.results).toHaveLength(1);
});

test('by switch the primary id is kept', async () => {
  await simulator.control('/switches', { mergeKeepsPrimaryId: true });
  expect((await merge('11', '12')).body.id).toBe('11');
  const read = await simulator.call('GET', `${contacts}/12?${asked}`);
  expect(read.body).toMatchObject({ id: '11', properties: { hs_merged_object_ids: '12' } });
});

test('an old id works in single update, not in batch update; in batch read by switch', async () => {
  const { id } = (await merge('11', '12')).body;
  const patched = await simulator.call('PATCH', `${contacts}/12`, { properties: { city: 'York' } });
  expect(patched.body).toMatchObject({ id, properties: { city: 'York' } });
  const batch = (operation: string) =>
    simulator.call('POST', `${contacts}/batch/${operation}`, {
      inputs: [{ id: '12', properties: { city: 'x' } }],
    });
  expect((await batch('update')).status).toBe(404);
  const read = () => simulator.call('POST', `${contacts}/batch/read`, { inputs: [{ id: '12' }] });
  expect((await read()).body.results).toEqual([]);
  await simulator.control('/switches', { batchReadResolvesMerged: true });
  expect((await read()).body.results[0].id).toBe(id);
});

test('associations move along, and only the primary keeps its primary company', async () => {
  const { id } = (await merge('11', '12')).body;
  const reply = await simulator.call('GET', `/crm/objects/2026-09/contacts/${id}/associations/companies`);
  const types = Object.fromEntries(
    reply.body.results.map((link: { toObjectId: string; associationTypes: { typeId: number }[] }) => [
      link.toObjectId,
      link.associationTypes.map((type) => type.typeId).sort((a, b) => a - b),
    ]),
  );
  expect(types).toEqual({ 11: [1, 279], 12: [279] });
});

test('merging a record with itself or with none is refused', async () => {
  expect((await merge('11', '11')).status).toBe(400);
  expect((await merge('11', '99')).status).toBe(404);
});

test('after a privacy deletion the contact is gone, its e-mail free, and an unknown e-mail is fine', async () => {
  const forget = (body: object) => simulator.call('POST', `${contacts}/gdpr-delete`, body);
  expect((await forget({ objectId: 'lose@example.com', idProperty: 'email' })).status).toBe(204);
  expect((await forget({ objectId: 'nobody@example.com', idProperty: 'email' })).status).toBe(204);
  expect((await simulator.call('GET', `${contacts}/12?archived=true`)).status).toBe(404);
  expect((await simulator.call('GET', `${contacts}?archived=true`)).body.results).toEqual([]);
  expect((await simulator.call('POST', contacts, { properties: { email: 'lose@example.com' } })).status).toBe(
    201,
  );
});

test('a restored record has its unique values again', async () => {
  await simulator.call('DELETE', `${contacts}/12`);
  expect((await simulator.control('/restore', { objectType: 'contacts', id: '12' })).status).toBe(200);
  expect((await simulator.call('POST', contacts, { properties: { email: 'lose@example.com' } })).status).toBe(
    409,
  );
});
