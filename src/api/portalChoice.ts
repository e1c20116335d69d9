import { z } from 'zod';
import { suggestion } from '../config/nearest';
import { boundPortalId } from '../db/portals';
import type { ApiDeps } from './deps';
import { ApiProblem } from './problem';

/** The name of a portal of the configuration, as a part of a request. */
export function portalSchema(known: string[]) {
  return z
    .string('must be the name of a portal')
    .refine((name) => known.includes(name), {
      error: ({ input }) => {
        const hint = suggestion(String(input), known);
        return `there is no portal of this name${hint === undefined ? '' : `; ${hint}`}`;
      },
    })
    .optional();
}

/** The id of the portal meant: the one named, else the only one. @throws ApiProblem where it must be said, or is not known yet */
export async function portalIdOf(
  { pool, portals }: Pick<ApiDeps, 'pool' | 'portals'>,
  named: string | undefined,
): Promise<string> {
  const name = named ?? (portals.length === 1 ? portals[0] : undefined);
  if (name === undefined) {
    const detail = `there is more than one portal; say which of ${portals.join(', ')}`;
    throw new ApiProblem('invalid-request', { errors: [{ parameter: 'portal', detail }] });
  }
  const portalId = await boundPortalId(pool, name);
  if (portalId !== null) return portalId;
  throw new ApiProblem('not-found', { detail: `The portal ${name} was never connected.` });
}

/** What a page of anything takes: how many, and before which id. */
export const pageSchema = {
  limit: z
    .string('must be given once')
    .regex(/^\d{1,4}$/, 'must be a whole number from 1 to 200')
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= 200, 'must be a whole number from 1 to 200')
    .default(50),
  before: z
    .string('must be given once')
    .regex(/^\d{1,18}$/, 'is not a place that `next` gave')
    .optional(),
};

/** A text that names something of ours: never long. */
export const nameSchema = z
  .string('must be a text')
  .min(1, 'must not be empty')
  .max(200, 'is too long')
  .optional();

/** The `:id` of an address, or null where it can be none. */
export function idOf(text: unknown): string | null {
  return typeof text === 'string' && /^\d{1,18}$/.test(text) ? text : null;
}
