import { runStorm } from './stormRiver';

/** `npm run storm`: the size that HubSpot itself may reach. STORM_EVENTS asks for another one. */
test('100,000 events end as each last truth applied once', async () => {
  const events = Number(process.env['STORM_EVENTS'] ?? 100_000);
  const contacts = Math.ceil(events / 6);
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const report = await runStorm(
    { contacts, memberEvery: 10, events, apiKills: 5, temporalDownMs: 60_000 },
    say,
  );
  const { wrongStates, wrongGoldens, ...figures } = report;
  say(JSON.stringify({ ...figures, lost: wrongStates.length, wrongGoldens: wrongGoldens.length }, null, 2));
  for (const wrong of [...wrongStates, ...wrongGoldens].slice(0, 20)) say(wrong);
  expect(report).toMatchObject({ wrongStates: [], wrongGoldens: [], apiKills: 5, lateWrites: 0 });
  expect(report.equalValueWrites).toBe(0);
  expect(report.recordReads).toBeLessThanOrEqual(1.05 * report.fewestReads);
  expect(report.readCalls - report.writeCalls).toBeLessThanOrEqual(1.05 * report.fewestReads);
  expect(report.readCalls).toBeLessThan(report.told / 10);
}, 3_600_000);
