import { randomBytes } from 'node:crypto';
import { awaitInstall } from '../../src/cli/start/awaitInstall';
import { createSteps } from '../../src/cli/start/steps';
import { keyText, keyTextBytes } from '../../src/config/keyRing';
import { loadConfig } from '../../src/config/loadConfig';
import { saveInstall } from '../../src/db/oauth/oauthTokens';
import { baseEnv, baseNow, edited } from '../config/baseConfig';
import { testDatabase } from '../support/testDatabase';

const env = { ...baseEnv, SECRET: 'hush', TRIBUTARY_KEYS: keyText(randomBytes(keyTextBytes), baseNow) };
const ring = [{ id: 'k1', key: randomBytes(32) }];
const tokens = { clientId: 'app', scopes: [], accessToken: 'at', refreshToken: 'rt', lifeMs: 1_000 };

const { pool } = testDatabase();
beforeEach(() => pool.query('truncate oauth_tokens'));

function start(portal: string, { once = false, signal = new AbortController().signal } = {}) {
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  const output = { say, isTerminal: false, stream: process.stdout } as never;
  const text = edited(['    accessToken: env:TOKEN', `    ${portal}`]);
  const loaded = loadConfig({ path: 'c.yaml', text, env, readSecretFile: () => '', now: baseNow });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  const scene = { env, options: { once }, output, steps: createSteps(output, signal) };
  const ended = awaitInstall(scene, { config: loaded.config, portal: 'main', pool, signal });
  return { said, ended };
}

const app = `portalId: 42\n    oauth: { clientId: app, clientSecret: 'env:SECRET', redirectUri: 'http://127.0.0.1:8484/oauth/callback' }`;

test('a start waits until a person has installed the app, and says where', async () => {
  const { said, ended } = start(app);
  while (said.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(said.join()).toContain('open http://127.0.0.1:8484/oauth/install?portal=main');
  await saveInstall(pool, ring, '42', tokens);
  await ended;
  expect(said.at(-1)).toContain('✓ installation in account 42');
});

test('it does not wait for a token, nor for an app that is installed', async () => {
  await start('accessToken: env:TOKEN').ended;
  await saveInstall(pool, ring, '42', tokens);
  await start(app).ended;
});

test('it does not wait where nobody is there, and ends when it is interrupted', async () => {
  await expect(start(app, { once: true }).ended).rejects.toThrow('not installed in HubSpot account 42');
  const controller = new AbortController();
  const { ended } = start(app, { signal: controller.signal });
  controller.abort(new Error('interrupted'));
  await expect(ended).rejects.toThrow('interrupted');
});
