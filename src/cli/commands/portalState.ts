import type { Command } from 'commander';
import { resumePortal, setMode } from '../../db/portals';
import { resumeTargets } from '../../db/delivery/targets';
import type { ExitCode } from '../cliFailure';
import { configurationOf, type CommandContext } from '../commandContext';
import { portalOf, withDatabase, withTemporal } from '../connections';
import { ringDelivery } from '../portalWork';
import { ringLanes } from '../ringLanes';
import type { RunCommand } from '../runCommand';

/** `tributary hold` and `tributary resume`: stop writing to a portal, and end a pause. */
export function addPortalState(program: Command, run: RunCommand): void {
  program
    .command('hold')
    .description('stop writing to the portal: runs go on and prepare, `plan` shows what would be written')
    .action(run(hold));
  program
    .command('resume')
    .description(
      'end the pauses of a portal and of write-backs at once, e.g. after a token or scope was put right',
    )
    .action(run(resume));
}

async function hold(context: CommandContext): Promise<ExitCode> {
  const config = configurationOf(context);
  return withDatabase(context, async (pool): Promise<ExitCode> => {
    const { name, portalId } = await portalOf(pool, context.options, Object.keys(config.portals));
    await setMode(pool, portalId, 'hold');
    context.output.result({ portal: name, portalId, mode: 'hold' });
    context.output.show(
      `portal ${name} (${portalId}) is in hold; calls that are under way end, then nothing is written (tributary apply)`,
    );
    return 0;
  });
}

async function resume(context: CommandContext): Promise<ExitCode> {
  const config = configurationOf(context);
  return withDatabase(context, async (pool): Promise<ExitCode> => {
    const portal = await portalOf(pool, context.options, Object.keys(config.portals));
    const { name, portalId, isPaused, mode } = portal;
    await resumePortal(pool, portalId);
    const targets = await resumeTargets(pool, portalId);
    await withTemporal(context, (client) => ringDelivery(client, portalId));
    await ringLanes(
      context,
      portalId,
      targets.map((target) => ({ lane: 'writeBack', target })),
    );
    context.output.result({ portal: name, portalId, wasPaused: isPaused, mode, resumedTargets: targets });
    for (const target of targets) context.output.show(`write-backs to ${target} go on`);
    if (!isPaused && targets.length > 0) return 0;
    context.output.show(
      isPaused
        ? `portal ${name} (${portalId}) goes on; what was due is delivered now (tributary status)`
        : `portal ${name} (${portalId}) was not paused`,
    );
    return 0;
  });
}
