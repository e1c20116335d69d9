import { mkdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { claimFolder, FolderInUse, type FolderClaim } from '../../launch/folderClaim';
import { processEnv } from '../../config/env';
import { makeFirstToken } from '../apiToken';
import { CliFailure, type ExitCode } from '../cliFailure';
import {
  configPathOf,
  configurationOf,
  portalNameOf,
  settingsOf,
  type CommandContext,
} from '../commandContext';
import { portalOf, withDatabase, withTemporal } from '../connections';
import { runReportText } from '../runReport';
import { removeRunning, writeRunning } from '../runningFile';
import { closingText } from './closingText';
import { firstSync } from './firstSync';
import { judgeDemo } from './judgeDemo';
import { startOwnPrograms } from './ownPrograms';
import type { PartName, Parts } from './parts';
import { startServers } from './servers';
import { tellSimulator } from './simulatorWebhooks';
import type { StartOptions, StartScene } from './startOptions';
import { createSteps } from './steps';
import { chooseTarget, foreseenEnvironment, type Target } from './target';
import { chooseWorld } from './worldOptions';

export interface StartInput {
  context: CommandContext;
  options: StartOptions;
  parts: Parts;
  /** Ends the start at its next step, and the waiting; its reason is thrown. */
  signal: AbortSignal;
  onDeath: (name: PartName, how: string, logFile: string) => void;
  /** Called when everything runs and the first sync has ended, with its exit code. */
  onUp: (code: ExitCode) => void;
}

/**
 * The main job: starts what is missing, prepares the portal, runs a first sync with visible progress, says where
 * everything is, and stays until `signal`. With `once` it ends after the sync.
 * Out: 0 only when the sync settled everything.
 */
export async function startSystem(input: StartInput): Promise<ExitCode> {
  const { context, options, parts, signal, onDeath } = input;
  const { output } = context;
  const stateDir = resolve(context.options.stateDir);
  // Not the context's: another system that runs in this folder is none of ours.
  const given = processEnv();
  const configPath = configPathOf({ options: context.options, env: given });
  const target = chooseTarget(configPath, given);
  for (const warning of target.warnings) output.say(`! ${warning}`);
  // All that can be refused is refused before anything is started.
  configurationOf({ options: context.options, env: foreseenEnvironment(target, given) });
  if (target.useDemo) chooseWorld(join(stateDir, 'demo'), options);
  mkdirSync(stateDir, { recursive: true });
  const claim = await claimState(stateDir);
  try {
    output.say('Tributary');
    if (target.useSimulator) output.say(simulatorBanner);
    const env: StartScene['env'] = { ...given, TRIBUTARY_CONFIG: configPath };
    const steps = createSteps(output, signal);
    const scene: StartScene = { options, stateDir, configPath, output, steps, parts, env, urls: {}, onDeath };
    const working = run(input, scene, given, target);
    try {
      return await orAborted(signal, working);
    } finally {
      // A part that is just starting is not left half started; nothing else may take long.
      await settled(working, unwindMs);
    }
  } finally {
    removeRunning(stateDir);
    claim.release();
  }
}

async function claimState(stateDir: string): Promise<FolderClaim> {
  try {
    return await claimFolder(join(stateDir, 'start'));
  } catch (error) {
    if (!(error instanceof FolderInUse)) throw error;
    const hint = 'stop that one first, or give another folder with --state-dir';
    throw new CliFailure(`Tributary runs on ${stateDir} already (process ${error.pid})`, 1, hint, {
      cause: error,
    });
  }
}

/** Longest that an interrupted start may take to come to its next step. */
const unwindMs = 3_000;

/** Waits until the work has ended, however, but no longer than `ms`. */
async function settled(working: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([working.then(undefined, () => undefined), late]);
  clearTimeout(timer);
}

const simulatorBanner = `
  ┌──────────────────────────────────────────────────────────────┐
  │  SIMULATOR: no real HubSpot is touched.                      │
  │  HUBSPOT_ACCESS_TOKEN and a configuration of your own        │
  │  (--config) bring in the real one.                           │
  └──────────────────────────────────────────────────────────────┘`;

async function run(
  { context, options, signal, onUp }: StartInput,
  scene: StartScene,
  given: StartScene['env'],
  target: Target,
): Promise<ExitCode> {
  const { env, output, stateDir, urls } = scene;
  await startServers(scene, target);
  const config = configurationOf({ options: { ...context.options, config: scene.configPath }, env });
  const portal = portalNameOf(context.options, Object.keys(config.portals));
  await startOwnPrograms(scene);
  if (target.useSimulator) await tellSimulator(scene, config, target);
  const isSimulator = target.useSimulator;
  writeRunning(stateDir, { environment: env, given, urls });
  return withDatabase({ env }, (pool) =>
    withTemporal({ env }, async (client): Promise<ExitCode> => {
      const report = await firstSync({ scene, config, portal, client, pool, isSimulator, signal });
      signal.throwIfAborted();
      if (report) {
        output.result(report);
        output.show(`\n${runReportText(report, output.isTerminal)}`);
      }
      const verdict = report && target.useDemo && isSimulator ? await judgeDemo(scene, pool) : null;
      if (verdict) output.say(`  ${verdict.equal ? '✓' : '✗'} ${verdict.text}`);
      const { mode } = await portalOf(pool, { stateDir, portal }, [portal]);
      // Made when it is shown, and not before: a start that ends earlier would take it along unseen.
      const apiToken = await makeFirstToken(pool);
      const ownApiToken = settingsOf(env).api.token !== undefined;
      const source = Object.keys(config.sources)[0];
      output.say(
        closingText({
          urls,
          stateDir,
          apiToken,
          ownApiToken,
          isSimulator,
          mode,
          source,
          ...commandsFor(stateDir),
        }),
      );
      const code = report?.run.state === 'succeeded' && verdict?.equal !== false ? 0 : 1;
      if (options.once) return code;
      output.say('\nRunning. Ctrl-C ends everything.');
      onUp(code);
      await new Promise<void>((ended) => signal.addEventListener('abort', () => ended(), { once: true }));
      return code;
    }),
  );
}

/** Ends with the signal's reason as soon as it is raised, whatever the work waits for. */
async function orAborted<Result>(signal: AbortSignal, working: Promise<Result>): Promise<Result> {
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([working, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** How the other commands, and this one again, are called from this folder. */
function commandsFor(stateDir: string): { command: string; startCommand: string } {
  const folder = relative(process.cwd(), stateDir);
  const option = folder === '.tributary' ? '' : ` --state-dir ${folder}`;
  return { command: `npx tributary${option}`, startCommand: `npm start --${option}` };
}
