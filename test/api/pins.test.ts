import { savePins } from '../../src/db/golden/pins';
import { bindPortal } from '../../src/db/portals';
import { replaceReviews } from '../../src/db/problems/reviews';
import type { NewPin } from '../../src/domain/merge/decidePins';
import { post, startApi, type TestApi } from './startApi';

const main = '100';
const goldenId = '00000000-0000-4000-8000-000000000001';
const edit: NewPin = {
  recordId: '7',
  property: 'city',
  value: 'Bath',
  at: '2026-01-09T10:00:00.123Z',
  setBy: 'person',
  writer: 'CRM_UI userId:17',
  state: 'pinned',
  endedBy: null,
  expiresAt: null,
  pinForMs: 86_400_000,
};
const store = (...opened: NewPin[]) =>
  savePins(api.pool, main, 'contacts', [{ goldenId, opened, ended: [], moved: [] }]);

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
  await bindPortal(api.pool, 'main', main, 'UTC');
  await store(edit, { ...edit, property: 'phone', value: '' }, { ...edit, property: 'fax', state: 'review' });
  await api.pool.query(
    `insert into staged_records (portal_id, source, stream, record_key, object_type, payload, payload_hash)
     values (100, 'azure', 'people', 'a', 'contacts', '{}', 'h')`,
  );
  await api.pool.query(
    `insert into mapped_records (portal_id, source, stream, record_key, object_type, fields, keys, config_number,
       golden_id) values (100, 'azure', 'people', 'a', 'contacts', '{}', '{}', 1, $1)`,
    [goldenId],
  );
});
afterAll(() => api.close());

interface Page {
  total: number;
  pins: { pinId: string; property: string; state: string }[];
  next: string | null;
}
const pageOf = async (query = '') => (await api.ask(`/api/pins${query}`)).json as unknown as Page;
const idOf = async (property: string) => (await pageOf(`?property=${property}`)).pins[0]!.pinId;
const isDue = async () => {
  const { rows } = await api.pool.query('select from staged_records where due_at is not null');
  await api.pool.query('update staged_records set due_at = null');
  return rows.length === 1;
};

test('an edit that is stored keeps its pin: storing it again changes nothing', async () => {
  await store({ ...edit, value: 'Hove', state: 'ended', endedBy: 'sourceChanged' });
  expect(await pageOf('?property=city')).toMatchObject({
    total: 1,
    pins: [{ value: 'Bath', state: 'pinned', writer: 'CRM_UI userId:17', setAt: '2026-01-09T10:00:00.123Z' }],
  });
});

test('pins come by pages, each once, the newest first', async () => {
  const first = await pageOf('?limit=2');
  expect([first.total, first.pins.map(({ property }) => property)]).toEqual([3, ['fax', 'phone']]);
  const { json } = await api.ask(first.next!);
  expect(json).toMatchObject({ pins: [{ property: 'city' }], next: null });
  expect(await pageOf('?record=8')).toMatchObject({ total: 0, pins: [] });
});

test('lifting ends a pin with who and why, makes its records due, and is done once', async () => {
  const path = `/api/pins/${await idOf('city')}/lift`;
  expect(await api.ask(path, post({ note: 'typing error' }))).toMatchObject({
    status: 202,
    json: { due: 1 },
  });
  expect(await isDue()).toBe(true);
  expect(await pageOf('?state=ended')).toMatchObject({
    total: 1,
    pins: [{ property: 'city', endedBy: 'lifted', who: 'api: environment', note: 'typing error' }],
  });
  const again = await api.ask(path, post({}));
  expect([again.status, again.json['type']]).toEqual([409, 'urn:tributary:problem:pin-ended']);
  expect(await isDue()).toBe(false);
});

test.each(['/api/pins/999/lift', '/api/pins/x/lift'])('%s is a 404', async (path) => {
  const { status, json } = await api.ask(path, post({}));
  expect([status, json['type']]).toEqual([404, 'urn:tributary:problem:unknown-pin']);
});

test('a question about an edit takes its own answers, once, and pins from the answer on', async () => {
  const record = { source: 'hubspot', stream: 'contacts', key: '7' };
  const question = { kind: 'hubspotEdit', reason: 'r', records: [record], anchors: [], parts: [[record]] };
  const pinId = await idOf('fax');
  await replaceReviews(api.pool, main, 'contacts', null, [], [{ ...question, goldenIds: [goldenId], pinId }]);
  const decide = (decision: string) => api.ask('/api/reviews/1/decide', post({ decision }));
  expect((await decide('join')).json['errors']).toMatchObject([{ pointer: '#/decision' }]);
  expect(await decide('hubspot')).toMatchObject({ status: 202, json: { decisions: 1, due: 1 } });
  expect(await isDue()).toBe(true);
  const { pins } = await pageOf('?property=fax');
  const [{ expiresAt }] = pins as unknown as [{ expiresAt: string }];
  expect(pins).toMatchObject([{ state: 'pinned', who: 'api: environment' }]);
  expect(Math.abs(Date.parse(expiresAt) - Date.now() - 86_400_000)).toBeLessThan(60_000);
  expect((await decide('source')).json['type']).toBe('urn:tributary:problem:review-closed');
});
