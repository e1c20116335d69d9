import { z } from 'zod';
import { pageOfRuns, type RunPlace, type RunRow } from '../../db/runs/runQueries';
import type { ApiDeps } from '../deps';
import type { Handler } from '../endpoint';
import { ApiProblem } from '../problem';
import { readQuery } from '../requestInput';

const limitDefault = 20;
const limitMax = 100;

const querySchema = z.strictObject({
  limit: z
    .string('must be given once')
    .regex(/^\d{1,4}$/, `must be a whole number from 1 to ${limitMax}`)
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= limitMax, `must be a whole number from 1 to ${limitMax}`)
    .default(limitDefault),
  before: z.string('must be given once').max(1_000, 'is not a place that `next` gave').optional(),
});

const placeSchema = z.tuple([
  z.iso.datetime({ precision: 6 }),
  z.string().regex(/^\d{1,18}$/),
  z.string().max(500),
]);

/** The newest runs first, by pages: `next` is the address of the page before, or null at the end. */
export function runs({ pool }: Pick<ApiDeps, 'pool'>): Handler {
  return async (request, response) => {
    const { limit, before } = readQuery(request, querySchema);
    const rows = await pageOfRuns(pool, limit + 1, before === undefined ? null : readPlace(before));
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    const next = last ? `/api/runs?limit=${limit}&before=${writePlace(last)}` : null;
    response.json({ runs: page.map(runSummary), next });
  };
}

/** A run as the API shows it. */
export function runSummary(run: RunRow) {
  const { runId, portal, trigger, full, sources, state, reason, startedAt, endedAt } = run;
  return {
    runId,
    portal,
    trigger,
    full,
    sources,
    state,
    reason,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    durationMs: endedAt ? endedAt.getTime() - startedAt.getTime() : null,
    statusUrl: `/api/sync/status/${encodeURIComponent(runId)}`,
  };
}

function writePlace({ place, portalId, runId }: RunPlace): string {
  return Buffer.from(JSON.stringify([place, portalId, runId])).toString('base64url');
}

function readPlace(text: string): RunPlace {
  const read = placeSchema.safeParse(jsonOf(Buffer.from(text, 'base64url').toString('utf8')));
  if (!read.success) {
    const errors = [{ parameter: 'before', detail: 'is not a place that `next` gave' }];
    throw new ApiProblem('invalid-request', { errors });
  }
  const [place, portalId, runId] = read.data;
  return { place, portalId, runId };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
