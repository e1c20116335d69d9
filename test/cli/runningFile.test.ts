import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandContext } from '../../src/cli/commandContext';
import type { Output } from '../../src/cli/output';
import { readRunning, writeRunning } from '../../src/cli/runningFile';

let stateDir: string;
beforeEach(() => (stateDir = mkdtempSync(join(tmpdir(), 'tributary-running-'))));
afterEach(() => rmSync(stateDir, { recursive: true }));

const output = {} as Output;
const given = { HUBSPOT_ACCESS_TOKEN: 'pat-real-secret', PATH: '/bin' };
const environment = {
  ...given,
  DATABASE_URL: 'postgres://made',
  TEMPORAL_ADDRESS: '127.0.0.1:1',
  AZURE_URL: 'made',
};

function environmentFor(env: Record<string, string>): Record<string, string | undefined> {
  return commandContext({ stateDir }, env, output).env;
}

describe('what a start leaves for the other commands', () => {
  it('holds what it made, readable by its owner only, and nothing of what it was given', () => {
    writeRunning(stateDir, { environment, given, urls: { API: 'http://a' } });
    const file = join(stateDir, 'running.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).not.toContain('pat-real-secret');
    expect(readRunning(stateDir)?.environment).toEqual({
      ...{ DATABASE_URL: 'postgres://made', TEMPORAL_ADDRESS: '127.0.0.1:1', AZURE_URL: 'made' },
    });
  });

  it('fills up the environment of a command, whose own values win', () => {
    writeRunning(stateDir, { environment, given, urls: {} });
    expect(environmentFor({ AZURE_URL: 'mine' })).toMatchObject({
      AZURE_URL: 'mine',
      TEMPORAL_ADDRESS: '127.0.0.1:1',
    });
  });

  it('is used in a shell that gives the same token, and not in one that means another portal or database', () => {
    writeRunning(stateDir, { environment, given, urls: {} });
    expect(environmentFor({ HUBSPOT_ACCESS_TOKEN: 'pat-real-secret' })['DATABASE_URL']).toBe(
      'postgres://made',
    );
    expect(environmentFor({ HUBSPOT_ACCESS_TOKEN: 'pat-other' })['DATABASE_URL']).toBeUndefined();
    expect(environmentFor({ DATABASE_URL: 'postgres://other' })['TEMPORAL_ADDRESS']).toBeUndefined();
  });

  it('counts as nothing when its process is gone or the file is broken', () => {
    writeRunning(stateDir, { environment, given, urls: {} });
    const file = join(stateDir, 'running.json');
    const written = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...written, started: 'another time' }));
    expect(readRunning(stateDir)).toBeNull();
    writeFileSync(file, '{');
    expect(readRunning(stateDir)).toBeNull();
  });
});
