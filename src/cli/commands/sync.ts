import type { Command } from 'commander';
import { suggestion } from '../../config/nearest';
import type { TributaryConfig } from '../../config/schema';
import { CliFailure, type ExitCode } from '../cliFailure';
import { configurationOf, portalNameOf, type CommandContext } from '../commandContext';
import type { RunCommand } from '../runCommand';
import { startAndFollow } from '../startAndFollow';

interface SyncOptions {
  full?: boolean;
  wait?: boolean;
}

/** `tributary sync`: starts a run, and with --wait follows it to its result. */
export function addSync(program: Command, run: RunCommand): void {
  program
    .command('sync')
    .description('read the sources and bring HubSpot to their state; all sources when none is named')
    .argument('[source...]', 'sources of the configuration')
    .option('--full', 'read everything again instead of what changed')
    .option('--wait', 'show the progress until the run has ended, then its result')
    .action(run(sync));
}

async function sync(
  context: CommandContext,
  named: string[],
  { full, wait }: SyncOptions,
): Promise<ExitCode> {
  const { options } = context;
  const config = configurationOf(context);
  requireSources(config, named);
  const portal = portalNameOf(options, Object.keys(config.portals));
  const sources = named.length > 0 ? { sources: [...new Set(named)] } : {};
  return startAndFollow(context, { portal, ...sources, full: full ?? false, trigger: 'cli' }, wait ?? false);
}

/** @throws CliFailure naming the sources that are not configured */
function requireSources(config: TributaryConfig, named: readonly string[]): void {
  const known = [...Object.keys(config.sources), 'hubspot'];
  const unknown = named.filter((source) => !known.includes(source));
  if (unknown.length === 0) return;
  const hint = suggestion(unknown[0]!, known);
  throw new CliFailure(`there is no source ${unknown.map((name) => `"${name}"`).join(', ')}`, 2, hint);
}
