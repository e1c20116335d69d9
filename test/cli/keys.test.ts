import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readKeyRing, type KeyRing } from '../../src/config/keyRing';
import { findTokens, openToken, saveInstall } from '../../src/db/oauth/oauthTokens';
import { bindPortal } from '../../src/db/portals';
import { testDatabase } from '../support/testDatabase';

const project = join(__dirname, '../..');
const runTypeScript = join(project, 'test/simulator/hubspot/runTypeScript.cjs');

const database = testDatabase();
const { pool } = database;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-keys-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The command as a person runs it, in a folder where nothing else runs. */
function tributary(
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; text: string }> {
  const all = ['-r', runTypeScript, join(project, 'src/cli/main.ts'), '--state-dir', folder, ...args];
  const environment = { PATH: process.env['PATH'], DATABASE_URL: database.url, ...env };
  return new Promise((resolve) => {
    execFile(process.execPath, all, { env: environment }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, text: stdout + stderr }),
    );
  });
}

function ringOf(text: string): KeyRing {
  const read = readKeyRing(text);
  if (!read.ok) throw new Error(read.fault);
  return read.keys;
}

test('`keys new` and `keys rotate` change the key of stored tokens; `status` shows the installation', async () => {
  const [first, second] = (await Promise.all([tributary(['keys', 'new']), tributary(['keys', 'new'])])).map(
    ({ text }) => text.trim(),
  ) as [string, string];
  expect(first).not.toBe(second);
  await bindPortal(pool, 'main', '42', 'Europe/London');
  const tokens = { accessToken: 'at-1', refreshToken: 'rt-1', lifeMs: 1_800_000 };
  await saveInstall(pool, ringOf(first), '42', { ...tokens, clientId: 'app', scopes: ['oauth'] });

  const unset = await tributary(['keys', 'rotate']);
  expect([unset.code, unset.text]).toEqual([2, expect.stringContaining('TRIBUTARY_KEYS is not set')]);
  const lost = await tributary(['keys', 'rotate'], { TRIBUTARY_KEYS: second });
  expect([lost.code, lost.text]).toEqual([1, expect.stringContaining('portal 42 are as they were')]);
  const rotated = await tributary(['--json', 'keys', 'rotate'], { TRIBUTARY_KEYS: `${second},${first}` });
  expect(rotated.code).toBe(0);
  expect(JSON.parse(rotated.text)).toEqual({ key: ringOf(second)[0]!.id, rotated: 1, unopened: [] });
  expect(openToken(ringOf(second), (await findTokens(pool, '42'))!, 'refresh')).toBe('rt-1');

  const status = await tributary(['status']);
  expect(status.text).toMatch(
    /portal main \(42\): hold.*\n {2}app installed \S+ with 1 scopes; token refreshed /,
  );
  for (const { text } of [lost, rotated, status]) {
    for (const secret of [first, second].map((key) => key.split(':')[1]!)) expect(text).not.toContain(secret);
  }
});
