import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliFailure } from '../../src/cli/cliFailure';
import {
  chooseTarget,
  demoVariables,
  foreseenEnvironment,
  simulatorPortalId,
} from '../../src/cli/start/target';

const demo = readFileSync(join(__dirname, '../../tributary.config.yaml'), 'utf8');
let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'tributary-target-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function target(text: string, env: Record<string, string> = {}) {
  const path = join(folder, 'config.yaml');
  writeFileSync(path, text);
  return chooseTarget(path, env);
}

const demoEnvironment = Object.fromEntries(demoVariables.map((name) => [name, 'http://own.example']));
const withPortal = (id: string): string => demo.replace(/portalId: \d+/, `portalId: ${id}`);

describe('what a start connects to', () => {
  it('is the simulator with the demo world where no token is there', () => {
    expect(target(demo)).toMatchObject({ useSimulator: true, useDemo: true, warnings: [] });
  });

  it('is the simulator alone where the sources are given', () => {
    expect(target(demo, demoEnvironment)).toMatchObject({ useSimulator: true, useDemo: false });
  });

  it("is the real portal with a token, and the demo's configuration is said to be bound to the simulator", () => {
    const chosen = target(demo, { HUBSPOT_ACCESS_TOKEN: 'pat' });
    expect(chosen).toMatchObject({ useSimulator: false, useDemo: false });
    expect(chosen.warnings.join()).toContain(String(simulatorPortalId));
    expect(target(withPortal('42'), { HUBSPOT_ACCESS_TOKEN: 'pat' }).warnings).toEqual([]);
  });

  it('is real also where the token stands under a name of the configuration', () => {
    const own = withPortal('42').replace('env:HUBSPOT_ACCESS_TOKEN', 'env:CRM_TOKEN');
    expect(target(own, { CRM_TOKEN: 'pat' })).toMatchObject({
      useSimulator: false,
      tokenVariables: ['CRM_TOKEN'],
    });
  });

  it('is never the simulator in the place of a real account', () => {
    expect(() => target(withPortal('42'))).toThrow(expect.objectContaining({ exitCode: 2 }));
    expect(() => target(withPortal('42'))).toThrow('bound to HubSpot account 42');
  });

  it('foresees what the simulators will set, and nothing else', () => {
    const foreseen = foreseenEnvironment(target(demo), { EOL_API_KEY: 'mine', PATH: '/bin' });
    expect(Object.keys(foreseen).sort()).toEqual(
      [...demoVariables, 'HUBSPOT_ACCESS_TOKEN', 'HUBSPOT_CLIENT_SECRET', 'PATH'].sort(),
    );
    expect(foreseen['EOL_API_KEY']).toBe('mine');
    expect(foreseenEnvironment(target(demo, { HUBSPOT_ACCESS_TOKEN: 'pat' }), {})).toEqual({});
  });

  it('is refused with all faults of the file before anything is started', () => {
    const wrong = demo
      .replace('transforms: [trim]', 'transforms: [trimm]')
      .replace('kind: files', 'kind: filez');
    let failure: unknown;
    try {
      target(wrong);
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(CliFailure);
    const { message, exitCode } = failure as CliFailure;
    expect(exitCode).toBe(2);
    expect(message).toContain('trimm');
    expect(message).toContain('sources.impact.kind');
    expect(message).toMatch(/config\.yaml:\d+:\d+/);
  });
});
