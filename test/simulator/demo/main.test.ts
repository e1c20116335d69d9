import { transformFileSync } from '@swc/core';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startHubSpotSimulator } from '../../../src/simulator/hubspot/server';
import { readSimulator } from '../../../src/simulator/demo/portalExport';
import { emptyDatabase } from '../../support/postgres';

const root = join(__dirname, '../../..');

/** Compiles the demo as the build does, so that the process under test is the one that ships. */
function compileDemo(into: string): string {
  mkdirSync(into);
  const from = join(root, 'src/simulator/demo');
  for (const name of readdirSync(from)) {
    const { code } = transformFileSync(join(from, name), { configFile: join(root, '.swcrc') });
    writeFileSync(join(into, name.replace(/\.ts$/, '.js')), code);
  }
  return join(into, 'main.js');
}

interface ReadyLine {
  event: string;
  people: number;
  changes: number;
  portalSeeded: boolean;
  environment: Record<string, string>;
}

async function readyLine(child: ChildProcessWithoutNullStreams): Promise<ReadyLine> {
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, 'line')) as [string];
  return JSON.parse(line) as ReadyLine;
}

test('the demo process says when it is ready, fills the portal once, takes changes and ends clean on SIGTERM', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'demo-process-'));
  const database = await emptyDatabase();
  const simulator = await startHubSpotSimulator();
  const program = compileDemo(join(folder, 'demo'));
  const run = async (...more: string[]): Promise<ReadyLine> => {
    const fixed = ['--database-url', database.url, '--state-dir', join(folder, 'state'), '--people', '60'];
    const child = spawn(process.execPath, [program, ...fixed, '--simulator-url', simulator.url, ...more], {
      env: { ...process.env, NODE_PATH: join(root, 'node_modules') },
    });
    try {
      const ready = await readyLine(child);
      child.kill('SIGTERM');
      const [code] = (await once(child, 'exit')) as [number | null];
      expect(code).toBe(0);
      return ready;
    } finally {
      child.kill('SIGKILL');
    }
  };
  try {
    const first = await run();
    expect(first).toMatchObject({ event: 'demo_ready', people: 60, changes: 0, portalSeeded: true });
    expect(Object.keys(first.environment).sort()).toEqual([
      ...['AZURE_URL', 'EOL_API_KEY', 'EOL_URL', 'ERP_URL', 'IELTS_TOKEN', 'IELTS_URL', 'IMPACT_FOLDER'],
    ]);
    expect([...(await readSimulator(simulator.url)).records].length).toBeGreaterThan(10);
    expect(await run('--change', '0.5')).toMatchObject({ changes: 1, portalSeeded: false });
  } finally {
    await simulator.stop();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  }
});
