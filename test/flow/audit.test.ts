import { until } from '../support/until';
import { startMembersRiver, type MembersRiver } from './membersRiver';

let river: MembersRiver;

beforeAll(async () => {
  river = await startMembersRiver();
  await river.open();
  await river.put(
    { id: '1', email: 'ada@club.example', name: 'Ada', city: 'Lagos' },
    { id: '2', email: 'ben@club.example', name: 'Ben', city: 'Leeds' },
    { id: '3', email: 'eve@club.example', name: 'Eve', city: 'Lyon' },
  );
  expect((await river.sync()).state).toBe('succeeded');
});

afterAll(async () => {
  await river?.stop();
});

async function idOf(email: string): Promise<string> {
  const found = [...(await river.contacts())].find(([, properties]) => properties['email'] === email);
  return found?.[0] ?? 'none';
}

const edit = async (email: string, properties: Record<string, string>) =>
  river.post('/_simulator/edit', { objectType: 'contacts', id: await idOf(email), properties });

const valuesOf = async (email: string) => (await river.contacts()).get(await idOf(email));

test('an audit tells what HubSpot holds otherwise, by property, and repairs it', async () => {
  await edit('ada@club.example', { city: 'Paris', firstname: 'Adele' });
  await edit('ben@club.example', { city: 'Paris' });
  await river.post('/crm/objects/2026-09/contacts', { properties: { email: 'new@hubspot.example' } });

  const report = (await river.tributary('audit')) as {
    run: { runId: string; state: string; trigger: string; sources: string[] };
    drift: object[];
  };
  expect(report.run).toMatchObject({ state: 'succeeded', trigger: 'audit', sources: ['hubspot'] });
  const drift = [
    { objectType: 'contacts', kind: 'changed', property: 'city', count: 2 },
    { objectType: 'contacts', kind: 'changed', property: 'firstname', count: 1 },
    { objectType: 'contacts', kind: 'unknown', property: '', count: 1 },
  ];
  expect(report.drift).toEqual(drift);
  expect(await valuesOf('ada@club.example')).toMatchObject({ city: 'Lagos', firstname: 'Ada' });
  expect(await valuesOf('ben@club.example')).toMatchObject({ city: 'Leeds' });
  const { json } = await river.api(`/api/sync/status/${report.run.runId}`);
  expect(json['drift']).toEqual(drift);
});

test('the API starts one too, and after a repair it finds nothing', async () => {
  const { status, json } = await river.api('/api/audits', {});
  expect(status).toBe(202);
  const ended = await until(
    () => river.api(String(json['statusUrl'])),
    (answer) => answer.json['state'] === 'succeeded',
  );
  expect(ended.json).toMatchObject({ trigger: 'audit', full: true, drift: [] });
});

test('what we wrote ourselves is no drift', async () => {
  await river.put({ id: '3', email: 'eve@club.example', name: 'Eva', city: 'Nice' });
  expect((await river.sync()).state).toBe('succeeded');
  expect(await valuesOf('eve@club.example')).toMatchObject({ firstname: 'Eva', city: 'Nice' });
  expect(await river.tributary('audit')).toMatchObject({ drift: [] });
});

test('a record that the list no longer has is told, and looked at by way of the inbox', async () => {
  const id = await idOf('ben@club.example');
  const archived = await fetch(`${river.simulatorUrl}/crm/objects/2026-09/contacts/${id}`, {
    method: 'DELETE',
    headers: { authorization: 'Bearer pat-simulator' },
  });
  expect(archived.status).toBe(204);
  expect(await river.tributary('audit')).toMatchObject({
    drift: [{ objectType: 'contacts', kind: 'missing', property: '', count: 1 }],
  });
  const { rows } = await river.pool.query('select source, stream, record_key, kind from inbox_events');
  expect(rows).toEqual([{ source: 'hubspot', stream: 'contacts', record_key: id, kind: 'changed' }]);
  await until(
    () => river.pool.query('select archived from known_states where record_id = $1', [id]),
    (known) => known.rows[0]?.archived === true,
  );
  expect(await river.tributary('audit')).toMatchObject({ drift: [] });
});
