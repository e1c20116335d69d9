import { z } from 'zod';
import { showProblem } from '../../db/problems/problemDetail';
import { countProblems, listProblems, type ProblemFilter } from '../../db/problems/problemQueries';
import type { ApiDeps } from '../deps';
import type { Handler } from '../endpoint';
import { listPage } from './listPage';
import { ApiProblem } from '../problem';
import { idOf, nameSchema, pageSchema, portalIdOf, portalSchema } from '../portalChoice';
import { readQuery } from '../requestInput';

/** The open problems, the newest first, by pages, with the totals of all; `state=dismissed` for those set aside. */
export function problems(deps: Pick<ApiDeps, 'pool' | 'portals'>): Handler {
  const querySchema = z.strictObject({
    portal: portalSchema(deps.portals),
    source: nameSchema,
    object: nameSchema,
    kind: nameSchema,
    state: z.enum(['open', 'dismissed'], 'must be "open" or "dismissed"').default('open'),
    ...pageSchema,
  });
  return async (request, response) => {
    const { portal, source, object, kind, state, limit, before } = readQuery(request, querySchema);
    const portalId = await portalIdOf(deps, portal);
    const filter = { ...filterOf({ source, object, kind }), dismissed: state === 'dismissed' };
    const rows = await listProblems(deps.pool, portalId, filter, limit + 1, before ?? null);
    const totals = await countProblems(deps.pool, portalId, filter);
    const { page, next } = listPage(rows, limit, request.originalUrl, ({ problemId }) => problemId);
    response.json({
      total: totals.reduce((sum, { count }) => sum + count, 0),
      totals,
      problems: page,
      next,
    });
  };
}

/** One problem with the payload of its record, its golden values, what HubSpot holds, and what was last sent. */
export function problem(deps: Pick<ApiDeps, 'pool' | 'portals'>): Handler {
  const querySchema = z.strictObject({ portal: portalSchema(deps.portals) });
  return async (request, response) => {
    const { portal } = readQuery(request, querySchema);
    const id = idOf(request.params['id']);
    const portalId = await portalIdOf(deps, portal);
    const found = id === null ? null : await showProblem(deps.pool, portalId, id);
    if (!found) throw new ApiProblem('unknown-problem');
    response.json(found);
  };
}

/** A filter without the parts that were not said. */
export function filterOf(said: {
  source?: string | undefined;
  object?: string | undefined;
  kind?: string | undefined;
}): ProblemFilter {
  return {
    ...(said.source === undefined ? {} : { source: said.source }),
    ...(said.object === undefined ? {} : { objectType: said.object }),
    ...(said.kind === undefined ? {} : { kind: said.kind }),
  };
}
