import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keyText, keyTextBytes } from '../../src/config/keyRing';
import { setMode } from '../../src/db/portals';
import { startChild } from '../../src/launch/childProcess';
import { startHubSpotSimulator, type RunningSimulator } from '../../src/simulator/hubspot/server';
import { taskQueue, type CheckPortalResult, type SetupPortalResult } from '../../src/workflows/contracts';
import { consent, registeredApp, testApp } from '../support/consent';
import { control } from '../support/simulatorControl';
import { uniqueName } from '../support/temporal';
import { clubSource, openClub } from './clubDatabase';
import { startBareRiver, type BareRiver } from './bareRiver';

/** Two accounts with one app: `main` is the river's own simulator, `emea` another one. */
export type PortalName = 'main' | 'emea';
export const portalIds = { main: '9000777001', emea: '9000777002' } as const;

const app = `{ clientId: 'env:CLIENT_ID', clientSecret: 'env:CLIENT_SECRET', redirectUri: '${testApp.redirectUri}'`;
const configText = `
version: 1
timeZone: Europe/London
portals:
  main: { portalId: ${portalIds.main}, baseUrl: 'env:MAIN_URL', oauth: ${app}, authorizeUrl: 'env:MAIN_URL' } }
  emea:
    portalId: ${portalIds.emea}
    baseUrl: env:EMEA_URL
    oauth: ${app}, authorizeUrl: 'env:EMEA_URL' }
    limits: { burstPer10Seconds: 80 }${clubSource}
      members:
        object: contacts
        table: members
        recordKey: id
        map: { email: email, firstname: name }
objects:
  contacts: {}
`;

export interface InstalledRiver extends BareRiver {
  simulators: Record<PortalName, RunningSimulator>;
  apiUrl: string;
  /** A person installs the app: through the API process, HubSpot's consent page, and back. */
  install(portal: PortalName): Promise<{ status: number; text: string }>;
  /** Set-up, check, live. */
  goLive(portal: PortalName): Promise<void>;
  control(portal: PortalName, path: string, body?: object): Promise<Record<string, unknown>>;
  tokenCalls(portal: PortalName): Promise<Record<string, number>>;
  members(statement: string): Promise<void>;
  /** What API and workers have written so far. */
  logs(): Promise<string>;
  ask(path: string, init?: RequestInit): Promise<Response>;
}

const project = join(__dirname, '../..');
const apiToken = 'token-of-the-installed-river';

export async function startInstalledRiver(): Promise<InstalledRiver> {
  const club = await openClub('create table members (id text primary key, email text, name text)');
  const options = { apps: [registeredApp], settings: { limits: null, accessTokenLifeMs: 2_000 } };
  const emea = await startHubSpotSimulator({ ...options, portalId: Number(portalIds.emea) });
  const environment = (mainUrl: string) => ({
    ...{ CLUB_URL: club.url, MAIN_URL: mainUrl, EMEA_URL: emea.url, HUBSPOT_BASE_URL: '' },
    ...{ HUBSPOT_ACCESS_TOKEN: '', CLIENT_ID: testApp.clientId, CLIENT_SECRET: testApp.clientSecret },
    ...{ TRIBUTARY_KEYS: keyText(randomBytes(keyTextBytes), new Date()), LOG_LEVEL: 'info' },
  });
  let values: Record<string, string> = {};
  const river = await startBareRiver({
    environment: (mainUrl) => (values = environment(mainUrl)),
    simulator: options,
  });
  const config = await river.writeConfig('two.yaml', configText);
  await river.startWorker({ TRIBUTARY_CONFIG: config });
  const logFile = join(river.folder, 'api.log');
  const api = await startChild({
    name: 'api',
    command: process.execPath,
    args: [join(process.env['TRIBUTARY_TEST_DIST'] ?? join(project, 'dist'), 'api/main.js')],
    env: {
      ...process.env,
      ...values,
      ...{ TRIBUTARY_CONFIG: config, TRIBUTARY_API_PORT: '0', TRIBUTARY_API_TOKEN: apiToken },
      ...{ TEMPORAL_ADDRESS: river.temporalAddress, TEMPORAL_NAMESPACE: river.namespace },
      DATABASE_URL: river.pool.options.connectionString,
    },
    logFile,
    readyLine: /api_ready/,
    readyTimeoutMs: 60_000,
  });
  const apiUrl = /"api_ready","url":"([^"]+)"/.exec(await readFile(logFile, 'utf8'))![1]!;
  const simulators = {
    main: { url: river.simulatorUrl } as RunningSimulator,
    emea,
  };

  const installed: InstalledRiver = {
    ...river,
    simulators,
    apiUrl,
    async install(portal) {
      const begun = await fetch(`${apiUrl}/oauth/install?portal=${portal}`, { redirect: 'manual' });
      const cookie = begun.headers.get('set-cookie')!.split(';')[0]!;
      const back = await consent(begun.headers.get('location')!);
      // What a proxy does: the registered address is not where the API listens.
      const ended = await fetch(`${apiUrl}${back.pathname}${back.search}`, { headers: { cookie } });
      return { status: ended.status, text: await ended.text() };
    },
    async goLive(portal) {
      const run = <Result>(type: string): Promise<Result> =>
        river.temporal.workflow.execute(type, {
          ...{ taskQueue, workflowId: uniqueName(type), args: [{ portal }] },
        }) as Promise<Result>;
      const setup = await run<SetupPortalResult>('setupPortal');
      const check = await run<CheckPortalResult>('checkPortal');
      if (setup.faults.length + check.faults.length > 0) throw new Error(JSON.stringify({ setup, check }));
      await setMode(river.pool, portalIds[portal], 'live');
    },
    control: (portal, path, body) => control(simulators[portal].url, path, body),
    async tokenCalls(portal) {
      const { byEndpoint } = (await installed.control(portal, 'stats')) as never as {
        byEndpoint: Record<string, Record<string, number>>;
      };
      return byEndpoint['POST /oauth/2026-09/token'] ?? {};
    },
    async members(statement) {
      await club.client.query(statement);
    },
    async logs() {
      return `${await river.workerLogs()}\n${await readFile(logFile, 'utf8')}`;
    },
    ask: (path, init = {}) =>
      fetch(`${apiUrl}${path}`, { ...init, headers: { authorization: `Bearer ${apiToken}` } }),
    async stop() {
      await api.stop();
      await river.stop();
      await emea.stop();
      await club.close();
    },
  };
  return installed;
}
