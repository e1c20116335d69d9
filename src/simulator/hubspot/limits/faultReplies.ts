import { asTexts, type Reply } from '../call';
import type { Fault } from './faultRules';
import { batchErrorEntry, rejectionBody, type Rejection } from '../rejection';

/** What an edge server answers when HubSpot itself does not. */
const htmlPage = (status: number): string =>
  `<html>\r\n<head><title>${status} Bad Gateway</title></head>\r\n<body>\r\n<center><h1>${status} Bad Gateway</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n`;

/** Statuses that come from the edge and carry HTML (facts 3.5, 9). */
const edgeStatuses = new Set([414, 502, 504, 520, 521, 522, 523, 524, 525, 526, 530]);

const usual: Record<number, Rejection> = {
  400: { status: 400, category: 'BAD_REQUEST', message: 'Bad request' },
  401: {
    status: 401,
    category: 'EXPIRED_AUTHENTICATION',
    message: 'The OAuth token used to make this call expired 5 second(s) ago.',
  },
  403: {
    status: 403,
    category: 'MISSING_SCOPES',
    message: "This app hasn't been granted all required scopes to make this call.",
  },
  404: { status: 404, message: 'resource not found' },
  409: { status: 409, category: 'CONFLICT', message: 'The record was changed by another request' },
  423: { status: 423, category: 'LOCKED', message: 'The object is locked, try again later' },
  477: {
    status: 477,
    category: 'MIGRATION_IN_PROGRESS',
    message: 'This account is being migrated, try again later',
  },
  500: { status: 500, category: 'INTERNAL_ERROR', message: 'internal error' },
  503: { status: 503, category: 'SERVICE_UNAVAILABLE', message: 'The service is temporarily unavailable' },
};

/** The reply of a fault that answers in HubSpot's stead; undefined when the call goes on. */
export function faultReply(fault: Fault): Reply | undefined {
  const headers = fault.headers ?? {};
  switch (fault.do) {
    case 'status': {
      const status = fault.status ?? 500;
      if (fault.body !== undefined) return { status, body: fault.body, headers };
      if (edgeStatuses.has(status)) return html(status, headers);
      return {
        status,
        body: rejectionBody(usual[status] ?? { status, message: 'error' }),
        headers: defaultHeaders(status, headers),
      };
    }
    case 'html':
      return html(fault.status ?? 502, headers, fault.body);
    case 'empty200BeforeCommit':
      return emptyReply(fault);
    default:
      return undefined;
  }
}

/** 477 says how long to stay away (facts 2.4). */
function defaultHeaders(status: number, headers: Record<string, string>): Record<string, string> {
  return status === 477 ? { 'Retry-After': '2', ...headers } : headers;
}

function html(status: number, headers: Record<string, string>, body?: unknown): Reply {
  const text = typeof body === 'string' ? body : htmlPage(status);
  return { status, body: Buffer.from(text), headers: { 'Content-Type': 'text/html', ...headers } };
}

/** A 200 that says nothing: an empty body, or the one ordered. */
export function emptyReply(fault: Fault): Reply {
  return { status: fault.status ?? 200, body: fault.body ?? Buffer.alloc(0), headers: fault.headers ?? {} };
}

/** The body of a batch without the inputs that shall fail, and those inputs; undefined when it is no batch. */
export function splitBatch(
  fault: Fault,
  body: unknown,
): { rest: { inputs: unknown[] }; failed: Record<string, unknown>[] } | undefined {
  if (typeof body !== 'object' || body === null || !('inputs' in body) || !Array.isArray(body.inputs))
    return undefined;
  const every = fault.failEvery ?? 2;
  const inputs = body.inputs as Record<string, unknown>[];
  const fails = (at: number): boolean => (at + 1) % every === 0;
  return {
    rest: { ...body, inputs: inputs.filter((_input, at) => !fails(at)) },
    failed: inputs.filter((_input, at) => fails(at)),
  };
}

/** Adds the failed inputs to the reply of the rest. */
export function partialReply(reply: Reply, failed: Record<string, unknown>[]): Reply {
  if (reply.status >= 300 || failed.length === 0) return reply;
  const body = (reply.body ?? {}) as { errors?: unknown[] };
  const errors = failed.map((input) => {
    const trace = input['objectWriteTraceId'];
    const ids = asTexts(
      [input['id']].filter((id) => typeof id === 'string'),
      'id',
    );
    const fault: Rejection = {
      status: 500,
      category: 'INTERNAL_ERROR',
      message: 'internal error',
      ...(ids.length > 0 && { context: { ids } }),
    };
    return batchErrorEntry(fault, typeof trace === 'string' ? trace : undefined);
  });
  const all = [...(body.errors ?? []), ...errors];
  return { ...reply, status: 207, body: { ...body, numErrors: all.length, errors: all } };
}
