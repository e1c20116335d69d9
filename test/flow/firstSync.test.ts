import { startRiver, type River } from './river';

let river: River;

beforeAll(async () => {
  river = await startRiver({ people: 200 });
  await river.startWorker();
  await river.open();
});

afterAll(async () => {
  await river?.stop();
});

test('a first sync brings HubSpot to what the oracle expects', async () => {
  const result = await river.sync({ trigger: 'test' });
  expect(result.state).toBe('succeeded');
  expect(await river.differences()).toBe('');
  const writes = [...river.demo.eolWrites().values()];
  expect({ some: writes.length > 5, most: Math.max(...writes) }).toEqual({ some: true, most: 1 });
});

test('what was written back to English Online comes back as nothing new', async () => {
  const before = [...river.demo.eolWrites()];
  await river.resetStats();
  expect((await river.sync({ full: true })).state).toBe('succeeded');
  expect([...river.demo.eolWrites()]).toEqual(before);
  expect((await river.stats()).writeCalls).toBe(0);
  const { rows } = await river.pool.query(`select count(*)::int as echoes from golden_records,
    jsonb_each(origins) as field (property, origin) where property = 'phone' and origin ->> 'source' = 'eol'
      and exists (select from known_states where target = 'eol' and record_id = origin ->> 'key' and sent ? 'phone')`);
  expect(rows).toEqual([{ echoes: 0 }]);
});
