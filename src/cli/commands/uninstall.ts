import type { Command } from 'commander';
import type { ExitCode } from '../cliFailure';
import { configurationOf, portalNameOf, type CommandContext } from '../commandContext';
import { withWorker } from '../connections';
import { uninstallPortal } from '../portalWork';
import type { RunCommand } from '../runCommand';

/** `tributary uninstall`: takes the app out of a portal and forgets its tokens. */
export function addUninstall(program: Command, run: RunCommand): void {
  program
    .command('uninstall')
    .description('take the app out of an OAuth portal and forget its tokens; what was synced stays')
    .action(run(uninstall));
}

async function uninstall(context: CommandContext): Promise<ExitCode> {
  const config = configurationOf(context);
  const portal = portalNameOf(context.options, Object.keys(config.portals));
  const result = await withWorker(context, (client) => uninstallPortal(client, portal));
  context.output.result({ portal, ...result });
  context.output.show(
    result.replaced
      ? `the app was installed anew in account ${result.portalId} meanwhile: that installation stays`
      : result.uninstalled
        ? `the app is uninstalled from account ${result.portalId}, its tokens are forgotten; portal ${portal} is paused`
        : `the tokens of portal ${portal} are forgotten; HubSpot did not confirm that the app is gone: look into account ${result.portalId} (Settings, Integrations, Connected Apps)`,
  );
  return 0;
}
