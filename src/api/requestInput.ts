import type { Request } from 'express';
import type { z } from 'zod';
import { nearest } from '../config/nearest';
import { ApiProblem, type RequestFault } from './problem';

/** How many faults of one request are told. */
const faultsMax = 50;

/** The body as the schema wants it. An absent body is an empty object; one that is not JSON is refused, not ignored. */
export function readBody<Schema extends z.ZodObject>(request: Request, schema: Schema): z.output<Schema> {
  const hasBody = request.get('transfer-encoding') !== undefined || Number(request.get('content-length')) > 0;
  if (hasBody && !request.is('application/json')) {
    throw new ApiProblem('unsupported-media-type', { detail: 'Send `Content-Type: application/json`.' });
  }
  return parsed(request.body ?? {}, schema, (path) => ({ pointer: pointerOf(path) }));
}

/** The query as the schema wants it. */
export function readQuery<Schema extends z.ZodObject>(request: Request, schema: Schema): z.output<Schema> {
  return parsed(request.query, schema, (path) => ({ parameter: path.map(String).join('.') }));
}

function parsed<Schema extends z.ZodObject>(
  input: unknown,
  schema: Schema,
  place: (path: PropertyKey[]) => Omit<RequestFault, 'detail'>,
): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const known = Object.keys(schema.shape);
  const errors = result.error.issues.flatMap((issue): RequestFault[] => {
    if (issue.code !== 'unrecognized_keys') return [{ ...place(issue.path), detail: issue.message }];
    return issue.keys.map((key) => ({ ...place([...issue.path, key]), detail: unknownKey(key, known) }));
  });
  throw new ApiProblem('invalid-request', { errors: errors.slice(0, faultsMax) });
}

function unknownKey(key: string, known: string[]): string {
  const close = nearest(key, known);
  return `is not known; ${close === null ? `known: ${known.join(', ')}` : `did you mean "${close}"?`}`;
}

/** A JSON pointer as a URI fragment (RFC 6901 §6). */
function pointerOf(path: PropertyKey[]): string {
  const parts = path.map((part) =>
    encodeURIComponent(String(part).replaceAll('~', '~0').replaceAll('/', '~1')),
  );
  return `#${parts.map((part) => `/${part}`).join('')}`;
}
