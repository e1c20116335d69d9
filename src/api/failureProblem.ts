import { isGrpcServiceError } from '@temporalio/client';
import { ApiProblem } from './problem';

/** What Express and its body parser call the faults of a request. */
const requestFaults: Record<string, ConstructorParameters<typeof ApiProblem>> = {
  'entity.too.large': ['too-large', { detail: 'At most 100 kB are read.' }],
  'entity.parse.failed': ['bad-request', { detail: 'The body is not a JSON object.' }],
  'encoding.unsupported': ['unsupported-media-type', { detail: 'This content encoding is not read.' }],
  'charset.unsupported': ['unsupported-media-type', { detail: 'JSON is read as UTF-8.' }],
};

const retryAfterSeconds = '5';

/** What Node calls a connection that cannot be made, or broke. */
const networkCode = /^(?:ECONN\w+|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE)$/;
/** Postgres: connection exceptions, operator intervention (shutdown, statement timeout), resources, no schema yet. */
const postgresCode = /^(?:08|57|53)\w{3}$|^42P01$/;
/** What `pg` says without a code. */
const postgresText = /^(?:Connection terminated|timeout exceeded when trying to connect)/;
/** gRPC: DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNAVAILABLE; CANCELLED when our own deadline ends the call. */
const temporalCodes = new Set([1, 4, 8, 14]);

/**
 * The problem that an error of an endpoint is answered with. Only what we know by its code is told; anything else is
 * `internal`, without a word of the error's own text.
 */
export function failureProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  const { type, status, code, message } = (error ?? {}) as Record<string, unknown>;
  const known = typeof type === 'string' ? requestFaults[type] : undefined;
  if (known) return new ApiProblem(...known);
  // Express: a path with broken percent signs, an aborted body.
  if (typeof status === 'number' && status >= 400 && status < 500) return new ApiProblem('bad-request');
  if (isTemporalOutage(error)) return unavailable('Temporal', error);
  const isDatabase =
    (typeof code === 'string' && (networkCode.test(code) || postgresCode.test(code))) ||
    (typeof message === 'string' && postgresText.test(message));
  return isDatabase ? unavailable('Postgres', error) : new ApiProblem('internal', { cause: error });
}

function unavailable(part: string, cause: unknown): ApiProblem {
  const headers = { 'Retry-After': retryAfterSeconds };
  return new ApiProblem('unavailable', { detail: `${part} does not answer; try again.`, headers, cause });
}

/** The client wraps what gRPC says, once or twice. */
function isTemporalOutage(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth += 1) {
    if (isGrpcServiceError(at)) return temporalCodes.has(at.code);
    // A lazy connection that cannot be made.
    if (at.message.startsWith('Failed to connect before the deadline')) return true;
  }
  return false;
}
