import type { Command } from 'commander';
import { inTransaction } from '../../db/pool';
import { quotaLimits } from '../../db/delivery/plan';
import { planWriteBacks } from '../../db/delivery/planWriteBacks';
import { readPlan } from '../../db/staging/readPlan';
import { CliFailure, type ExitCode } from '../cliFailure';
import { configurationOf, plural, type CommandContext } from '../commandContext';
import { portalOf, withDatabase } from '../connections';
import { forecastPlan } from '../planForecast';
import { planTargets } from '../planTargets';
import { changeText, planTotalsText, writeBackText } from '../planText';
import { portalRules } from '../portalRules';
import type { RunCommand } from '../runCommand';
import { wholeNumber } from '../readNumbers';

interface PlanOptions {
  object?: string;
  limit: number;
}

const limitDefault = 20;

/** `tributary plan`: what delivery would write now, field by field, and what that costs. Changes nothing. */
export function addPlan(program: Command, run: RunCommand): void {
  program
    .command('plan')
    .description(
      'show what would be written, field by field, with the calls and the time it needs; writes nothing',
    )
    .option('--object <type>', 'only this object type')
    .option('--limit <n>', 'changes shown per object; totals are always of all', wholeNumber, limitDefault)
    .action(run(plan));
}

async function plan(context: CommandContext, { object, limit }: PlanOptions): Promise<ExitCode> {
  const { output, options } = context;
  const config = configurationOf(context);
  const known = Object.keys(config.objects);
  if (object !== undefined && !known.includes(object)) {
    throw new CliFailure(`there is no object type "${object}"`, 2, `known: ${known.join(', ')}`);
  }
  const chosen = object === undefined ? known : [object];
  return withDatabase(context, async (pool): Promise<ExitCode> => {
    const portal = await portalOf(pool, options, Object.keys(config.portals));
    const { found, limits } = await inTransaction(pool, async (tx) => {
      // One picture, although delivery may go on meanwhile.
      await tx.query('set transaction isolation level repeatable read, read only');
      const objects = await portalRules(tx, config, portal.portalId, chosen);
      const everything = await readPlan(tx, { portalId: portal.portalId, objects, limit });
      const associations = everything.associations.filter(({ fromObject }) => chosen.includes(fromObject));
      const targets = planTargets(config, portal.name, objects);
      const writeBacks = await planWriteBacks(tx, portal.portalId, targets, limit);
      return {
        found: { ...everything, associations, writeBacks },
        limits: await quotaLimits(tx, portal.portalId),
      };
    });
    const forecast = forecastPlan(found, limits);
    output.result({ portal: portal.name, portalId: portal.portalId, mode: portal.mode, ...found, forecast });
    for (const { objectType, changes, creates, updates, archives } of found.objects) {
      for (const change of changes) output.show(changeText(objectType, change));
      const more = creates + updates + archives - changes.length;
      if (more > 0) output.show(`… and ${plural(more, 'more change')} of ${objectType} (--limit shows them)`);
    }
    for (const plan of found.writeBacks) {
      for (const change of plan.changes) output.show(writeBackText(plan, change));
    }
    output.show(`portal ${portal.name} (${portal.portalId}) is ${modeText(portal.mode)}`);
    output.show(planTotalsText(found, forecast, output.isTerminal));
    return 0;
  });
}

function modeText(mode: 'hold' | 'live'): string {
  return mode === 'hold'
    ? 'in hold: nothing of this is written before `tributary apply`'
    : 'live: all of this is written by itself';
}
