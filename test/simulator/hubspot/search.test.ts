import { contacts, startSimulator, type TestSimulator } from './startSimulator';

let simulator: TestSimulator;

beforeEach(async () => {
  simulator = await startSimulator({ settings: { limits: null } });
  const person = (id: string, properties: Record<string, string>) => ({
    objectType: 'contacts',
    id,
    properties,
  });
  simulator.seed({
    records: [
      person('1', { lastname: 'Adams', city: 'Bath', email: 'adams@example.com' }),
      person('2', { lastname: 'Brown', city: 'Ely', lifecyclestage: 'lead' }),
      person('3', { lastname: 'Clark', city: 'Bath', lifecyclestage: 'customer' }),
    ],
  });
});

afterEach(() => simulator.stop());

const search = (body: object) => simulator.call('POST', `${contacts}/search`, body);
const filter = (propertyName: string, operator: string, more: object = {}) => ({
  propertyName,
  operator,
  ...more,
});
const ids = async (...filters: object[]) =>
  (await search({ filterGroups: [{ filters }] })).body.results.map((record: { id: string }) => record.id);

test.each([
  [filter('city', 'EQ', { value: 'bath' }), ['1', '3']],
  [filter('city', 'NEQ', { value: 'Bath' }), ['2']],
  [filter('city', 'IN', { values: ['ely', 'bath'] }), ['1', '2', '3']],
  [filter('city', 'NOT_IN', { values: ['ely'] }), ['1', '3']],
  [filter('hs_object_id', 'GT', { value: '1' }), ['2', '3']],
  [filter('hs_object_id', 'BETWEEN', { value: '2', highValue: '3' }), ['2', '3']],
  [filter('hs_object_id', 'LTE', { value: '1' }), ['1']],
  [filter('lifecyclestage', 'HAS_PROPERTY'), ['2', '3']],
  [filter('lifecyclestage', 'NOT_HAS_PROPERTY'), ['1']],
  [filter('lifecyclestage', 'EQ', { value: 'Lead' }), []],
  [filter('email', 'CONTAINS_TOKEN', { value: '*@example.com' }), ['1']],
  [filter('lastname', 'NOT_CONTAINS_TOKEN', { value: 'brown' }), ['1', '3']],
])('%j finds %j', async (condition, found) => {
  expect(await ids(condition)).toEqual(found);
});

test('groups are alternatives, filters of a group hold together', async () => {
  const both = [filter('city', 'EQ', { value: 'Bath' }), filter('lastname', 'EQ', { value: 'Clark' })];
  expect(await ids(...both)).toEqual(['3']);
  const groups = both.map((one) => ({ filters: [one] }));
  expect((await search({ filterGroups: groups })).body.total).toBe(2);
});

test('sorts and pages', async () => {
  const body = {
    sorts: [{ propertyName: 'lastname', direction: 'DESCENDING' }],
    limit: 2,
    properties: ['lastname'],
  };
  const first = await search(body);
  expect(first.body.total).toBe(3);
  expect(
    first.body.results.map((record: { properties: { lastname: string } }) => record.properties.lastname),
  ).toEqual(['Clark', 'Brown']);
  const rest = await search({ ...body, after: first.body.paging.next.after });
  expect(rest.body.results).toHaveLength(1);
  expect(rest.body.paging).toBeUndefined();
});

test.each([
  [{ limit: 201 }],
  [{ after: '9999', limit: 2 }],
  [{ filterGroups: Array.from({ length: 6 }, () => ({ filters: [] })) }],
  [{ filterGroups: [{ filters: Array.from({ length: 7 }, () => filter('city', 'HAS_PROPERTY')) }] }],
  [{ query: 'x'.repeat(3000) }],
  [{ filterGroups: [{ filters: [filter('nonsense', 'EQ', { value: 'x' })] }] }],
  [{ sorts: ['city', 'lastname'] }],
])('a search beyond its limits is refused', async (body) => {
  expect((await search(body)).status).toBe(400);
});

test('10,000 results are the end', async () => {
  expect((await search({ after: '9800', limit: 200 })).status).toBe(200);
  expect((await search({ after: '9801', limit: 200 })).status).toBe(400);
});

test('the index lags: new records are missing, changed ones show their old values, archived ones are gone', async () => {
  await simulator.control('/settings', { clockOffsetMs: 60_000, searchLagMs: 10_000 });
  await simulator.call('POST', contacts, { properties: { lastname: 'Davis' } });
  await simulator.call('PATCH', `${contacts}/1`, { properties: { city: 'York' } });
  await simulator.call('DELETE', `${contacts}/3`);
  expect((await search({})).body.total).toBe(2);
  expect(await ids(filter('lastname', 'EQ', { value: 'Davis' }))).toEqual([]);
  expect(await ids(filter('city', 'EQ', { value: 'Bath' }))).toEqual(['1']);
  expect(await ids(filter('city', 'EQ', { value: 'York' }))).toEqual([]);
  await simulator.control('/settings', { clockOffsetMs: 90_000 });
  expect(await ids(filter('lastname', 'EQ', { value: 'Davis' }))).toHaveLength(1);
  expect(await ids(filter('city', 'EQ', { value: 'York' }))).toEqual(['1']);
});
