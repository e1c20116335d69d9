import type { Command } from 'commander';
import { recogniseErased } from '../../db/erasure/erasedKeys';
import { liftErasure, listErasures, type Erasure } from '../../db/erasure/erasures';
import { mailMark } from '../../domain/merge/erasedKeys';
import { CliFailure, type ExitCode } from '../cliFailure';
import { plural, settingsOf, type CommandContext } from '../commandContext';
import { portalOf, withDatabase } from '../connections';
import type { RunCommand } from '../runCommand';
import { whoDecides } from '../whoDecides';
import { numberOf, wholeNumber } from '../readNumbers';

const limitDefault = 50;

/** `tributary erasure`: people who were deleted for privacy and are kept out since. */
export function addErasure(program: Command, run: RunCommand): void {
  const erasure = program.command('erasure').description('people who were erased and are kept out');
  erasure
    .command('list', { isDefault: true })
    .description('list the erasures; none says whose it is')
    .option('--email <address>', 'only those that keep out this address')
    .option('--limit <n>', 'how many to show', wholeNumber, limitDefault)
    .action(run(list));
  erasure
    .command('lift <id>')
    .description('let sources bring an erased person back: what was deleted comes with their next full read')
    .requiredOption('--note <text>', 'why')
    .option('--by <name>', 'who decided (default: the user of this machine)')
    .action(run(lift));
}

async function list(
  context: CommandContext,
  { email, limit }: { email?: string; limit: number },
): Promise<ExitCode> {
  return withDatabase(context, async (pool): Promise<ExitCode> => {
    const { output } = context;
    const { portalId } = await portalOf(pool, context.options);
    let ids: string[] | undefined;
    if (email !== undefined) {
      const mark = mailMark(email);
      if (mark === null) throw new CliFailure('this is no e-mail address', 2);
      const secret = settingsOf(context.env).erasureKey?.reveal() ?? null;
      const found = await recogniseErased(pool, portalId, secret, [mark]);
      ids = [...found.values()].map(({ erasureId }) => erasureId);
    }
    const erasures = await listErasures(pool, portalId, limit, ids);
    output.result({ portalId, erasures });
    for (const erasure of erasures) output.show(erasureText(erasure));
    if (erasures.length === 0)
      output.show(email === undefined ? 'nobody was erased' : 'nothing keeps it out');
    return 0;
  });
}

function erasureText({
  erasureId,
  objectType,
  erasedAt,
  records,
  dropped,
  liftedAt,
  liftedBy,
  note,
}: Erasure) {
  const lifted = liftedAt ? `; lifted ${liftedAt.toISOString()} by ${liftedBy}: ${note}` : '';
  const kept = `${plural(records, 'source record')} deleted, ${plural(dropped, 'record')} kept out since`;
  return `#${erasureId} ${objectType} ${erasedAt.toISOString()}: ${kept}${lifted}`;
}

async function lift(
  context: CommandContext,
  id: string,
  { note, by }: { note: string; by?: string },
): Promise<ExitCode> {
  if (note.trim() === '') throw new CliFailure('the note says why; it cannot be empty', 2);
  return withDatabase(context, async (pool): Promise<ExitCode> => {
    const { output } = context;
    const { portalId } = await portalOf(pool, context.options);
    const decision = { who: whoDecides(by), note: note.trim() };
    if (!(await liftErasure(pool, portalId, numberOf(id), decision)))
      throw new CliFailure(`there is no erasure #${id} in force`, 2, '`tributary erasure` lists them');
    const [erasure] = await listErasures(pool, portalId, 1, [numberOf(id)]);
    output.result(erasure);
    output.show(erasureText(erasure!));
    output.show('`tributary sync --full` reads again what was kept out');
    return 0;
  });
}
