import type { Command } from 'commander';
import { processEnv } from '../config/env';
import { CliFailure, type ExitCode } from './cliFailure';
import { commandContext, type CommandContext, type GlobalOptions } from './commandContext';
import { processOutput } from './output';

/** Wraps a command's body as commander's action: it gets its context, its outcome becomes the exit code. */
export type RunCommand = (body: CommandBody) => (...args: unknown[]) => Promise<void>;

/** What follows the context is what commander passes: the command's arguments, then its options, then itself. */
export type CommandBody = (context: CommandContext, ...args: never[]) => Promise<ExitCode>;

/** Failures are shown in plain words; a stack only with --verbose. */
export const runCommand: RunCommand =
  (body) =>
  async (...args) => {
    // commander ends every action's arguments with the options and the command itself.
    const command = args.at(-1) as Command;
    const options = command.optsWithGlobals<GlobalOptions>();
    const output = processOutput(options.json === true);
    try {
      const context = commandContext(options, processEnv(), output);
      process.exitCode = await body(context, ...(args as never[]));
    } catch (error) {
      process.exitCode = error instanceof CliFailure ? error.exitCode : 1;
      process.stderr.write(`${failureText(error, options.verbose === true)}\n`);
    }
  };

/** What a person reads of a failure. */
export function failureText(error: unknown, verbose: boolean): string {
  if (!(error instanceof Error)) return String(error);
  const hint = error instanceof CliFailure && error.hint ? `\n  hint: ${error.hint}` : '';
  const stack = verbose ? `\n${error.stack ?? ''}${causeText(error)}` : '';
  const more = verbose || error instanceof CliFailure ? '' : '\n  hint: --verbose shows where it happened';
  return `${error.message}${hint}${more}${stack}`;
}

function causeText(error: Error): string {
  return error.cause instanceof Error ? `\ncaused by ${error.cause.stack ?? error.cause.message}` : '';
}
