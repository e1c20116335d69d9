import type { Command } from 'commander';
import { dismissProblems, retryProblems, type ProblemSelection } from '../../db/problems/problemActions';
import { showProblem } from '../../db/problems/problemDetail';
import { CliFailure, type ExitCode } from '../cliFailure';
import { plural, type CommandContext } from '../commandContext';
import { portalOf, withDatabase } from '../connections';
import { problemDetailText } from '../problemDetailText';
import { problemKindOf } from '../problemAdvice';
import { ringLanes } from '../ringLanes';
import type { RunCommand } from '../runCommand';
import { whoDecides } from '../whoDecides';
import { numberOf } from '../readNumbers';

interface SelectionOptions {
  source?: string;
  object?: string;
  kind?: string;
  all?: boolean;
}

/** What could not be retried and is named; the rest is counted. */
const namedMax = 20;

/** `tributary problems show|retry|dismiss`, below the command `problems`. */
export function addProblemActions(program: Command, run: RunCommand): void {
  const problems = program.commands.find((command) => command.name() === 'problems');
  if (problems === undefined) throw new Error('the command `problems` must be added first');
  problems
    .command('show <id>')
    .description('show one problem: reason, payload, golden values, what HubSpot holds, what was last sent')
    .action(run(show));
  selecting(problems.command('retry [ids...]'))
    .description('try again what is behind problems: by their numbers, by source, object or kind, or all')
    .action(run(retry));
  selecting(problems.command('dismiss [ids...]'))
    .description('close problems with a note, until their records change')
    .requiredOption('--note <text>', 'why')
    .option('--by <name>', 'who decided (default: the user of this machine)')
    .action(run(dismiss));
}

function selecting(command: Command): Command {
  return command
    .option('--source <name>', 'all of this source')
    .option('--object <type>', 'all of this object type')
    .option('--kind <kind>', 'all of this kind')
    .option('--all', 'all open problems');
}

async function show(context: CommandContext, id: string): Promise<ExitCode> {
  return withDatabase(context, async (pool): Promise<ExitCode> => {
    const { portalId } = await portalOf(pool, context.options);
    const problem = await showProblem(pool, portalId, numberOf(id));
    if (!problem) throw new CliFailure(`there is no problem #${id}`, 2, '`tributary problems` lists them');
    context.output.result(problem);
    context.output.show(problemDetailText(problem));
    return 0;
  });
}

async function retry(
  context: CommandContext,
  ids: string[],
  _options: object,
  command: Command,
): Promise<ExitCode> {
  const selection = selectionOf(ids, command.optsWithGlobals<SelectionOptions>());
  return withDatabase(context, async (pool): Promise<ExitCode> => {
    const { output } = context;
    const { portalId } = await portalOf(pool, context.options);
    const { bells, ...outcome } = await retryProblems(pool, portalId, selection);
    const rung = await ringLanes(context, portalId, bells);
    output.result({ ...outcome, rung });
    output.show(
      `${plural(outcome.retried, 'problem')} will be tried again; what succeeds is closed by itself`,
    );
    for (const { problemId, reason } of outcome.notRetried.slice(0, namedMax))
      output.show(`#${problemId} cannot be tried again: ${reason}`);
    const unnamed = outcome.notRetried.length - namedMax;
    if (unnamed > 0) output.show(`… and ${plural(unnamed, 'more problem')} cannot be tried again`);
    if (outcome.left > 0) output.show(`${plural(outcome.left, 'problem')} left; repeat the command`);
    return outcome.retried === 0 && outcome.notRetried.length > 0 ? 1 : 0;
  });
}

async function dismiss(
  context: CommandContext,
  ids: string[],
  _options: object,
  command: Command,
): Promise<ExitCode> {
  const options = command.optsWithGlobals<SelectionOptions & { note: string; by?: string }>();
  const selection = selectionOf(ids, options);
  if (options.note.trim() === '') throw new CliFailure('the note says why; it cannot be empty', 2);
  return withDatabase(context, async (pool): Promise<ExitCode> => {
    const { output } = context;
    const { portalId } = await portalOf(pool, context.options);
    const outcome = await dismissProblems(pool, portalId, selection, {
      note: options.note.trim(),
      who: whoDecides(options.by),
    });
    output.result(outcome);
    output.show(`${plural(outcome.dismissed, 'problem')} dismissed, until the records change`);
    if (outcome.left > 0) output.show(`${plural(outcome.left, 'problem')} left; repeat the command`);
    return 0;
  });
}

/** Exactly one way of saying which; nobody changes everything by leaving something out. */
function selectionOf(ids: string[], { source, object, kind, all }: SelectionOptions): ProblemSelection {
  const filter = {
    ...(source === undefined ? {} : { source }),
    ...(object === undefined ? {} : { objectType: object }),
    ...(kind === undefined ? {} : { kind: problemKindOf(kind) }),
  };
  const filtered = Object.keys(filter).length > 0;
  if ([ids.length > 0, filtered, all === true].filter(Boolean).length !== 1) {
    const hint = 'give numbers, or any of --source, --object and --kind, or --all';
    throw new CliFailure('say which problems', 2, hint);
  }
  return ids.length > 0 ? { ids: ids.map(numberOf) } : { filter };
}
