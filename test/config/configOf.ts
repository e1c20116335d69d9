import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/loadConfig';
import type { TributaryConfig } from '../../src/config/schema';
import { baseEnv, baseNow } from './baseConfig';

/** The variables that test/config/second.config.yaml refers to, for whole-river tests to overwrite. */
export const secondEnv: Record<string, string> = {
  ACADEMY_TOKEN: 'academy-token-value',
  ACADEMY_HUBSPOT_URL: 'http://127.0.0.1:1',
  EVENTS_FOLDER: '/tmp/academy-events',
  CRM_URL: 'postgres://127.0.0.1/crm',
  SHOP_URL: 'http://127.0.0.1:2/api',
  SHOP_PASSWORD: 'shop-password-value',
};

export const secondPath = join(__dirname, 'second.config.yaml');

/** The second configuration, parsed; throws with all its faults. */
export function secondConfig(env: Record<string, string> = secondEnv): TributaryConfig {
  return configOf(readFileSync(secondPath, 'utf8'), env);
}

/** A configuration from its text; throws with all its faults. */
export function configOf(text: string, env: Record<string, string> = baseEnv): TributaryConfig {
  const result = loadConfig({ path: 'c.yaml', text, env, readSecretFile: noFile, now: baseNow });
  if (result.ok) return result.config;
  throw new Error(result.faults.map(({ line, message }) => `${line}: ${message}`).join('\n'));
}

function noFile(): string {
  throw new Error('no secret files here');
}
