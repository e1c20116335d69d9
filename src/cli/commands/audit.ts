import type { Command } from 'commander';
import { auditRun } from '../../workflows/contracts';
import type { ExitCode } from '../cliFailure';
import { configurationOf, portalNameOf, type CommandContext } from '../commandContext';
import type { RunCommand } from '../runCommand';
import { startAndFollow } from '../startAndFollow';

/** `tributary audit`: reads all of HubSpot's records, tells where they are not as known, and repairs it. */
export function addAudit(program: Command, run: RunCommand): void {
  program
    .command('audit')
    .description('compare HubSpot with what it is known to hold: tell the drift and repair it')
    .option('--no-wait', 'start it only; `tributary status <run>` shows the drift')
    .action(run(audit));
}

async function audit(context: CommandContext, { wait }: { wait: boolean }): Promise<ExitCode> {
  const portal = portalNameOf(context.options, Object.keys(configurationOf(context).portals));
  return startAndFollow(context, auditRun(portal), wait);
}
