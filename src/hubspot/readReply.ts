import type { z } from 'zod';
import type { HubSpotReply } from './client';
import { defectFailure, replyFailure } from './hubspotFailure';

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/**
 * The parsed body of a successful reply. Throws `HubSpotFailure`: for another status what the failure table
 * says; for a 2xx that is no JSON a retry; for JSON of an unknown shape a defect that names the place, never
 * the value.
 */
export function readReply<Schema extends z.ZodType>(reply: HubSpotReply, schema: Schema): z.output<Schema> {
  if (!isSuccess(reply.status) || reply.body.kind !== 'json') throw replyFailure(reply);
  const parsed = schema.safeParse(reply.body.value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  // indexes and field names only; a record's property name may stand in the path, its value never does
  const place = issue ? issue.path.map(String).join('.').slice(0, 120) : '';
  throw defectFailure(reply.endpoint, reply.status, `a reply of an unknown shape at '${place}'`);
}

/** For calls whose success has no body (204). Throws `HubSpotFailure` for every other status. */
export function expectSuccess(reply: HubSpotReply): void {
  if (!isSuccess(reply.status)) throw replyFailure(reply);
}
