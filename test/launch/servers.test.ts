import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client as TemporalClient, Connection } from '@temporalio/client';
import { transformFileSync } from '@swc/core';
import { Client } from 'pg';
import { startChild } from '../../src/launch/childProcess';
import { claimFolder } from '../../src/launch/folderClaim';
import { freePort } from '../../src/launch/freePort';
import { startPostgres } from '../../src/launch/postgresServer';
import { isAlive, processIdentity, type ProcessIdentity } from '../../src/launch/processIdentity';
import { downloadTemporal } from '../../src/launch/temporalDownload';
import { startTemporal } from '../../src/launch/temporalServer';
import { temporalProgram } from '../support/temporal';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'tributary-launch-')));
  chmodSync(folder, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const logFile = (): string => join(folder, 'child.log');
const nodeArgs = (program: string): string[] => ['-e', program];

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows.flatMap((row) => Object.values(row));
  } finally {
    await client.end();
  }
}

async function withClient(address: string, work: (client: TemporalClient) => Promise<void>): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    await work(new TemporalClient({ connection }));
  } finally {
    await connection.close();
  }
}

async function untilGone(identity: ProcessIdentity): Promise<void> {
  for (let waited = 0; isAlive(identity); waited += 20) {
    if (waited > 8_000) throw new Error('it still lives after 8 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a child process', () => {
  it('is ready when its URL answers, and ends gracefully', async () => {
    const port = await freePort();
    const program = `require('http').createServer((q, r) => r.end('ok')).listen(${port}, '127.0.0.1');
      process.on('SIGTERM', () => { console.log('goodbye'); process.exit(0); });`;
    const readyUrl = `http://127.0.0.1:${port}/`;
    const child = await startChild({
      name: 'web',
      command: process.execPath,
      args: nodeArgs(program),
      readyUrl,
      logFile: logFile(),
    });
    expect((await fetch(readyUrl)).status).toBe(200);
    expect(await child.stop()).toEqual({ code: 0, signal: null, wanted: true });
    expect(readFileSync(logFile(), 'utf8')).toContain('goodbye');
  });

  it('is killed when it ignores the signal beyond the deadline', async () => {
    const program = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up');`;
    const child = await startChild({
      name: 'deaf',
      command: process.execPath,
      args: nodeArgs(program),
      readyLine: /^up$/m,
      stopDeadlineMs: 100,
      logFile: logFile(),
    });
    expect((await child.stop()).signal).toBe('SIGKILL');
  });

  it('that ends at its start is an error with the end of its log', async () => {
    const start = startChild({
      name: 'broken',
      command: process.execPath,
      args: nodeArgs(`console.error('no such setting'); process.exit(3)`),
      readyLine: /never/,
      logFile: logFile(),
    });
    await expect(start).rejects.toThrow(/broken ended at its start \(exit code 3\)[^]*no such setting/);
  });

  it('that cannot be found is an error with its name', async () => {
    const start = startChild({ name: 'ghost', command: '/no/such/program', args: [], logFile: logFile() });
    await expect(start).rejects.toThrow(/cannot start ghost/);
  });

  it('tells of an end that nobody asked for', async () => {
    const seen = new Promise((resolve) => {
      const options = { name: 'short', command: process.execPath, args: nodeArgs('process.exit(7)') };
      void startChild({ ...options, logFile: logFile(), onExit: resolve });
    });
    expect(await seen).toEqual({ code: 7, signal: null, wanted: false });
  });

  it('dies when its parent is killed without a word', async () => {
    const parent = spawn(process.execPath, ['-e', parentProgram()], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pid = await new Promise<number>((resolve) => {
      parent.stdout.once('data', (text: Buffer) => resolve(Number(text.toString())));
    });
    const identity = processIdentity(pid) as ProcessIdentity;
    expect(isAlive(identity)).toBe(true);
    parent.kill('SIGKILL');
    await untilGone(identity);
  });
});

/** A process that starts a child through the compiled product code and then only waits to be killed. */
function parentProgram(): string {
  for (const name of ['childProcess', 'guardian']) {
    const { code } = transformFileSync(join(__dirname, `../../src/launch/${name}.ts`));
    writeFileSync(join(folder, `${name}.js`), code);
  }
  const child = { name: 'x', command: process.execPath, args: nodeArgs('setInterval(() => {}, 1000)') };
  return `require(${JSON.stringify(join(folder, 'childProcess.js'))})
    .startChild(${JSON.stringify({ ...child, logFile: logFile() })}).then((c) => console.log(c.pid));`;
}

describe('a claim', () => {
  it('is refused while its owner lives, and free again after release', async () => {
    const path = join(folder, 'data');
    const claim = await claimFolder(path);
    await expect(claimFolder(path)).rejects.toThrow(`in use by process ${process.pid}`);
    claim.release();
    (await claimFolder(path)).release();
  });

  it('of a dead owner is taken over, and the server it left is ended', async () => {
    const path = join(folder, 'data');
    const left = spawn(process.execPath, nodeArgs('setInterval(() => {}, 1000)'), { stdio: 'ignore' });
    const child = processIdentity(left.pid as number) as ProcessIdentity;
    const owner = { pid: process.pid, started: 'another time', child: { ...child, signal: 'SIGTERM' } };
    writeFileSync(`${path}.owner`, JSON.stringify(owner));
    const claim = await claimFolder(path);
    expect(isAlive(child)).toBe(false);
    claim.release();
    expect(existsSync(`${path}.owner`)).toBe(false);
  });
});

describe('the embedded Postgres', () => {
  it('finds room elsewhere when its user may not enter the folder, and starts anew when the link is removed', async () => {
    chmodSync(folder, 0o700);
    const dataDir = join(folder, 'postgres');
    const options = { dataDir, logFile: logFile(), settings: { shared_buffers: '16MB' } };
    const first = await startPostgres(options);
    await query(first.url, 'create table kept as select 42 as answer');
    await first.stop();
    const behindLink = realpathSync(dataDir);
    const second = await startPostgres(options);
    expect(await query(second.url, 'select answer from kept')).toEqual([42]);
    await second.stop();
    rmSync(dataDir, { recursive: true });
    const third = await startPostgres(options);
    expect(await query(third.url, `select to_regclass('kept')`)).toEqual([null]);
    await third.stop();
    const isRoot = process.getuid?.() === 0;
    expect(behindLink === dataDir).toBe(!isRoot);
    if (isRoot) expect(existsSync(behindLink)).toBe(false);
    rmSync(dirname(realpathSync(dataDir)), { recursive: true });
  }, 60_000);

  it('keeps its data over a kill of the server, and a foreign process with its old number does not stop it', async () => {
    const options = {
      dataDir: join(folder, 'postgres'),
      logFile: logFile(),
      settings: { shared_buffers: '16MB' },
    };
    let ended: () => void;
    const exit = new Promise<void>((resolve) => (ended = resolve));
    const first = await startPostgres({ ...options, onExit: () => ended() });
    await query(first.url, 'create table kept as select 42 as answer');
    process.kill(first.pid, 'SIGKILL');
    await exit;
    await first.stop();
    const lockFile = join(options.dataDir, 'postmaster.pid');
    const [, ...rest] = readFileSync(lockFile, 'utf8').split('\n');
    writeFileSync(lockFile, [process.ppid, ...rest].join('\n'));
    const second = await startPostgres(options);
    expect(await query(second.url, 'select answer from kept')).toEqual([42]);
    expect(await query(second.url, 'show synchronous_commit')).toEqual(['on']);
    await expect(startPostgres(options)).rejects.toThrow('in use');
    await second.stop();
  }, 60_000);
});

describe('the Temporal dev server', () => {
  it('keeps its state in the file over a kill', async () => {
    process.env['TEMPORAL_CLI_PATH'] = await temporalProgram();
    const options = { dataFile: join(folder, 'temporal.db'), logFile: logFile() };
    const first = await startTemporal(options);
    expect((await fetch(first.uiUrl as string)).status).toBe(200);
    await withClient(first.address, async (client) => {
      await client.workflow.start('unknown', { workflowId: 'kept', taskQueue: 'nobody' });
    });
    process.kill(first.pid, 'SIGKILL');
    await first.stop();
    const second = await startTemporal({ ...options, uiPort: false });
    expect(second.uiUrl).toBeUndefined();
    await withClient(second.address, async (client) => {
      expect((await client.workflow.getHandle('kept').describe()).status.name).toBe('RUNNING');
    });
    await second.stop();
    delete process.env['TEMPORAL_CLI_PATH'];
  }, 600_000);

  it('is not taken from a download that is refused, broken or unreachable', async () => {
    const replies = [() => ({ status: 404, body: '' }), () => ({ status: 200, body: 'no archive' })];
    const server = createServer((_request, response) => {
      const { status, body } = (replies.shift() as () => { status: number; body: string })();
      response.writeHead(status).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const options = {
      version: '1.8.2',
      target: join(folder, 'temporal'),
      onProgress: () => undefined,
      baseUrl,
    };
    expect(await downloadTemporal(options)).toBe('HTTP 404');
    expect(await downloadTemporal(options)).toBe('the archive cannot be unpacked');
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const nowhere = { ...options, baseUrl: `http://127.0.0.1:${await freePort()}` };
    expect(await downloadTemporal(nowhere)).toContain('ECONNREFUSED');
    expect(existsSync(options.target)).toBe(false);
  });
});
