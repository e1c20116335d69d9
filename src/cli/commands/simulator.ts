import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { ExitCode } from '../cliFailure';
import type { CommandContext } from '../commandContext';
import { distPath, nodeArguments } from '../distPath';
import type { RunCommand } from '../runCommand';

interface SimulatorOptions {
  port?: string;
  limit?: string;
  memory?: boolean;
  app?: string;
}

/** `tributary simulator`: the strict HubSpot alone, in the foreground. */
export function addSimulator(program: Command, run: RunCommand): void {
  program
    .command('simulator')
    .description('run the HubSpot simulator alone, until Ctrl-C')
    .option('--port <n>', 'port on 127.0.0.1 (default: a free one)')
    .option('--limit <n|off>', 'calls per 10 seconds (default: 190); off lifts all limits')
    .option('--app <id:secret:redirect-uri>', 'an app that may be installed by OAuth')
    .option('--memory', 'keep nothing (default: the state stands in the state folder)')
    .action(run(simulator));
}

async function simulator(
  context: CommandContext,
  { port, limit, memory, app }: SimulatorOptions,
): Promise<ExitCode> {
  const args = [
    ...(port === undefined ? [] : ['--port', port]),
    ...(limit === undefined ? [] : ['--limit', limit]),
    ...(app === undefined ? [] : ['--app', app]),
    ...(memory ? [] : ['--state-dir', join(context.options.stateDir, 'simulator')]),
  ];
  context.output.say(
    'SIMULATOR: no real HubSpot is touched. Its page is at the address below; Ctrl-C ends it.',
  );
  const child = spawn(process.execPath, [...nodeArguments, distPath('simulator/main.js'), ...args], {
    stdio: 'inherit',
  });
  // Ctrl-C reaches the child too, as both are of one terminal; a polite kill must be passed on.
  const pass = (): void => void child.kill('SIGTERM');
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', pass);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code === 0 ? 0 : 1));
  });
}
