import type { Command } from 'commander';
import { liftPin } from '../../db/golden/pinActions';
import { countPins, listPins, type PinFilter, type PinRow } from '../../db/golden/pinQueries';
import { CliFailure, type ExitCode } from '../cliFailure';
import { plural, type CommandContext } from '../commandContext';
import { portalOf, withDatabase } from '../connections';
import { ringLanes } from '../ringLanes';
import type { RunCommand } from '../runCommand';
import { whoDecides } from '../whoDecides';
import { numberOf, wholeNumber } from '../readNumbers';

interface ListOptions {
  object?: string;
  property?: string;
  record?: string;
  ended?: boolean;
  limit: number;
}

const limitDefault = 50;

/** `tributary pins`: edits in HubSpot that count for a time. */
export function addPins(program: Command, run: RunCommand): void {
  const pins = program.command('pins').description('show and lift edits in HubSpot that count for a time');
  pins
    .command('list', { isDefault: true })
    .description('list what is pinned')
    .option('--object <type>', 'only of this object type')
    .option('--property <name>', 'only of this property')
    .option('--record <id>', 'only of this HubSpot record')
    .option('--ended', 'those that ended, instead of those that hold')
    .option('--limit <n>', 'how many to show', wholeNumber, limitDefault)
    .action(run(list));
  pins
    .command('lift <id>')
    .description("end one: the sources' value counts again")
    .option('--note <text>', 'why')
    .option('--by <name>', 'who decided (default: the user of this machine)')
    .action(run(lift));
}

async function list(context: CommandContext, options: ListOptions): Promise<ExitCode> {
  const { object, property, record, ended, limit } = options;
  const filter: PinFilter = {
    ...(object === undefined ? {} : { objectType: object }),
    ...(property === undefined ? {} : { property }),
    ...(record === undefined ? {} : { recordId: record }),
    ...(ended ? { ended } : {}),
  };
  return withDatabase(context, async (pool): Promise<ExitCode> => {
    const { output } = context;
    const { portalId } = await portalOf(pool, context.options);
    const pins = await listPins(pool, portalId, filter, limit);
    const total = await countPins(pool, portalId, filter);
    output.result({ portalId, total, pins });
    for (const pin of pins) output.show(pinText(pin));
    if (total > pins.length)
      output.show(`… and ${plural(total - pins.length, 'more pin')} (--limit shows them)`);
    if (total === 0) output.show(ended ? 'no pin has ended' : 'nothing is pinned');
    else if (!ended)
      output.show("To end one, so that the sources' value counts again: `tributary pins lift <number>`");
    return 0;
  });
}

async function lift(
  context: CommandContext,
  id: string,
  { note, by }: { note?: string; by?: string },
): Promise<ExitCode> {
  return withDatabase(context, async (pool): Promise<ExitCode> => {
    const { output } = context;
    const { portalId } = await portalOf(pool, context.options);
    const outcome = await liftPin(pool, portalId, numberOf(id), {
      who: whoDecides(by),
      note: note?.trim() || null,
    });
    if (!outcome.ok && outcome.why === 'ended') throw new CliFailure(`pin #${id} has ended already`, 1);
    if (!outcome.ok) throw new CliFailure(`there is no pin #${id}`, 2, '`tributary pins` lists them');
    const rung = await ringLanes(context, portalId, outcome.bells);
    output.result({ due: outcome.due, rung });
    output.show(`lifted; ${plural(outcome.due, 'record')} will be looked at again`);
    return 0;
  });
}

/** One pin: whose field it is and what it holds, then since when and for how long. */
export function pinText(pin: PinRow): string {
  const { pinId, objectType, property, recordId, value, writer, setAt, state, expiresAt, endedAt, endedBy } =
    pin;
  const until = expiresAt
    ? `until ${expiresAt.toISOString()}, or the source changes`
    : 'until the source changes';
  const how =
    state === 'ended'
      ? `ended ${endedAt!.toISOString()} (${endedBy})${pin.who === null ? '' : ` by ${[pin.who, pin.note].filter(Boolean).join(', ')}`}`
      : state === 'review'
        ? 'waits for a decision (tributary reviews)'
        : until;
  return `#${pinId} ${objectType}.${property} (HubSpot ${recordId}): ${value === '' ? '(cleared)' : value}\n    ${writer} on ${setAt.toISOString()}; ${how}`;
}
