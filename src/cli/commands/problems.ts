import type { Command } from 'commander';
import {
  countProblems,
  listProblems,
  type ProblemFilter,
  type ProblemRow,
} from '../../db/problems/problemQueries';
import type { ExitCode } from '../cliFailure';
import { plural, type CommandContext } from '../commandContext';
import { portalOf, withDatabase } from '../connections';
import { adviceText, problemKindOf } from '../problemAdvice';
import type { RunCommand } from '../runCommand';
import { plainTable } from '../runTable';
import { wholeNumber } from '../readNumbers';

interface ProblemsOptions {
  source?: string;
  object?: string;
  kind?: string;
  limit: number;
  dismissed?: boolean;
}

const limitDefault = 50;

/** `tributary problems`: what could not be mapped, joined or delivered, with the reason. */
export function addProblems(program: Command, run: RunCommand): void {
  program
    .command('problems')
    .description('show what could not be mapped, joined or delivered, and why')
    .option('--source <name>', 'only of this source')
    .option('--object <type>', 'only of this object type')
    .option('--kind <kind>', 'only of this kind, e.g. invalidValue')
    .option('--dismissed', 'those that were dismissed, instead of the open ones')
    .option('--limit <n>', 'how many to show; the totals are always of all', wholeNumber, limitDefault)
    .action(run(problems));
}

async function problems(context: CommandContext, options: ProblemsOptions): Promise<ExitCode> {
  const { output } = context;
  const { source, object, kind, limit, dismissed } = options;
  const filter: ProblemFilter = {
    ...(source === undefined ? {} : { source }),
    ...(object === undefined ? {} : { objectType: object }),
    ...(kind === undefined ? {} : { kind: problemKindOf(kind) }),
    ...(dismissed ? { dismissed } : {}),
  };
  return withDatabase(context, async (pool): Promise<ExitCode> => {
    const { portalId } = await portalOf(pool, context.options);
    const found = await listProblems(pool, portalId, filter, limit);
    const totals = await countProblems(pool, portalId, filter);
    const total = totals.reduce((sum, { count }) => sum + count, 0);
    output.result({ portalId, total, totals, problems: found });
    for (const problem of found) output.show(problemText(problem));
    if (total > found.length)
      output.show(`… and ${plural(total - found.length, 'more problem')} (--limit shows them)`);
    if (total === 0) output.show(`no ${dismissed ? 'dismissed' : 'open'} problems${selectionText(options)}`);
    else output.show(totalsTable(totals, output.isTerminal));
    if (total > 0 && !dismissed) output.show(adviceText(totals.map((row) => row.kind)));
    return 0;
  });
}

/** What the list was narrowed to: a name that was mistyped is seen. */
function selectionText({ source, object, kind }: ProblemsOptions): string {
  const said = Object.entries({ source, object, kind }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} "${value}"`],
  );
  return said.length === 0 ? '' : ` of ${said.join(', ')}`;
}

/** One problem: what it is about, then the reason in plain words. */
export function problemText(problem: ProblemRow): string {
  const { problemId, kind, objectType, source, stream, recordKey, goldenId, field, reason } = problem;
  const place = [source, stream].filter(Boolean).join('.');
  const record =
    recordKey !== null ? `${place} ${recordKey}` : goldenId ? `${place} golden ${goldenId}` : place;
  const about = [objectType, field].filter(Boolean).join('.');
  return `#${problemId} ${kind} ${about ? `${about} ` : ''}(${record.trim()})\n    ${reason}`;
}

function totalsTable(totals: Awaited<ReturnType<typeof countProblems>>, isTerminal: boolean): string {
  const table = plainTable(['source', 'object', 'kind', 'problems'], 1, isTerminal);
  for (const { source, objectType, kind, count } of totals) {
    table.push([source ?? '', objectType ?? '', kind, count.toLocaleString('en')]);
  }
  return table.toString();
}
