import type { Command } from 'commander';
import type { ExitCode } from '../cliFailure';
import { configurationOf, portalNameOf, type CommandContext } from '../commandContext';
import { withWorker } from '../connections';
import { setUpPortal } from '../portalWork';
import type { RunCommand } from '../runCommand';
import { setupText } from '../setupText';

/** `tributary setup`: creates tributary_id and the configured properties where the portal lacks them. */
export function addSetup(program: Command, run: RunCommand): void {
  program
    .command('setup')
    .description('create tributary_id and the configured properties in the portal, where they are missing')
    .action(run(setup));
}

async function setup(context: CommandContext): Promise<ExitCode> {
  const config = configurationOf(context);
  const portal = portalNameOf(context.options, Object.keys(config.portals));
  const result = await withWorker(context, (client) => setUpPortal(client, portal));
  context.output.result(result);
  context.output.show(setupText(result));
  return result.faults.length === 0 ? 0 : 1;
}
