import type { Command } from 'commander';
import { settingsHash } from '../../config/settingsHash';
import type { ExitCode } from '../cliFailure';
import { configurationOf, type CommandContext } from '../commandContext';
import { portalOf, withDatabase, withTemporal } from '../connections';
import { goLive } from '../goLive';
import { ringDelivery } from '../portalWork';
import type { RunCommand } from '../runCommand';

/** `tributary apply`: sets the portal live, after a passed check of this very configuration. */
export function addApply(program: Command, run: RunCommand): void {
  program
    .command('apply')
    .description('go live: write what `plan` shows, from now on; wants a passed check of this configuration')
    .action(run(apply));
}

async function apply(context: CommandContext): Promise<ExitCode> {
  const config = configurationOf(context);
  return withDatabase(context, async (pool): Promise<ExitCode> => {
    const portal = await portalOf(pool, context.options, Object.keys(config.portals));
    await goLive(pool, portal, settingsHash(config));
    await withTemporal(context, (client) => ringDelivery(client, portal.portalId));
    context.output.result({ portal: portal.name, portalId: portal.portalId, mode: 'live' });
    context.output.show(
      `portal ${portal.name} (${portal.portalId}) is live; delivery begins now (tributary status)`,
    );
    return 0;
  });
}
