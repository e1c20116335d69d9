import { startRiver, type River } from './river';

let river: River;

beforeAll(async () => {
  river = await startRiver({ people: 200 });
  await river.startWorker();
  await river.open();
}, 120_000);

afterAll(async () => {
  await river?.stop();
}, 60_000);

test('a first sync brings HubSpot to what the oracle expects', async () => {
  const result = await river.sync({ trigger: 'test' });
  expect(result.state).toBe('succeeded');
  expect(await river.differences()).toBe('');
}, 120_000);
