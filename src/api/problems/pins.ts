import { z } from 'zod';
import { liftPin } from '../../db/golden/pinActions';
import { countPins, listPins } from '../../db/golden/pinQueries';
import type { ApiDeps } from '../deps';
import type { Handler } from '../endpoint';
import { listPage } from './listPage';
import { idOf, nameSchema, pageSchema, portalIdOf, portalSchema } from '../portalChoice';
import { ApiProblem } from '../problem';
import { readBody, readQuery } from '../requestInput';
import { ringLanes } from '../ringLanes';

/** The edits of HubSpot that count for a time, the newest first, by pages; `state=ended` for those that counted. */
export function pins(deps: Pick<ApiDeps, 'pool' | 'portals'>): Handler {
  const querySchema = z.strictObject({
    portal: portalSchema(deps.portals),
    object: nameSchema,
    property: nameSchema,
    record: nameSchema,
    state: z.enum(['open', 'ended'], 'must be "open" or "ended"').default('open'),
    ...pageSchema,
  });
  return async (request, response) => {
    const { portal, object, property, record, state, limit, before } = readQuery(request, querySchema);
    const portalId = await portalIdOf(deps, portal);
    const filter = {
      ...(object === undefined ? {} : { objectType: object }),
      ...(property === undefined ? {} : { property }),
      ...(record === undefined ? {} : { recordId: record }),
      ended: state === 'ended',
    };
    const rows = await listPins(deps.pool, portalId, filter, limit + 1, before ?? null);
    const { page, next } = listPage(rows, limit, request.originalUrl, ({ pinId }) => pinId);
    response.json({
      total: await countPins(deps.pool, portalId, filter),
      pins: page,
      next,
    });
  };
}

/** Ends a pin: the sources' value counts again. */
export function lift(deps: ApiDeps): Handler {
  const bodySchema = z.strictObject({
    portal: portalSchema(deps.portals),
    note: z.string('must be a text').max(2_000, 'is too long').optional(),
  });
  return async (request, response) => {
    const { portal, note } = readBody(request, bodySchema);
    const id = idOf(request.params['id']);
    const portalId = await portalIdOf(deps, portal);
    if (id === null) throw new ApiProblem('unknown-pin');
    const who = `api: ${String(response.locals['caller'])}`;
    const outcome = await liftPin(deps.pool, portalId, id, { who, note: note ?? null });
    if (!outcome.ok) throw new ApiProblem(outcome.why === 'ended' ? 'pin-ended' : 'unknown-pin');
    const rung = await ringLanes(deps, portalId, outcome.bells);
    response.status(202).json({ due: outcome.due, rung });
  };
}
