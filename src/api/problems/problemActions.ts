import { z } from 'zod';
import { dismissProblems, retryProblems, type ProblemSelection } from '../../db/problems/problemActions';
import type { ApiDeps } from '../deps';
import type { Handler } from '../endpoint';
import { filterOf } from './problemList';
import { nameSchema, portalIdOf, portalSchema } from '../portalChoice';
import { readBody } from '../requestInput';
import { ringLanes } from '../ringLanes';

const idsMax = 1_000;
/** Reasons shown of what could not be retried. */
const notRetriedMax = 100;

function selectionShape(portals: string[]) {
  return {
    portal: portalSchema(portals),
    ids: z
      .array(z.string('must be a text of digits').regex(/^\d{1,18}$/, 'must be a text of digits'))
      .min(1, 'must name a problem')
      .max(idsMax, `must name at most ${idsMax} problems`)
      .optional(),
    source: nameSchema,
    object: nameSchema,
    kind: nameSchema,
    all: z.literal(true, 'must be true').optional(),
  };
}

interface Said {
  ids?: string[] | undefined;
  source?: string | undefined;
  object?: string | undefined;
  kind?: string | undefined;
  all?: true | undefined;
}

/** Nobody changes everything by leaving something out. */
function saysWhich({ ids, source, object, kind, all }: Said): boolean {
  const filtered = source !== undefined || object !== undefined || kind !== undefined;
  return [ids !== undefined, filtered, all === true].filter(Boolean).length === 1;
}
const whichText = 'say either `ids`, or any of `source`, `object` and `kind`, or `all`: true';

function selectionOf({ ids, ...filter }: Said): ProblemSelection {
  return ids === undefined ? { filter: filterOf(filter) } : { ids };
}

/** Makes the records behind problems due again, and wakes the lanes that look at them. */
export function retry(deps: ApiDeps): Handler {
  const bodySchema = z.strictObject(selectionShape(deps.portals)).refine(saysWhich, whichText);
  return async (request, response) => {
    const { portal, ...said } = readBody(request, bodySchema);
    const portalId = await portalIdOf(deps, portal);
    const { retried, notRetried, left, bells } = await retryProblems(deps.pool, portalId, selectionOf(said));
    const rung = await ringLanes(deps, portalId, bells);
    response.status(202).json({
      retried,
      notRetried: { count: notRetried.length, problems: notRetried.slice(0, notRetriedMax) },
      left,
      rung,
    });
  };
}

/** Closes problems with a note, for as long as their records stay as they are. */
export function dismiss(deps: Pick<ApiDeps, 'pool' | 'portals'>): Handler {
  const bodySchema = z
    .strictObject({
      ...selectionShape(deps.portals),
      note: z.string('must be a text').trim().min(1, 'must say why').max(2_000, 'is too long'),
    })
    .refine(saysWhich, whichText);
  return async (request, response) => {
    const { portal, note, ...said } = readBody(request, bodySchema);
    const portalId = await portalIdOf(deps, portal);
    const who = `api: ${String(response.locals['caller'])}`;
    response.json(await dismissProblems(deps.pool, portalId, selectionOf(said), { note, who }));
  };
}
