import { InvalidArgumentError, type Command } from 'commander';
import { CliFailure, type ExitCode } from '../cliFailure';
import type { CommandContext } from '../commandContext';
import type { RunCommand } from '../runCommand';
import { watchParent } from '../start/lostParent';
import { createParts } from '../start/parts';
import type { StartOptions } from '../start/startOptions';
import { startSystem } from '../start/startSystem';
import { wholeNumber } from '../readNumbers';

const sameInterruptMs = 1_000;

/** Raised by Ctrl-C: the person has what was wanted. */
class Interrupted extends Error {}

/** `tributary start`: the whole system, from nothing to the first sync's result, until Ctrl-C. */
export function addStart(program: Command, run: RunCommand): void {
  program
    .command('start')
    .description('start everything that is missing, run a first sync, stay until Ctrl-C')
    .option('--once', 'end after the first sync; exit code 0 only if everything settled')
    .option(
      '--people <n>',
      'size of the demo world (default: the one in the state folder, else 5000)',
      wholeNumber,
    )
    .option('--seed <n>', 'seed of the demo world (default: 1)', wholeNumber)
    .option('--change <share>', 'change this share of the demo rows first, e.g. 0.01', share)
    .option('--port <n>', 'port of the API', wholeNumber)
    .option('--temporal-port <n>', 'port of the Temporal dev server', wholeNumber)
    .option('--ui-port <n>', "port of Temporal's Web UI", wholeNumber)
    .option('--simulator-port <n>', 'port of the HubSpot simulator', wholeNumber)
    .option('--limit <n|off>', 'calls per 10 seconds that the simulator grants (default: 190)')
    .action(run(start));
}

function share(text: string): number {
  const value = Number(text);
  if (text === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('It must be from 0 to 1.');
  return value;
}

async function start(context: CommandContext, options: StartOptions): Promise<ExitCode> {
  const { output } = context;
  const controller = new AbortController();
  const parts = createParts((name, error) =>
    output.say(`  the ${name} did not end cleanly: ${(error as Error).message}`),
  );
  let interruptedAt: number | undefined;
  const interrupt = (): void => {
    const now = performance.now();
    // One Ctrl-C arrives twice where npm passes it on too.
    if (interruptedAt !== undefined && now - interruptedAt < sameInterruptMs) return;
    if (interruptedAt !== undefined) {
      parts.killAll();
      process.exit(130);
    }
    interruptedAt = now;
    output.say('\nEnding; Ctrl-C again ends at once.');
    controller.abort(new Interrupted('interrupted'));
  };
  const onDeath = (name: string, how: string, logFile: string): void =>
    controller.abort(new CliFailure(`the ${name} ended unexpectedly (${how})`, 1, `its log is ${logFile}`));

  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  const unwatch = context.env['npm_lifecycle_event'] ? watchParent(interrupt) : () => undefined;
  // Ended before the first sync was: not green.
  let code: ExitCode = 1;
  const onUp = (green: ExitCode): void => void (code = green);
  try {
    return await startSystem({ context, options, parts, signal: controller.signal, onDeath, onUp });
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    return code;
  } finally {
    await parts.stopAll();
    unwatch();
    process.removeListener('SIGINT', interrupt);
    process.removeListener('SIGTERM', interrupt);
  }
}
