import type { Command } from 'commander';
import { addApiToken, hashApiToken } from '../../db/apiTokens';
import { newApiToken } from '../apiToken';
import type { ExitCode } from '../cliFailure';
import type { CommandContext } from '../commandContext';
import { withDatabase } from '../connections';
import type { RunCommand } from '../runCommand';

/** `tributary token <name>`: one more bearer token for the API; only its hash is kept. */
export function addToken(program: Command, run: RunCommand): void {
  program
    .command('token')
    .argument('<name>', 'who or what will use it')
    .description('make a token for the API and show it, this once')
    .action(run(make));
}

async function make(context: CommandContext, name: string): Promise<ExitCode> {
  return withDatabase(context, async (pool): Promise<ExitCode> => {
    const token = newApiToken();
    await addApiToken(pool, hashApiToken(token), name);
    context.output.result({ name, token });
    context.output.show(token);
    return 0;
  });
}
