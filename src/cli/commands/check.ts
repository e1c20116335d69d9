import type { Command } from 'commander';
import type { ExitCode } from '../cliFailure';
import { configurationOf, plural, portalNameOf, type CommandContext } from '../commandContext';
import { withWorker } from '../connections';
import { checkFaultLines } from '../goLive';
import { checkPortal } from '../portalWork';
import type { RunCommand } from '../runCommand';

/** `tributary check`: the configuration file, then the field maps against the portal's real properties. */
export function addCheck(program: Command, run: RunCommand): void {
  program
    .command('check')
    .description('check the configuration, and its field maps against the portal, before anything is written')
    .action(run(check));
}

async function check(context: CommandContext): Promise<ExitCode> {
  const { output } = context;
  const config = configurationOf(context);
  output.say('configuration: no faults');
  const portal = portalNameOf(context.options, Object.keys(config.portals));
  const { portalId, faults } = await withWorker(context, (client) => checkPortal(client, portal));
  output.result({ portal, portalId, faults });
  if (faults.length === 0) {
    output.show(`portal ${portal} (${portalId}): no faults`);
    return 0;
  }
  output.show(
    `portal ${portal} (${portalId}): ${plural(faults.length, 'fault')}\n${checkFaultLines(faults)}`,
  );
  return 1;
}
