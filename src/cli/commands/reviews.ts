import type { Command } from 'commander';
import { decideReview, type DecideOutcome, type ReviewAnswer } from '../../db/problems/reviewActions';
import { countReviews, listReviews, showReview } from '../../db/problems/reviewQueries';
import { CliFailure, type ExitCode } from '../cliFailure';
import { plural, type CommandContext } from '../commandContext';
import { portalOf, withDatabase } from '../connections';
import { reviewDetailText, reviewText } from '../reviewText';
import { ringLanes } from '../ringLanes';
import type { RunCommand } from '../runCommand';
import { whoDecides } from '../whoDecides';
import { numberOf, wholeNumber } from '../readNumbers';

interface ListOptions {
  object?: string;
  kind?: string;
  decided?: boolean;
  limit: number;
}

interface DecideOptions {
  join?: boolean;
  apart?: boolean;
  link?: string;
  hubspot?: boolean;
  source?: boolean;
  note?: string;
  by?: string;
}

const limitDefault = 50;

const nextStep = `Look at one with its values: \`tributary reviews show <number>\`; answer it: \`tributary reviews decide <number>\` with
one of --join, --apart, --link <recordId>; about an edit in HubSpot --hubspot or --source`;

/** `tributary reviews`: questions that only a person can answer. */
export function addReviews(program: Command, run: RunCommand): void {
  const reviews = program
    .command('reviews')
    .description('show and decide what the rules cannot: who is who, whose value counts');
  reviews
    .command('list', { isDefault: true })
    .description('list the open questions')
    .option('--object <type>', 'only of this object type')
    .option('--kind <kind>', 'only of this kind, e.g. ambiguous')
    .option('--decided', 'those that were decided, instead of the open ones')
    .option('--limit <n>', 'how many to show', wholeNumber, limitDefault)
    .action(run(list));
  reviews
    .command('show <id>')
    .description('show one question with the values of its records')
    .action(run(show));
  reviews
    .command('decide <id>')
    .description('answer one question, or answer it anew; the answer is remembered')
    .option('--join', 'they are one')
    .option('--apart', 'they are not the same')
    .option('--link <recordId>', 'it is this HubSpot record')
    .option('--hubspot', "of an edit in HubSpot: HubSpot's value counts")
    .option('--source', "of an edit in HubSpot: the sources' value counts")
    .option('--note <text>', 'why')
    .option('--by <name>', 'who decided (default: the user of this machine)')
    .action(run(decide));
}

async function list(
  context: CommandContext,
  { object, kind, decided, limit }: ListOptions,
): Promise<ExitCode> {
  const filter = {
    ...(object === undefined ? {} : { objectType: object }),
    ...(kind === undefined ? {} : { kind }),
    ...(decided ? { decided } : {}),
  };
  return withDatabase(context, async (pool): Promise<ExitCode> => {
    const { output } = context;
    const { portalId } = await portalOf(pool, context.options);
    const reviews = await listReviews(pool, portalId, filter, limit);
    const total = await countReviews(pool, portalId, filter);
    output.result({ portalId, total, reviews });
    for (const review of reviews) output.show(reviewText(review));
    if (total > reviews.length)
      output.show(`… and ${plural(total - reviews.length, 'more review')} (--limit shows them)`);
    if (total === 0) output.show(`no ${decided ? 'decided' : 'open'} reviews`);
    else if (!decided) output.show(nextStep);
    return 0;
  });
}

async function show(context: CommandContext, id: string): Promise<ExitCode> {
  return withDatabase(context, async (pool): Promise<ExitCode> => {
    const { portalId } = await portalOf(pool, context.options);
    const review = await showReview(pool, portalId, numberOf(id));
    if (!review) throw unknownReview(id);
    context.output.result(review);
    context.output.show(reviewDetailText(review));
    return 0;
  });
}

async function decide(context: CommandContext, id: string, options: DecideOptions): Promise<ExitCode> {
  const answer = answerOf(options);
  return withDatabase(context, async (pool): Promise<ExitCode> => {
    const { output } = context;
    const { portalId } = await portalOf(pool, context.options);
    const by = { who: whoDecides(options.by), note: options.note?.trim() || null };
    const outcome = await decideReview(pool, portalId, numberOf(id), answer, by);
    if (!outcome.ok) throw refusal(outcome, id);
    const rung = await ringLanes(context, portalId, outcome.bells);
    output.result({ decision: answer.how, decisions: outcome.decisions, due: outcome.due, rung });
    output.show(`remembered; ${plural(outcome.due, 'record')} will be looked at again`);
    return 0;
  });
}

function answerOf({ join, apart, link, hubspot, source }: DecideOptions): ReviewAnswer {
  if ([join, apart, link !== undefined, hubspot, source].filter(Boolean).length !== 1) {
    const answers =
      'one of --join, --apart, --link <recordId>; about an edit in HubSpot --hubspot or --source';
    throw new CliFailure('say the answer', 2, answers);
  }
  if (hubspot || source) return { how: hubspot ? 'hubspot' : 'source' };
  if (link !== undefined) return { how: 'link', recordId: link };
  return { how: join ? 'join' : 'apart' };
}

function refusal({ why }: Extract<DecideOutcome, { ok: false }>, id: string): CliFailure {
  if (why === 'unknownReview') return unknownReview(id);
  if (why === 'closed') return new CliFailure(`review #${id} is closed already`, 1);
  if (why === 'unknownRecord') return new CliFailure('no HubSpot record of this id is known here', 2);
  return new CliFailure('there is nothing to decide that way about these records', 2);
}

function unknownReview(id: string): CliFailure {
  return new CliFailure(`there is no review #${id}`, 2, '`tributary reviews` lists them');
}
