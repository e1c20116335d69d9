import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { keyRingOf, keyText, keyTextBytes } from '../../config/keyRing';
import { rotateTokens } from '../../db/oauth/tokenRotation';
import { CliFailure, type ExitCode } from '../cliFailure';
import { plural, settingsOf, type CommandContext } from '../commandContext';
import { withDatabase } from '../connections';
import type { RunCommand } from '../runCommand';

/** `tributary keys`: the keys that seal the stored tokens of OAuth portals. */
export function addKeys(program: Command, run: RunCommand): void {
  const keys = program.command('keys').description('the keys that seal the stored tokens of OAuth portals');
  keys.command('new').description('make a key for TRIBUTARY_KEYS and show it, this once').action(run(make));
  keys
    .command('rotate')
    .description('seal all stored tokens with the first key of TRIBUTARY_KEYS; may be stopped and repeated')
    .action(run(rotate));
}

async function make({ output }: CommandContext): Promise<ExitCode> {
  const key = keyText(randomBytes(keyTextBytes), new Date());
  output.result({ key });
  output.show(key);
  return 0;
}

async function rotate(context: CommandContext): Promise<ExitCode> {
  const ring = keyRingOf(settingsOf(context.env).keys);
  const [first] = ring;
  if (!first) throw new CliFailure('TRIBUTARY_KEYS is not set', 2, '`tributary keys new` makes a key');
  return withDatabase(context, async (pool): Promise<ExitCode> => {
    const { rotated, unopened } = await rotateTokens(pool, ring);
    context.output.result({ key: first.id, rotated, unopened });
    context.output.show(`tokens of ${plural(rotated, 'portal')} are sealed with key ${first.id} now`);
    for (const { portalId, reason } of unopened)
      context.output.show(`! the tokens of portal ${portalId} are as they were: ${reason}`);
    if (unopened.length === 0)
      context.output.show(
        'no stored token needs another key any more: those behind the first can be removed',
      );
    return unopened.length === 0 ? 0 : 1;
  });
}
