import { z } from 'zod';
import { decideReview, type ReviewAnswer } from '../../db/problems/reviewActions';
import { countReviews, listReviews, showReview } from '../../db/problems/reviewQueries';
import type { ApiDeps } from '../deps';
import type { Handler } from '../endpoint';
import { listPage } from './listPage';
import { idOf, nameSchema, pageSchema, portalIdOf, portalSchema } from '../portalChoice';
import { ApiProblem } from '../problem';
import { readBody, readQuery } from '../requestInput';
import { ringLanes } from '../ringLanes';

/** The open identity questions, the newest first, by pages; `state=decided` for those that a person decided. */
export function reviews(deps: Pick<ApiDeps, 'pool' | 'portals'>): Handler {
  const querySchema = z.strictObject({
    portal: portalSchema(deps.portals),
    object: nameSchema,
    kind: nameSchema,
    state: z.enum(['open', 'decided'], 'must be "open" or "decided"').default('open'),
    ...pageSchema,
  });
  return async (request, response) => {
    const { portal, object, kind, state, limit, before } = readQuery(request, querySchema);
    const portalId = await portalIdOf(deps, portal);
    const filter = {
      ...(object === undefined ? {} : { objectType: object }),
      ...(kind === undefined ? {} : { kind }),
      decided: state === 'decided',
    };
    const rows = await listReviews(deps.pool, portalId, filter, limit + 1, before ?? null);
    const { page, next } = listPage(rows, limit, request.originalUrl, ({ reviewId }) => reviewId);
    response.json({
      total: await countReviews(deps.pool, portalId, filter),
      reviews: page,
      next,
    });
  };
}

/** One question with the values of its records, and what was decided so far. */
export function review(deps: Pick<ApiDeps, 'pool' | 'portals'>): Handler {
  const querySchema = z.strictObject({ portal: portalSchema(deps.portals) });
  return async (request, response) => {
    const { portal } = readQuery(request, querySchema);
    const id = idOf(request.params['id']);
    const portalId = await portalIdOf(deps, portal);
    const found = id === null ? null : await showReview(deps.pool, portalId, id);
    if (!found) throw new ApiProblem('unknown-review');
    response.json(found);
  };
}

/**
 * Decides a question: `join`, `apart`, or `link` with the HubSpot record that it is; about an edit in HubSpot `hubspot`
 * or `source`, whose value counts.
 */
export function decide(deps: ApiDeps): Handler {
  const bodySchema = z
    .strictObject({
      portal: portalSchema(deps.portals),
      decision: z.enum(
        ['join', 'apart', 'link', 'hubspot', 'source'],
        'must be "join", "apart", "link", "hubspot" or "source"',
      ),
      recordId: nameSchema,
      note: z.string('must be a text').max(2_000, 'is too long').optional(),
    })
    .refine(({ decision, recordId }) => (decision === 'link') === (recordId !== undefined), {
      path: ['recordId'],
      error: 'is the HubSpot record of a "link", and of nothing else',
    });
  return async (request, response) => {
    const { portal, decision, recordId, note } = readBody(request, bodySchema);
    const id = idOf(request.params['id']);
    const portalId = await portalIdOf(deps, portal);
    if (id === null) throw new ApiProblem('unknown-review');
    const answer: ReviewAnswer =
      decision === 'link' ? { how: 'link', recordId: String(recordId) } : { how: decision };
    const who = `api: ${String(response.locals['caller'])}`;
    const outcome = await decideReview(deps.pool, portalId, id, answer, { who, note: note ?? null });
    if (!outcome.ok) throw refusal(outcome.why);
    const rung = await ringLanes(deps, portalId, outcome.bells);
    response.status(202).json({ decision, decisions: outcome.decisions, due: outcome.due, rung });
  };
}

function refusal(why: 'unknownReview' | 'closed' | 'unknownRecord' | 'nothingToDecide'): ApiProblem {
  if (why === 'unknownReview') return new ApiProblem('unknown-review');
  if (why === 'closed') return new ApiProblem('review-closed');
  const detail =
    why === 'unknownRecord'
      ? 'is no HubSpot record that is known here'
      : 'there is nothing to decide that way about these records';
  const pointer = why === 'unknownRecord' ? '#/recordId' : '#/decision';
  return new ApiProblem('invalid-request', { errors: [{ pointer, detail }] });
}
