import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/loadConfig';
import { demoEnv } from './demoEnv';

const path = join(__dirname, '../../tributary.config.yaml');

describe('the demo configuration', () => {
  test('is without faults when its secrets are there', () => {
    const result = loadConfig({ path, env: demoEnv, readSecretFile, now: new Date('2026-11-22T00:00:00Z') });
    expect(result).toMatchObject({ ok: true });
  });

  test('names every missing secret when none is there', () => {
    const result = loadConfig({ path, env: {}, readSecretFile, now: new Date('2026-11-22T00:00:00Z') });
    const missing = result.ok
      ? []
      : result.faults.map((fault) => /env:(\w+) is not set/.exec(fault.message)?.[1]);
    expect([...new Set(missing)].sort()).toEqual(Object.keys(demoEnv).sort());
  });

  test('holds references only: nothing that can be printed has a secret in it', () => {
    const result = loadConfig({ path, env: demoEnv, readSecretFile, now: new Date('2026-11-22T00:00:00Z') });
    const printed = JSON.stringify(result);
    for (const value of Object.values(demoEnv)) expect(printed).not.toContain(value);
    expect(readFileSync(path, 'utf8')).toContain('env:HUBSPOT_ACCESS_TOKEN');
  });
});

function readSecretFile(): string {
  throw new Error('the demo has no secret files');
}
