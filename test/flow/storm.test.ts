import { runStorm } from './stormRiver';

test('3,000 events, repeated and shuffled, end as each last truth applied once, whatever dies meanwhile', async () => {
  const report = await runStorm(
    { contacts: 500, memberEvery: 10, events: 3_000, apiKills: 5, temporalDownMs: 3_000 },
    () => undefined,
  );
  expect(report).toMatchObject({
    wrongStates: [],
    wrongGoldens: [],
    equalValueWrites: 0,
    lateWrites: 0,
    apiKills: 5,
  });
  expect(report.delivered).toBeGreaterThanOrEqual(3_900);
  expect(report.recordReads).toBeLessThanOrEqual(1.05 * report.fewestReads);
  expect(report.readCalls - report.writeCalls).toBeLessThanOrEqual(1.05 * report.fewestReads);
  expect(report.readCalls).toBeLessThan(report.told / 10);
});
