import type { Command } from 'commander';
import {
  applySchedules,
  ownSchedules,
  type OwnSchedule,
  type SchedulesApplied,
} from '../../schedules/applySchedules';
import type { ExitCode } from '../cliFailure';
import { configurationOf, type CommandContext } from '../commandContext';
import { withTemporal } from '../connections';
import type { RunCommand } from '../runCommand';
import { plainTable } from '../runTable';

/** `tributary schedules apply|list`: Temporal's Schedules after the configuration. */
export function addSchedules(program: Command, run: RunCommand): void {
  const schedules = program
    .command('schedules')
    .description("Temporal's schedules, made from the configuration");
  schedules
    .command('apply')
    .description('create, update and remove schedules so that they are as configured; may be repeated')
    .action(run(apply));
  schedules.command('list').description('show the schedules and their next start').action(run(list));
}

async function apply(context: CommandContext): Promise<ExitCode> {
  const config = configurationOf(context);
  const applied = await withTemporal(context, (client) => applySchedules(client, config));
  context.output.result(applied);
  context.output.show(appliedText(applied));
  return 0;
}

/** What an apply did, in one line. */
export function appliedText(applied: SchedulesApplied): string {
  const parts = Object.entries(applied).filter(([, ids]: [string, string[]]) => ids.length > 0);
  return parts.map(([what, ids]: [string, string[]]) => `${what} ${ids.join(', ')}`).join('; ');
}

async function list(context: CommandContext): Promise<ExitCode> {
  const found = await withTemporal(context, (client) => ownSchedules(client));
  context.output.result(found);
  context.output.show(
    found.length === 0 ? 'no schedules yet: tributary schedules apply' : table(found, context),
  );
  return 0;
}

function table(found: OwnSchedule[], { output }: CommandContext): string {
  const rows = plainTable(['schedule', 'workflow', 'state', 'last', 'next'], 0, output.isTerminal);
  for (const { scheduleId, workflowType, paused, lastAt, nextAt } of found) {
    rows.push([scheduleId, workflowType, paused ? 'paused' : 'active', timeText(lastAt), timeText(nextAt)]);
  }
  return rows.toString();
}

function timeText(time: Date | null): string {
  return time ? time.toISOString().replace('.000', '') : '';
}
