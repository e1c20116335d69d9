import type { Client } from '@temporalio/client';
import type { Pool } from 'pg';
import type { TributaryConfig } from '../../config/schema';
import { settingsHash } from '../../config/settingsHash';
import { applySchedules } from '../../schedules/applySchedules';
import { CliFailure } from '../cliFailure';
import { plural } from '../commandContext';
import { appliedText } from '../commands/schedules';
import { portalOf } from '../connections';
import { followRun } from '../followRun';
import { checkFaultLines, goLive } from '../goLive';
import { checkPortal, ringDelivery, setUpPortal, startRun } from '../portalWork';
import { newRunId } from '../runId';
import type { RunReport } from '../runReport';
import { awaitInstall } from './awaitInstall';
import { finishLeftRuns } from './finishLeftRuns';
import type { StartScene } from './startOptions';

export interface FirstSyncInput {
  scene: StartScene;
  config: TributaryConfig;
  portal: string;
  client: Client;
  pool: Pool;
  /** The portal is the simulator that this very start has started: it may be written at once. */
  isSimulator: boolean;
  signal: AbortSignal;
}

/**
 * Prepares the portal and the schedules, lets a run that was interrupted come to its end, then runs the first sync. A real
 * portal is only looked at: its set-up and its going live are a person's decision. Out: the run's report, or null where the watching was ended.
 */
export async function firstSync(input: FirstSyncInput): Promise<RunReport | null> {
  const { scene, config, portal, client, pool, isSimulator, signal } = input;
  const { steps, output } = scene;
  await awaitInstall(scene, input);
  if (isSimulator) {
    await steps.step(
      'set-up of the portal',
      () => setUpPortal(client, portal).then(withoutFaults),
      ({ created, existing }) => `${created.length} properties created, ${existing.length} there already`,
    );
  }
  const { faults } = await steps.step(
    'check of the field maps',
    () => checkPortal(client, portal),
    (found) => (found.faults.length === 0 ? 'no faults' : plural(found.faults.length, 'fault')),
  );
  if (faults.length > 0) output.say(checkFaultLines(faults));
  const known = await portalOf(pool, { stateDir: scene.stateDir, portal }, [portal]);
  if (isSimulator) {
    await steps.step('going live', async () => {
      await goLive(pool, known, settingsHash(config));
      await ringDelivery(client, known.portalId);
    });
  } else if (known.mode === 'hold') {
    output.say(
      `  portal ${portal} (${known.portalId}) is in hold: everything is prepared, nothing is written`,
    );
  }
  await steps.step('schedules', () => applySchedules(client, config), appliedText);

  await finishLeftRuns({ pool, client, portalId: known.portalId, output, signal });
  signal.throwIfAborted();
  const runId = newRunId();
  output.say(`\nFirst sync: run ${runId}`);
  const handle = await startRun(client, runId, { portal, trigger: 'start' });
  return followRun({ pool, output, handle, runId, signal });
}

function withoutFaults<Result extends { faults: string[] }>(result: Result): Result {
  if (result.faults.length === 0) return result;
  throw new CliFailure(`the portal cannot be set up:\n  ${result.faults.join('\n  ')}`);
}
