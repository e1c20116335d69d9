import type { Command } from 'commander';
import type { Pool } from 'pg';
import { installOf, type InstallView } from '../../db/oauth/oauthInstall';
import { deliveryStop } from '../../db/delivery/deliveryStop';
import { listPortals, type Portal } from '../../db/portals';
import { countPins } from '../../db/golden/pinQueries';
import { countProblems } from '../../db/problems/problemQueries';
import { countReviews } from '../../db/problems/reviewQueries';
import { listRuns, type RunRow } from '../../db/runs/runQueries';
import { listTargets, type Target } from '../../db/delivery/targets';
import { CliFailure, type ExitCode } from '../cliFailure';
import { plural, type CommandContext } from '../commandContext';
import { portalOf, withDatabase } from '../connections';
import { durationText } from '../planForecast';
import type { RunCommand } from '../runCommand';
import { runReport, runReportText } from '../runReport';
import { failedRunsText, plainTable } from '../runTable';

const runsShown = 10;

/** `tributary status`: the portal and its newest runs, or one run with its result. */
export function addStatus(program: Command, run: RunCommand): void {
  program
    .command('status')
    .description('show the portal and its newest runs, or one run with its result')
    .argument('[run]', 'run id')
    .action(run(status));
}

async function status(context: CommandContext, runId: string | undefined): Promise<ExitCode> {
  return withDatabase(context, (pool) => (runId ? oneRun(context, pool, runId) : overview(context, pool)));
}

async function oneRun({ output }: CommandContext, pool: Pool, runId: string): Promise<ExitCode> {
  const report = await runReport(pool, runId.replace(/^run:/, ''));
  if (!report)
    throw new CliFailure(`there is no run "${runId}"`, 2, '`tributary status` lists the newest ones');
  output.result(report);
  output.show(runReportText(report, output.isTerminal));
  return report.run.state === 'succeeded' || report.run.state === 'running' ? 0 : 1;
}

async function overview(context: CommandContext, pool: Pool): Promise<ExitCode> {
  const { output, options } = context;
  if ((await listPortals(pool)).length === 0) {
    output.result({ portal: null, runs: [] });
    output.show('no portal was connected yet: run `tributary setup`');
    return 0;
  }
  const portal = await portalOf(pool, options);
  const runs = await listRuns(pool, portal.portalId, runsShown);
  const targets = await listTargets(pool, portal.portalId);
  const install = await installOf(pool, portal.portalId);
  const stop = await deliveryStop(pool, portal.portalId);
  const bulkStoppedUntil = stop?.bulkStoppedUntil ?? null;
  const open = {
    problems: await countAll(pool, portal.portalId),
    reviews: await countReviews(pool, portal.portalId, {}),
    pins: await countPins(pool, portal.portalId, {}),
  };
  output.result({ portal: { ...portal, bulkStoppedUntil }, install, targets, runs, open });
  output.show(portalText(portal, bulkStoppedUntil));
  if (install) output.show(installText(install));
  for (const target of targets.filter(({ isPaused }) => isPaused)) output.show(targetText(target));
  output.show(runs.length === 0 ? 'no run yet: `tributary sync`' : runsTable(runs, output.isTerminal));
  const failed = failedRunsText(runs);
  if (failed) output.show(failed);
  if (portal.mode === 'hold')
    output.show('in hold: `tributary plan` shows what would be written, `tributary apply` goes live');
  for (const line of openLines(open)) output.show(line);
  return 0;
}

/** The portal's mode, check, pause and what the day's calls stop, in one line each. */
function portalText(portal: Portal, bulkStoppedUntil: Date | null): string {
  const { name, portalId, mode, isPaused, isBroken, pausedUntil, pauseReason, checkedHash, checkFaults } =
    portal;
  const checked = checkedHash === null ? 'never checked' : `last check: ${checkFaults.length} faults`;
  const until = pausedUntil ? `until ${pausedUntil.toISOString()}` : 'until a person resumes it';
  return [
    `portal ${name} (${portalId}): ${mode}, ${checked}`,
    ...(isPaused ? [`  paused ${until}: ${pauseReason ?? 'no reason given'}`] : []),
    ...(isBroken && !isPaused
      ? [`  one call tries whether it works again: ${pauseReason ?? 'it was paused'}`]
      : []),
    ...(bulkStoppedUntil
      ? [`  the day's calls run low: all but urgent changes wait until ${bulkStoppedUntil.toISOString()}`]
      : []),
  ].join('\n');
}

/** How a portal is connected by its app. */
function installText({ scopes, installedAt, refreshedAt, revokedAt }: InstallView): string {
  const installed = `  app installed ${installedAt.toISOString()}`;
  return revokedAt
    ? `${installed}, gone since ${revokedAt.toISOString()}`
    : `${installed} with ${scopes.length} scopes; token refreshed ${refreshedAt.toISOString()}`;
}

async function countAll(pool: Pool, portalId: string): Promise<number> {
  return (await countProblems(pool, portalId, {})).reduce((sum, { count }) => sum + count, 0);
}

/** What waits for a person, and how it is seen. */
function openLines({ problems, reviews, pins }: Record<'problems' | 'reviews' | 'pins', number>): string[] {
  return [
    ...(problems > 0 ? [`${plural(problems, 'open problem')}: \`tributary problems\``] : []),
    ...(reviews > 0
      ? [`${plural(reviews, 'open review')} for a person to decide: \`tributary reviews\``]
      : []),
    ...(pins > 0 ? [`${plural(pins, 'pinned edit')}: \`tributary pins\``] : []),
  ];
}

/** The pause of a source that takes write-backs. */
function targetText({ target, pausedUntil, pauseReason }: Target): string {
  const until = pausedUntil ? `until ${pausedUntil.toISOString()}` : 'until a person resumes it';
  return `  write-backs to ${target} paused ${until}: ${pauseReason ?? 'no reason given'}`;
}

function runsTable(runs: RunRow[], isTerminal: boolean): string {
  const table = plainTable(['run', 'trigger', 'sources', 'state', 'started', 'took'], 1, isTerminal);
  for (const { runId, trigger, sources, state, startedAt, endedAt } of runs) {
    const took = endedAt ? durationText(endedAt.getTime() - startedAt.getTime()) : '';
    table.push([runId, trigger, sources.join(' '), state, `${startedAt.toISOString().slice(0, 19)}Z`, took]);
  }
  return table.toString();
}
