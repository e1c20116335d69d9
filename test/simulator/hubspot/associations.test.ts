import { startSimulator, type TestSimulator } from './startSimulator';

let simulator: TestSimulator;
const v4 = '/crm/v4/associations';
const dated = '/crm/associations/2026-09';

beforeEach(async () => {
  simulator = await startSimulator({ settings: { limits: null } });
  const record = (objectType: string, id: string, properties: Record<string, string>) => ({
    objectType,
    id,
    properties,
  });
  simulator.seed({
    records: [
      record('contacts', '1', { lastname: 'One' }),
      record('contacts', '2', { lastname: 'Two' }),
      record('companies', '1', { name: 'Alpha' }),
      record('companies', '2', { name: 'Beta' }),
      record('deals', '1', { dealname: 'Deal', dealstage: 'contractsent' }),
    ],
  });
});

afterEach(() => simulator.stop());

const hubspot = (associationTypeId: number) => ({
  associationCategory: 'HUBSPOT_DEFINED',
  associationTypeId,
});
const pair = (from: string, to: string, types?: object[]) => ({
  from: { id: from },
  to: { id: to },
  ...(types && { types }),
});
const post = (path: string, inputs: object[]) => simulator.call('POST', path, { inputs });

/** The type ids that associate two records, seen from the first. */
async function typeIds(from: string, fromId: string, to: string, toId: string): Promise<number[]> {
  const reply = await post(`${dated}/${from}/${to}/batch/read`, [{ id: fromId }]);
  const target = reply.body.results[0]?.to.find((other: { toObjectId: string }) => other.toObjectId === toId);
  return (target?.associationTypes ?? [])
    .map((type: { typeId: number }) => type.typeId)
    .sort((a: number, b: number) => a - b);
}

test.each([
  ['contacts', 'companies', 279, 280],
  ['deals', 'contacts', 3, 4],
  ['deals', 'companies', 341, 342],
])('%s to %s by default: type %i there, %i back', async (from, to, there, back) => {
  const reply = await post(`${v4}/${from}/${to}/batch/associate/default`, [pair('1', '1')]);
  expect(reply.status).toBe(200);
  expect(reply.body.results).toContainEqual({
    from: { id: '1' },
    to: { id: '1' },
    associationSpec: hubspot(there),
  });
  expect(await typeIds(from, '1', to, '1')).toEqual([there]);
  expect(await typeIds(to, '1', from, '1')).toEqual([back]);
});

test('a primary brings the unlabeled type along, and only one company is primary', async () => {
  const made = await post(`${v4}/contacts/companies/batch/create`, [pair('1', '1', [hubspot(1)])]);
  expect(made.status).toBe(201);
  expect(made.body.results).toEqual([
    {
      fromObjectTypeId: '0-1',
      fromObjectId: '1',
      toObjectTypeId: '0-2',
      toObjectId: '1',
      labels: ['Primary'],
    },
  ]);
  expect(await typeIds('contacts', '1', 'companies', '1')).toEqual([1, 279]);
  expect(await typeIds('companies', '1', 'contacts', '1')).toEqual([2, 280]);
  expect(
    (await post(`${dated}/companies/contacts/batch/create`, [pair('2', '1', [hubspot(2)])])).status,
  ).toBe(200);
  expect(await typeIds('contacts', '1', 'companies', '2')).toEqual([1, 279]);
  expect(await typeIds('contacts', '1', 'companies', '1')).toEqual([279]);
});

test('a type id of the other direction is refused', async () => {
  const reply = await post(`${v4}/contacts/companies/batch/create`, [
    pair('1', '1', [hubspot(280)]),
    pair('2', '2', [hubspot(279)]),
  ]);
  expect(reply.status).toBe(207);
  expect(reply.body.errors[0].subCategory).toBe('crm.associations.INVALID_ASSOCIATION_TYPE');
  expect(reply.body.results).toHaveLength(1);
});

test('custom labels have ids of their own per direction, replace each other and keep the unlabeled type', async () => {
  const label = (name: string, inverseLabel: string) =>
    simulator.call('POST', `${v4}/contacts/companies/labels`, { name, label: name, inverseLabel });
  const made = await label('boss', 'bossed by');
  expect(made.status).toBe(201);
  const [boss, back] = made.body.results;
  expect(boss).toMatchObject({ category: 'USER_DEFINED', label: 'boss' });
  expect(back.typeId).not.toBe(boss.typeId);
  const friend = (await label('friend', 'friend of')).body.results[0];
  const custom = (associationTypeId: number) => ({ associationCategory: 'USER_DEFINED', associationTypeId });
  const put = (types: object[]) => post(`${v4}/contacts/companies/batch/create`, [pair('1', '1', types)]);
  await put([custom(boss.typeId)]);
  expect(await typeIds('contacts', '1', 'companies', '1')).toEqual([boss.typeId, 279]);
  expect(await typeIds('companies', '1', 'contacts', '1')).toEqual([back.typeId, 280]);
  await put([custom(friend.typeId)]);
  expect(await typeIds('contacts', '1', 'companies', '1')).toEqual([friend.typeId, 279]);
  const listed = await simulator.call('GET', `${dated}/contacts/companies/labels`);
  expect(listed.body.results).toContainEqual({
    category: 'USER_DEFINED',
    typeId: friend.typeId,
    label: 'friend',
  });
  await post(`${v4}/contacts/companies/batch/labels/archive`, [pair('1', '1', [custom(friend.typeId)])]);
  expect(await typeIds('contacts', '1', 'companies', '1')).toEqual([279]);
  await put([custom(boss.typeId)]);
  await post(`${v4}/contacts/companies/batch/labels/archive`, [pair('1', '1', [hubspot(279)])]);
  expect(await typeIds('contacts', '1', 'companies', '1')).toEqual([]);
});

test('reading a record without associations is a 207 with NO_ASSOCIATIONS_FOUND', async () => {
  await post(`${v4}/contacts/companies/batch/associate/default`, [pair('1', '1')]);
  const reply = await post(`${v4}/contacts/companies/batch/read`, [{ id: '1' }, { id: '2' }]);
  expect(reply.status).toBe(207);
  expect(reply.body.errors[0]).toMatchObject({
    category: 'OBJECT_NOT_FOUND',
    subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND',
    context: { fromObjectId: ['2'] },
  });
});

test('unknown records are errors of their pair, or by switch of the whole batch', async () => {
  const inputs = [pair('1', '1'), pair('1', '99')];
  const reply = await post(`${v4}/contacts/companies/batch/associate/default`, inputs);
  expect(reply.status).toBe(207);
  expect(reply.body.errors[0]).toMatchObject({
    subCategory: 'crm.associations.TO_OBJECT_NOT_FOUND',
    context: { toObjectId: ['99'] },
  });
  await simulator.control('/switches', { associationMissing: 'whole400' });
  const whole = await post(`${v4}/contacts/companies/batch/associate/default`, inputs);
  expect(whole).toMatchObject({ status: 400, body: { context: { INVALID_OBJECT_IDS: ['99'] } } });
});

test('the same pair twice in one batch is refused, and so are too many', async () => {
  expect(
    (await post(`${v4}/contacts/companies/batch/associate/default`, [pair('1', '1'), pair('1', '1')])).status,
  ).toBe(400);
  const many = (count: number) => Array.from({ length: count }, (_none, at) => ({ id: String(at) }));
  expect((await post(`${v4}/contacts/companies/batch/read`, many(1001))).status).toBe(400);
  expect((await post(`${v4}/contacts/companies/batch/read`, many(1000))).status).toBe(207);
  const pairs = Array.from({ length: 2001 }, (_none, at) => pair('1', String(at)));
  expect((await post(`${v4}/contacts/companies/batch/associate/default`, pairs)).status).toBe(400);
});

test('batch archive takes at most 100 records', async () => {
  const inputs = Array.from({ length: 101 }, (_none, at) => ({
    from: { id: String(at) },
    to: [{ id: '1' }],
  }));
  expect((await post(`${v4}/contacts/companies/batch/archive`, inputs)).status).toBe(400);
  expect((await post(`${v4}/contacts/companies/batch/archive`, inputs.slice(1))).status).toBe(204);
});

test('batch archive ends associations: 204 in v4, 200 in dated versions', async () => {
  for (const [base, status] of [
    [v4, 204],
    [dated, 200],
  ] as const) {
    await post(`${base}/contacts/companies/batch/associate/default`, [pair('1', '1')]);
    const inputs = [{ from: { id: '1' }, to: [{ id: '1' }, { id: '2' }] }];
    expect((await post(`${base}/contacts/companies/batch/archive`, inputs)).status).toBe(status);
    expect(await typeIds('companies', '1', 'contacts', '1')).toEqual([]);
  }
});

test('single calls: default, labelled, read and end', async () => {
  const objects = '/crm/objects/2026-09';
  const once = await simulator.call('PUT', `${objects}/contacts/1/associations/default/companies/1`);
  expect(once.body.results).toHaveLength(2);
  expect((await simulator.call('PUT', `${objects}/contacts/1/associations/default/companies/1`)).status).toBe(
    200,
  );
  const labelled = await simulator.call('PUT', '/crm/v4/objects/deals/1/associations/companies/2', [
    hubspot(5),
  ]);
  expect(labelled).toMatchObject({ status: 201, body: { labels: ['Primary'] } });
  const read = await simulator.call('GET', `${objects}/deals/1/associations/companies`);
  expect(read.body.results[0]).toMatchObject({ toObjectId: '2' });
  expect((await simulator.call('DELETE', `${objects}/deals/1/associations/companies/2`)).status).toBe(204);
  expect((await simulator.call('GET', `${objects}/deals/1/associations/companies`)).body.results).toEqual([]);
});

test('a create takes inline associations, an upsert ignores them, an archived record shows none', async () => {
  const made = await simulator.call('POST', '/crm/objects/2026-09/contacts', {
    properties: { email: 'a@example.com' },
    associations: [{ to: { id: '1' }, types: [hubspot(279)] }],
  });
  expect(await typeIds('contacts', made.body.id, 'companies', '1')).toEqual([279]);
  const listed = await simulator.call(
    'GET',
    `/crm/objects/2026-09/contacts/${made.body.id}?associations=companies`,
  );
  expect(listed.body.associations.companies.results).toEqual([
    { id: '1', type: 'contact_to_company_unlabeled' },
  ]);
  const wrong = await simulator.call('POST', '/crm/objects/2026-09/contacts', {
    properties: { email: 'b@example.com' },
    associations: [{ to: { id: '99' }, types: [hubspot(279)] }],
  });
  expect(wrong).toMatchObject({ status: 400, body: { context: { INVALID_OBJECT_IDS: ['99'] } } });
  const upserted = await simulator.call('POST', '/crm/objects/2026-09/contacts/batch/upsert', {
    inputs: [
      {
        id: 'c@example.com',
        idProperty: 'email',
        properties: {},
        associations: [{ to: { id: '1' }, types: [hubspot(279)] }],
      },
    ],
  });
  expect(await typeIds('contacts', upserted.body.results[0].id, 'companies', '1')).toEqual([]);
  await simulator.call('DELETE', '/crm/objects/2026-09/companies/1');
  expect(await typeIds('contacts', made.body.id, 'companies', '1')).toEqual([]);
});

test('by switch the first company becomes primary, and ids are numbers', async () => {
  await simulator.control('/switches', { firstCompanyBecomesPrimary: true, assocIdsAsNumbers: true });
  await post(`${v4}/contacts/companies/batch/associate/default`, [pair('1', '1')]);
  await post(`${v4}/contacts/companies/batch/associate/default`, [pair('1', '2')]);
  const reply = await post(`${v4}/contacts/companies/batch/read`, [{ id: '1' }]);
  const types = Object.fromEntries(
    reply.body.results[0].to.map((other: { toObjectId: number; associationTypes: { typeId: number }[] }) => [
      other.toObjectId,
      other.associationTypes.map((type) => type.typeId),
    ]),
  );
  expect(types).toEqual({ 1: expect.arrayContaining([1, 279]), 2: [279] });
  expect(typeof reply.body.results[0].to[0].toObjectId).toBe('number');
});
