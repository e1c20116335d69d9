import type { Response } from 'express';

/** Every way a request can fail, by the last part of its `type`; public once published. */
const problemKinds = {
  'bad-request': [400, 'The request cannot be read'],
  unauthorized: [401, 'A valid token is needed'],
  unsigned: [401, 'The request is not accepted'],
  'not-found': [404, 'There is nothing at this address'],
  'unknown-source': [404, 'There is no such source'],
  'unknown-stream': [404, 'There is no such stream'],
  'unknown-run': [404, 'There is no such run'],
  'unknown-problem': [404, 'There is no such problem'],
  'unknown-review': [404, 'There is no such review'],
  'unknown-pin': [404, 'There is no such pin'],
  'method-not-allowed': [405, 'This address does not take this method'],
  conflict: [409, 'The run exists already'],
  'review-closed': [409, 'The review is closed already'],
  'pin-ended': [409, 'The pin has ended already'],
  'too-large': [413, 'The body is too large'],
  'unsupported-media-type': [415, 'The body must be JSON'],
  'invalid-request': [422, 'The request is not valid'],
  internal: [500, 'Something went wrong here'],
  unavailable: [503, 'A part that is needed does not answer'],
  'not-ready': [503, 'Not ready'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemKind = keyof typeof problemKinds;

/** One fault of a request: where it stands (a JSON pointer into the body, or a parameter) and what is wrong. */
export interface RequestFault {
  pointer?: string;
  parameter?: string;
  part?: string;
  detail: string;
}

export interface ProblemExtras {
  /** One or two plain sentences; no internals, no secrets. */
  detail?: string;
  errors?: RequestFault[];
  headers?: Record<string, string>;
  /** Further members of the document. */
  members?: Record<string, unknown>;
  cause?: unknown;
}

/** Thrown by an endpoint to answer with a problem document (RFC 9457). */
export class ApiProblem extends Error {
  readonly status: number;
  readonly title: string;

  constructor(
    readonly kind: ProblemKind,
    readonly extras: ProblemExtras = {},
  ) {
    const [status, title] = problemKinds[kind];
    super(extras.detail ?? title, { cause: extras.cause });
    this.status = status;
    this.title = title;
  }
}

/** Answers with the problem document. `instance` is the path without its query: a query may hold anything. */
export function sendProblem(response: Response, problem: ApiProblem): void {
  const { kind, status, title } = problem;
  const { detail, errors, headers, members } = problem.extras;
  if (headers) response.set(headers);
  response
    .status(status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: `urn:tributary:problem:${kind}`,
        title,
        status,
        ...(detail === undefined ? {} : { detail }),
        instance: response.req.originalUrl.split('?', 1)[0],
        requestId: response.locals['requestId'] as unknown,
        ...(errors === undefined ? {} : { errors }),
        ...members,
      }),
    );
}
