#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { addApply } from './commands/apply';
import { addAudit } from './commands/audit';
import { addCheck } from './commands/check';
import { addKeys } from './commands/keys';
import { addPins } from './commands/pins';
import { addErasure } from './commands/erasure';
import { addPlan } from './commands/plan';
import { addPortalState } from './commands/portalState';
import { addProblemActions } from './commands/problemActions';
import { addProblems } from './commands/problems';
import { addReviews } from './commands/reviews';
import { addSchedules } from './commands/schedules';
import { addSetup } from './commands/setup';
import { addSimulator } from './commands/simulator';
import { addStart } from './commands/start';
import { addStatus } from './commands/status';
import { addSync } from './commands/sync';
import { addToken } from './commands/token';
import { addUninstall } from './commands/uninstall';
import { failureText, runCommand } from './runCommand';

const closing = `
Exit codes: 0 all is well; 1 it failed or is not green; 2 the command or the configuration is at fault.
The commands find what \`tributary start\` started in the same folder; DATABASE_URL and TEMPORAL_ADDRESS point them elsewhere.`;

/** The \`tributary\` command; this file only wires. */
function tributary(): Command {
  const program = new Command('tributary')
    .description('Keeps HubSpot true: many systems, one master record, every write proved.')
    .version(versionOf(), '-V, --version')
    .option('--json', 'print the result as JSON')
    .option('--config <file>', 'configuration file (default: TRIBUTARY_CONFIG, else tributary.config.yaml)')
    .option('--portal <name>', 'portal of the configuration, where there is more than one')
    .option('--state-dir <folder>', 'where `start` keeps its state', '.tributary')
    .option('--verbose', 'show where a failure happened')
    .addHelpText('after', closing)
    .exitOverride();
  const adders = [
    addStart,
    addCheck,
    addSetup,
    addPlan,
    addApply,
    addPortalState,
    addSync,
    addAudit,
    addStatus,
    addProblems,
    addProblemActions,
    addReviews,
    addPins,
    addErasure,
    addSchedules,
    addToken,
    addKeys,
    addUninstall,
  ];
  for (const add of [...adders, addSimulator]) add(program, runCommand);
  return program;
}

function versionOf(): string {
  const text = readFileSync(join(__dirname, '../../package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

tributary()
  .parseAsync()
  .catch((error: unknown) => {
    // Help and version end by an error too, of code 0; commander has printed what there is to say.
    const isUsage = error instanceof CommanderError;
    if (!isUsage) process.stderr.write(`${failureText(error, true)}\n`);
    process.exitCode = isUsage ? (error.exitCode === 0 ? 0 : 2) : 1;
  });
