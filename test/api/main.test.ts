import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { demoEnv } from '../config/demoEnv';
import { testDatabase } from '../support/testDatabase';
import { temporalAddress } from '../support/temporal';

const project = join(__dirname, '../..');
const runTypeScript = join(project, 'test/simulator/hubspot/runTypeScript.cjs');
const token = 'token-of-the-environment';

const database = testDatabase();
let address: string;
let child: ChildProcess | undefined;
beforeAll(async () => {
  ({ address } = await temporalAddress());
}, 300_000);
afterEach(async () => {
  if (child && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

interface Started {
  process: ChildProcess;
  output: () => string;
  /** Waits for the line that says where it listens. */
  url: () => Promise<string>;
  exit: Promise<[code: number | null, signal: string | null]>;
}

function startMain(changes: Record<string, string | undefined> = {}): Started {
  const environment = {
    PATH: process.env['PATH'],
    ...demoEnv,
    TRIBUTARY_CONFIG: join(project, 'tributary.config.yaml'),
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: address,
    TRIBUTARY_API_PORT: '0',
    TRIBUTARY_API_TOKEN: token,
    ...changes,
  };
  const running = spawn(process.execPath, ['-r', runTypeScript, join(project, 'src/api/main.ts')], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  child = running;
  let output = '';
  for (const stream of [running.stdout, running.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  // Not `close`, which Node does not emit after `disconnect`.
  const ended = [once(running, 'exit'), once(running.stdout!, 'end'), once(running.stderr!, 'end')];
  const exit = Promise.all(ended).then(([how]) => how as [number | null, string | null]);
  return { process: running, output: () => output, exit, url: () => readyUrl(running, () => output) };
}

function readyUrl(running: ChildProcess, output: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    running.once('exit', () => reject(new Error(`the API ended at its start:\n${output()}`)));
    running.stdout?.on('data', () => {
      const url = /^\{"event":"api_ready","url":"([^"]+)"\}$/m.exec(output())?.[1];
      if (url !== undefined) resolve(url);
    });
  });
}

describe('the API process', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'says where it listens, serves, and ends clean at %s',
    async (signal) => {
      const api = startMain();
      const url = await api.url();
      expect((await fetch(`${url}/health/ready`)).status).toBe(200);
      expect((await fetch(`${url}/api/runs`)).status).toBe(401);
      const reply = await fetch(`${url}/api/runs`, { headers: { authorization: `Bearer ${token}` } });
      expect(await reply.json()).toEqual({ runs: [], next: null });
      api.process.kill(signal);
      expect(await api.exit).toEqual([0, null]);
      for (const secret of [token, ...Object.values(demoEnv)]) expect(api.output()).not.toContain(secret);
    },
  );

  test('knows the sources of the configuration', async () => {
    const url = await startMain().url();
    const headers = { authorization: `Bearer ${token}` };
    const reply = await fetch(`${url}/api/sync/trigger/azurr`, { method: 'POST', headers });
    expect(await reply.json()).toMatchObject({
      detail: 'The configuration has no source "azurr"; did you mean "azure"?',
      sources: ['all', 'hubspot', 'azure', 'ielts', 'eol', 'impact', 'erp'],
    });
  });

  test('ends clean when the process that started it is gone', async () => {
    const api = startMain();
    await api.url();
    api.process.disconnect();
    expect(await api.exit).toEqual([0, null]);
  });

  test('listens while Temporal and Postgres are away, tells, and ends clean', async () => {
    const away = {
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/none',
    };
    const api = startMain(away);
    const url = await api.url();
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    const ready = await fetch(`${url}/health/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ errors: [{ part: 'Postgres' }, { part: 'Temporal' }] });
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('middleware_up{part="postgres"} 0');
    expect(metrics).toContain('process_resident_memory_bytes');
    api.process.kill('SIGTERM');
    expect(await api.exit).toEqual([0, null]);
    expect(api.output()).not.toContain('nobody:secret');
  });

  test('refuses a wrong environment and configuration with every fault', async () => {
    const environment = startMain({ TRIBUTARY_API_PORT: 'x', TRIBUTARY_API_TOKEN: 'short' });
    expect(await environment.exit).toEqual([2, null]);
    expect(environment.output()).toMatch(/TRIBUTARY_API_PORT .+\nTRIBUTARY_API_TOKEN must have at least 16/);
    const urls = startMain({
      TRIBUTARY_WORKER_METRICS_URLS: 'http://a/metrics,nothing',
      TEMPORAL_UI_URL: 'x',
    });
    expect(await urls.exit).toEqual([2, null]);
    expect(urls.output()).toMatch(/TRIBUTARY_WORKER_METRICS_URLS .+\nTEMPORAL_UI_URL must be/);
    const database = startMain({ DATABASE_URL: undefined });
    expect(await database.exit).toEqual([2, null]);
    expect(database.output()).toContain('DATABASE_URL is not set');
    const secrets = startMain({ AZURE_URL: undefined, EOL_API_KEY: undefined });
    expect(await secrets.exit).toEqual([2, null]);
    expect(secrets.output()).toMatch(
      /tributary\.config\.yaml:\d+:\d+ .*\n[\s\S]*tributary\.config\.yaml:\d+:\d+ /,
    );
  });
});
