import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { loadConfig } from '../../src/config/loadConfig';
import type { TributaryConfig } from '../../src/config/schema';
import { applySchedules, ownSchedules } from '../../src/schedules/applySchedules';
import { plannedSchedules } from '../../src/schedules/plannedSchedules';
import { demoEnv } from '../config/demoEnv';
import { startTemporal, type TemporalServer } from '../../src/launch/temporalServer';
import { temporalProgram } from '../support/temporal';

const demo = readFileSync(join(__dirname, '../../tributary.config.yaml'), 'utf8');

function configOf(text: string): TributaryConfig {
  const loaded = loadConfig({
    ...{ path: 'test.yaml', text, env: demoEnv, now: new Date('2026-01-01T00:00:00Z') },
    readSecretFile: () => '',
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return loaded.config;
}

describe('the schedules of a configuration', () => {
  it('start the sources that name them, at the configured time of the configured zone', () => {
    const plans = plannedSchedules(configOf(demo));
    expect(plans.map(({ scheduleId }) => scheduleId)).toEqual(['nightly', 'impact', 'tick']);
    expect(plans[0]).toMatchObject({
      ...{ workflowType: 'syncRun', workflowId: 'run:nightly', overlap: 'SKIP', catchUpMs: 3_600_000 },
      args: [{ sources: ['azure', 'ielts', 'eol', 'erp'], trigger: 'schedule' }],
      spec: { timezone: 'Europe/London', jitter: 300_000, calendars: [{ hour: 2, minute: 0 }] },
    });
    expect(plans[1]).toMatchObject({
      spec: { intervals: [{ every: 1_800_000 }] },
      args: [{ sources: ['impact'] }],
    });
    expect(plans[2]).toMatchObject({
      workflowType: 'tick',
      overlap: 'SKIP',
      spec: { intervals: [{ every: 60_000 }] },
    });
  });

  it('leave out one that no source names, and refuse the name of the tick', () => {
    const config = configOf(demo.replace('schedule: impact', 'schedule: nightly'));
    expect(plannedSchedules(config).map(({ scheduleId }) => scheduleId)).toEqual(['nightly', 'tick']);
    const clash = { ...config, schedules: { tick: config.schedules['nightly']! } };
    expect(() => plannedSchedules(clash)).toThrow('schedules.tick');
  });

  it('start an audit of each portal that names them, with or without a source beside it', () => {
    const text = demo
      .replace('# audit: { schedule: weekly }', 'audit: { schedule: weekly }')
      .replace("# weekly: { at: '04:00'", "weekly: { at: '04:00'");
    const config = configOf(text);
    expect(plannedSchedules(config).map(({ scheduleId }) => scheduleId)).toEqual([
      ...['nightly', 'impact', 'weekly:audit', 'tick'],
    ]);
    expect(plannedSchedules(config)[2]).toMatchObject({
      ...{ workflowType: 'syncRun', workflowId: 'run:weekly:audit' },
      args: [{ trigger: 'audit', sources: ['hubspot'], full: true }],
      spec: { timezone: 'Europe/London', calendars: [{ hour: 4, minute: 0, dayOfWeek: ['SUNDAY'] }] },
    });
    const main = config.portals['main']!;
    const two = {
      ...config,
      portals: { main: { ...main, audit: { schedule: 'impact' } }, other: { ...main, audit: undefined } },
    };
    expect(plannedSchedules(two).map(({ scheduleId, args }) => [scheduleId, args[0]?.portal])).toEqual([
      ['nightly:main', 'main'],
      ['nightly:other', 'other'],
      ['impact:main', 'main'],
      ['impact:main:audit', 'main'],
      ['impact:other', 'other'],
      ['tick', undefined],
    ]);
  });

  it('are one per portal where there are several', () => {
    const config = configOf(demo);
    const two = { ...config, portals: { main: config.portals['main']!, other: config.portals['main']! } };
    expect(plannedSchedules(two).map(({ scheduleId, args }) => [scheduleId, args[0]?.portal])).toEqual([
      ['nightly:main', 'main'],
      ['nightly:other', 'other'],
      ['impact:main', 'main'],
      ['impact:other', 'other'],
      ['tick', undefined],
    ]);
  });
});

describe('an apply of the schedules on a real Temporal server', () => {
  // A server of its own: an apply removes what it does not know, and other tests have schedules too.
  let folder: string;
  let server: TemporalServer;
  let client: Client;
  const taskQueue = 'nobody-polls-it';
  const config = configOf(demo);

  beforeAll(async () => {
    await temporalProgram();
    folder = mkdtempSync(join(tmpdir(), 'tributary-schedules-'));
    server = await startTemporal({ uiPort: false, logFile: join(folder, 'temporal.log') });
    client = new Client({ connection: await Connection.connect({ address: server.address }) });
  });
  afterAll(async () => {
    await client.connection.close();
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  /** Temporal's list lags: waits until it shows these of ours, or throws after 10 s. */
  async function listed(ids: string[]): Promise<void> {
    const until = Date.now() + 120_000;
    for (;;) {
      const own = (await ownSchedules(client)).map(({ scheduleId }) => scheduleId);
      if (JSON.stringify(own) === JSON.stringify([...ids].sort())) return;
      if (Date.now() > until) throw new Error(`Temporal lists ${own.join(', ')}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  it('creates what is missing, then changes nothing, then only what changed', async () => {
    expect(await applySchedules(client, config, { taskQueue })).toEqual({
      ...{ created: ['nightly', 'impact', 'tick'], updated: [], unchanged: [], removed: [] },
    });
    await listed(['nightly', 'impact', 'tick']);
    expect(await applySchedules(client, config, { taskQueue })).toMatchObject({
      ...{ created: [], updated: [], unchanged: ['nightly', 'impact', 'tick'] },
    });

    await client.schedule.getHandle('nightly').pause('by a person');
    const later = structuredClone(config);
    later.schedules['nightly']!.at = ['03:30'];
    expect(await applySchedules(client, later, { taskQueue })).toMatchObject({
      updated: ['nightly'],
      created: [],
    });
    const { spec, state, policies, action } = await client.schedule.getHandle('nightly').describe();
    expect(spec.calendars).toMatchObject([{ hour: [{ start: 3 }], minute: [{ start: 30 }] }]);
    expect(spec.timezone).toBe('Europe/London');
    expect(state.paused).toBe(true);
    expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 3_600_000 });
    expect(action).toMatchObject({
      ...{ workflowType: 'syncRun', taskQueue, workflowId: 'run:nightly' },
      args: [{ sources: ['azure', 'ielts', 'eol', 'erp'], trigger: 'schedule' }],
    });
  });

  it("removes ours that are not configured any more, and nobody else's", async () => {
    const foreign = 'foreign';
    await client.schedule.create({
      scheduleId: foreign,
      spec: { intervals: [{ every: '30 days' }] },
      action: { type: 'startWorkflow', workflowType: 'other', taskQueue },
    });
    const fewer = structuredClone(config);
    delete fewer.sources['impact']!.schedule;
    expect(await applySchedules(client, fewer, { taskQueue })).toMatchObject({ removed: ['impact'] });
    await listed(['nightly', 'tick']);
    expect((await client.schedule.getHandle(foreign).describe()).scheduleId).toBe(foreign);

    const clash = structuredClone(fewer);
    clash.schedules[foreign] = clash.schedules['nightly']!;
    clash.sources['azure']!.schedule = foreign;
    await expect(applySchedules(client, clash, { taskQueue })).rejects.toThrow('did not make');
  });
});
