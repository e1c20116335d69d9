import { join } from 'node:path';
import { countActions } from './actions';
import { bareLoop } from './bareLoop';
import { runBlogRecipe, type RecipeFigures, type RecipeRecord } from './blogRecipe';
import { countCalls } from './callEconomy';
import { runQuery } from './memory';
import type { BenchOptions } from './options';
import { recordedBatches } from './recordedBatches';
import { openPortal } from './river';
import { setSettings } from './simulatorStats';
import { startStack, type Stack } from './stack';

/** HubSpot's limits of most accounts (facts §2.1). The day is left out: a recipe would use it up for days. */
const hubspotLimits = { perTenSeconds: 190, searchPerSecond: 5, associationsPerTenSeconds: 150, daily: null };
const changedShare = 0.01;

export const loads = ['initial load', 'read again, unchanged', '1% changed'] as const;
export type Load = (typeof loads)[number];

/** What one way needed for one load. */
export interface Effort {
  records: number;
  calls: number;
  seconds: number;
  /** Of the calls, those refused with 429. */
  refused: number;
  /** Of the river only. */
  actions?: number;
}

export interface ComparedFigures {
  limits: 'off' | 'on';
  versions: Stack['versions'];
  river: Record<Load, Effort>;
  bare: Record<Load, Effort>;
  recipe: Record<Load, Effort>;
}

/** The river, the bare loop and the blog recipe on equal simulators: without limits, then with HubSpot's. */
export async function compareBoth(
  options: BenchOptions,
  folder: string,
  say: (line: string) => void,
): Promise<ComparedFigures[]> {
  const figures: ComparedFigures[] = [];
  for (const limits of ['off', 'on'] as const) {
    say(`comparison, limits ${limits}`);
    const stack = await startStack({ ...options, folder: join(folder, `compare-${limits}`) });
    try {
      figures.push(await compare(stack, limits, options.recipeRecords, say));
    } finally {
      await stack.stop();
    }
  }
  return figures;
}

async function compare(
  stack: Stack,
  limits: 'off' | 'on',
  recipeRecords: number,
  say: (line: string) => void,
): Promise<ComparedFigures> {
  await openPortal(stack);
  if (limits === 'on') await limitPortal(stack);
  const first = await runRiver(stack, 'initial load');
  const again = await runRiver(stack, 'read again, unchanged', { full: true });
  const recipe = await recipeInput(stack, recipeRecords);
  await stack.change(changedShare);
  const changed = await runRiver(stack, '1% changed');

  say('the bare loop');
  const recorded = await recordedBatches(stack, first.runId);
  const changes = { ...(await recordedBatches(stack, changed.runId)), associations: [] };
  const bareTwin = await stack.startTwin('bare');
  const loop = bareLoop(bareTwin);
  await loop.setUp();
  if (limits === 'on') await setSettings(bareTwin.url, { limits: hubspotLimits });
  const bare = {
    'initial load': { ...(await loop.load(recorded)), records: first.effort.records },
    'read again, unchanged': { ...(await loop.send(recorded)), records: first.effort.records },
    '1% changed': { ...(await loop.send(changes)), records: changed.effort.records },
  };
  await bareTwin.stop();

  say('the blog recipe');
  const recipeTwin = await stack.startTwin('recipe');
  await bareLoop(recipeTwin).setUp();
  if (limits === 'on') await setSettings(recipeTwin.url, { limits: hubspotLimits });
  const recipeRuns = {
    'initial load': await recipeEffort(recipeTwin.url, recipe),
    'read again, unchanged': await recipeEffort(recipeTwin.url, recipe),
    // It is told which records have changed.
    '1% changed': await recipeEffort(recipeTwin.url, recipe.slice(0, changed.effort.records)),
  };
  await recipeTwin.stop();
  return {
    limits,
    versions: stack.versions,
    river: {
      'initial load': first.effort,
      'read again, unchanged': { ...again.effort, records: await knownRecords(stack) },
      '1% changed': changed.effort,
    },
    bare,
    recipe: recipeRuns,
  };
}

async function limitPortal({ simulatorUrl, pool }: Stack): Promise<void> {
  await setSettings(simulatorUrl, { limits: hubspotLimits });
  await pool.query(
    `update quota_buckets set next_slot_at = now(), calls_max = case bucket
       when 'burst' then $1::int when 'associations' then $2::int when 'search' then $3::int else calls_max end`,
    [hubspotLimits.perTenSeconds, hubspotLimits.associationsPerTenSeconds, hubspotLimits.searchPerSecond],
  );
}

async function runRiver(stack: Stack, load: Load, input: { full?: boolean } = {}) {
  const began = new Date().toISOString();
  const { run, calls } = await countCalls(stack, load.replace(/\W+/g, '-'), input);
  const actions = await countActions(stack.temporal, `${runQuery} and StartTime >= "${began}"`);
  const { created = 0, updated = 0 } = run.counts;
  const effort: Effort = {
    records: created + updated,
    calls: calls.writeCalls + calls.readCalls,
    refused: calls.refused,
    seconds: run.seconds,
    actions: actions.total,
  };
  return { runId: run.runId, effort };
}

async function recipeEffort(url: string, records: RecipeRecord[]): Promise<RecipeFigures> {
  const figures = await runBlogRecipe(url, records);
  if (figures.failed > records.length / 10)
    throw new Error(`HubSpot refused ${figures.failed} of the recipe's records`);
  return figures;
}

/** What the river wrote, as the recipe would read it: whole contacts, found by their e-mail. */
async function recipeInput({ pool, portalId }: Stack, count: number): Promise<RecipeRecord[]> {
  const { rows } = await pool.query<{ values: RecipeRecord }>(
    `select values from golden_records
     where portal_id = $1 and object_type = 'contacts' and state = 'live' and values ? 'email'
     order by md5(golden_id::text) limit $2`,
    [portalId, count],
  );
  return rows.map(({ values }) => values);
}

async function knownRecords({ pool, portalId }: Stack): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    'select count(*)::int as count from known_states where portal_id = $1 and golden_id is not null',
    [portalId],
  );
  return rows[0]!.count;
}
