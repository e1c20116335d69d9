import { randomUUID } from 'node:crypto';

/** One detail of a rejection, as it stands in `errors[]` of HubSpot's error body (facts 3.5). */
export interface RejectionDetail {
  message: string;
  code?: string;
  in?: string;
  context?: Record<string, string[]>;
}

/** Why a call or one input of a batch is refused. Becomes an error body or an entry of a 207's `errors`. */
export interface Rejection {
  status: number;
  message: string;
  category?: string;
  subCategory?: string;
  context?: Record<string, string[]>;
  errors?: RejectionDetail[];
  /** Fields that only some families of error bodies carry (identityProfile, error ...). */
  extra?: Record<string, unknown>;
}

/** Thrown to refuse a whole call; the server turns it into a reply. */
export class Rejected extends Error {
  constructor(readonly rejection: Rejection) {
    super(rejection.message);
  }
}

/** The JSON body of a refused call. */
export function rejectionBody(rejection: Rejection): Record<string, unknown> {
  return {
    status: 'error',
    message: rejection.message,
    correlationId: randomUUID(),
    ...(rejection.context && { context: rejection.context }),
    ...(rejection.category && { category: rejection.category }),
    ...(rejection.subCategory && { subCategory: rejection.subCategory }),
    ...(rejection.errors && { errors: rejection.errors }),
    ...rejection.extra,
  };
}

/** The same refusal as one entry of a batch reply's `errors`, naming the input by its trace id. */
export function batchErrorEntry(rejection: Rejection, traceId?: string): Record<string, unknown> {
  return {
    status: 'error',
    category: rejection.category ?? 'VALIDATION_ERROR',
    ...(rejection.subCategory && { subCategory: rejection.subCategory }),
    message: rejection.message,
    context: { ...rejection.context, ...(traceId !== undefined && { objectWriteTraceId: [traceId] }) },
    errors: rejection.errors ?? [],
    links: {},
  };
}

/** A 400 of category VALIDATION_ERROR. */
export function invalid(message: string, context?: Record<string, string[]>): Rejection {
  return { status: 400, category: 'VALIDATION_ERROR', message, ...(context && { context }) };
}

/** What Jackson says when JSON has the wrong shape, e.g. an array where a string belongs. */
export function malformed(what: string, column = 1): Rejection {
  return {
    status: 400,
    category: 'VALIDATION_ERROR',
    message: `Invalid input JSON on line 1, column ${column}: ${what}`,
  };
}

/** The 404 of a path or a single record: no category (facts 3.5). */
export function notFound(): Rejection {
  return { status: 404, message: 'resource not found' };
}

/** Ids that a batch names and the portal does not hold. */
export function objectsNotFound(typeName: string, ids: string[], status = 404): Rejection {
  return {
    status,
    category: 'OBJECT_NOT_FOUND',
    message: `Could not get some ${typeName} objects, they may be deleted or not exist. Check that ids are valid.`,
    context: { ids },
  };
}

/** Two inputs of one batch name the same record (facts 3.2). */
export function duplicateIds(ids: string[]): Rejection {
  return invalid(`Duplicate IDs found in batch input: [${ids.join(', ')}]. IDs must be unique`, { ids });
}
