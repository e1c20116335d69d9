import { join } from 'node:path';
import { startChild, type Child } from '../../src/launch/childProcess';
import { freePort } from '../../src/launch/freePort';
import { startProxy } from '../chaos/proxy';
import { control } from '../support/simulatorControl';
import { temporalAddress, uniqueName } from '../support/temporal';
import { clubSource, openClub } from './clubDatabase';
import { startBareRiver, type BareRiver } from './bareRiver';
import { workLeft } from './settled';
import { fill, storm, type StormOptions } from './stormChanges';
import { compareStates, differences, goldensOf, receivedIn } from './stormCompare';
import { taskQueue } from '../../src/workflows/contracts';

/** Members of a club among strangers: the club owns first names, HubSpot all else. */
const configText = `
version: 1
timeZone: Europe/London
portals:
  main:
    portalId: 9000777001
    apiVersion: '2026-09'
    accessToken: env:HUBSPOT_ACCESS_TOKEN
    webhooks: { clientSecret: 'env:HUBSPOT_CLIENT_SECRET' }${clubSource}
      members:
        object: contacts
        table: members
        recordKey: id
        map: { email: email, firstname: first }
objects:
  contacts:
    fields: { city: { ownership: hubspot }, jobtitle: { ownership: hubspot } }
`;

export interface StormReport {
  /** Events delivered, repetitions included, and those that were different. */
  delivered: number;
  told: number;
  merges: number;
  deletions: number;
  apiKills: number;
  windows: number;
  recordReads: number;
  fewestReads: number;
  /** As the simulator counted them: reads of records, and writes, each of which one more read may have proved. */
  readCalls: number;
  writeCalls: number;
  /** Differences from HubSpot's last truth, from a database that only ever saw that, and values written in vain. */
  wrongStates: string[];
  wrongGoldens: string[];
  equalValueWrites: number;
  /** Calls after all was settled. */
  lateWrites: number;
  seconds: number;
}

const secret = 'client-secret-of-the-storm';

/** A storm of changes in HubSpot, told late, twice, in any order, while the receiver dies and Temporal is away. */
export async function runStorm(options: StormOptions, say: (line: string) => void): Promise<StormReport> {
  const began = performance.now();
  const club = await openClub();
  const line = await startProxy(Number((await temporalAddress()).address.split(':')[1]));
  const river = await startBareRiver({
    environment: { CLUB_URL: club.url, HUBSPOT_CLIENT_SECRET: secret, TEMPORAL_ADDRESS: line.address },
    simulator: { portalId: 9_000_777_001 },
  });
  const parts: (() => Promise<unknown>)[] = [() => line.close(), () => club.close(), () => river.stop()];
  try {
    const config = await river.writeConfig('storm.yaml', configText);
    await fill(river, club, options);
    const worker = () => river.startWorker({ TRIBUTARY_CONFIG: config, LOG_LEVEL: 'info' });
    await worker();
    await river.open();
    if ((await river.sync()).state !== 'succeeded') throw new Error('the first sync failed');
    await river.resetStats();
    say(`loaded after ${seconds(began)} s`);

    const port = await freePort();
    const api = await startApi(river, config, { port, address: line.address, source: club.url });
    parts.push(() => api.stop());
    await control(river.simulatorUrl, 'settings', {
      webhooks: {
        ...{ url: `http://127.0.0.1:${port}/webhooks/hubspot`, clientSecret: secret },
        ...{ duplicateShare: 0.3, shuffle: true, retryMs: 1_500, attemptsMax: 10_000 },
      },
    });
    const counts = { merges: 0, deletions: 0, apiKills: 0 };
    await storm(river, options, counts, {
      kill: async () => {
        await api.kill();
        counts.apiKills += 1;
        say(`receiver killed after ${seconds(began)} s`);
      },
      cut: () => {
        line.cut();
        say(`Temporal away after ${seconds(began)} s`);
        setTimeout(() => line.mend(), options.temporalDownMs);
      },
    });
    say(`all changed after ${seconds(began)} s`);
    await quiet(river);
    say(`settled after ${seconds(began)} s`);
    const { webhooks, byOperation, equalValueWrites, writeCalls } = await river.stats();
    const received = receivedIn(await river.workerLogs());
    const told = await countTold(river);
    const wrongStates = await compareStates(river);
    const goldens = await goldensOf(river);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const lateWrites = (await river.stats()).writeCalls - writeCalls;

    // The same, by who never heard of anything but the end. In hold: nothing is created for those who were archived.
    await control(river.simulatorUrl, 'settings', { webhooks: null });
    await api.stop();
    await river.replaceDatabase();
    await river.replaceTemporal();
    await worker();
    await river.setUp();
    if ((await river.sync()).state !== 'succeeded') throw new Error('the last sync failed');
    return {
      ...{ delivered: webhooks.delivered, told, ...counts, windows: received.windows },
      ...{ recordReads: received.calls, fewestReads: received.callsMin },
      readCalls: byOperation['contacts batch/read']?.calls ?? 0,
      writeCalls,
      ...{ wrongStates, wrongGoldens: differences(goldens, await goldensOf(river)) },
      ...{ equalValueWrites, lateWrites, seconds: seconds(began) },
    };
  } catch (error) {
    say(String(error));
    throw error;
  } finally {
    for (const end of parts.reverse()) await end();
  }
}

const seconds = (began: number) => Math.round((performance.now() - began) / 1_000);

/** The API as a process that can be killed, and comes back at once on the same port. */
async function startApi(
  river: BareRiver,
  config: string,
  { port, address, source }: { port: number; address: string; source: string },
) {
  const dist = process.env['TRIBUTARY_TEST_DIST'] ?? join(__dirname, '../../dist');
  const start = (): Promise<Child> =>
    startChild({
      name: 'api',
      command: process.execPath,
      args: ['--disable-warning=ExperimentalWarning', join(dist, 'api/main.js')],
      env: {
        ...process.env,
        ...{ TRIBUTARY_CONFIG: config, DATABASE_URL: String(river.pool.options.connectionString) },
        ...{ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: river.namespace },
        ...{ TRIBUTARY_API_PORT: String(port), TRIBUTARY_API_TOKEN: 'token-of-the-storm-test' },
        ...{ TRIBUTARY_PUBLIC_URL: `http://127.0.0.1:${port}`, HUBSPOT_CLIENT_SECRET: secret },
        ...{ HUBSPOT_ACCESS_TOKEN: 'pat-simulator', HUBSPOT_BASE_URL: river.simulatorUrl, CLUB_URL: source },
        ...{ LOG_LEVEL: 'warn', LOG_FORMAT: 'json' },
      },
      logFile: join(river.folder, 'api.log'),
      readyLine: /api_ready/,
      readyTimeoutMs: 60_000,
    });
  let child = await start();
  return {
    async kill() {
      process.kill(child.pid, 'SIGKILL');
      await child.exited;
      child = await start();
    },
    stop: () => child.stop(),
  };
}

/** Different events that were stored. */
async function countTold(river: BareRiver): Promise<number> {
  const { rows } = await river.pool.query<{ told: number }>('select count(*)::int as told from inbox_events');
  return rows[0]!.told;
}

/** Waits until all is delivered and settled. `tick` runs as its schedule would let it. */
async function quiet(river: BareRiver): Promise<void> {
  const end = performance.now() + 600_000;
  for (let round = 0; performance.now() < end; round += 1) {
    if (round % 10 === 0)
      await river.temporal.workflow.start('tick', { taskQueue, workflowId: uniqueName('tick'), args: [] });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { waiting } = (await river.stats()).webhooks;
    if (waiting === 0 && (await workLeft(river.pool)) === 0) return;
  }
  throw new Error('the storm did not settle');
}
