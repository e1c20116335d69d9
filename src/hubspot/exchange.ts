import { Client } from '@hubspot/api-client';
import { withCallAgent } from './callAgent';
import type { ReplyBody } from './errorBody';
import type { NetworkFault } from './failure';
import { defectFailure, HubSpotFailure, networkFailure } from './hubspotFailure';
import { encodeQuery, type Query } from './paths';
import { noRateLimitHeaders, readRateLimitHeaders, type RateLimitHeaders } from './rateLimitHeaders';

/** One HTTP call as it leaves; the body is JSON, or a form where OAuth wants one. */
export interface OutgoingCall {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** A constant name such as `objects.batchUpsert`, for logs, metrics and failures. Never with a value in it. */
  endpoint: string;
  path: string;
  query?: Query;
  body?: unknown;
  form?: Record<string, string>;
  /** Bearer token; OAuth's own endpoints take none. */
  token?: string;
  /** How many records the call carries; absent for reads and set-up. See `classifyFailure`. */
  inputCount?: number;
  signal?: AbortSignal;
}

export interface HubSpotReply {
  endpoint: string;
  status: number;
  headers: RateLimitHeaders;
  body: ReplyBody;
  inputCount?: number;
}

export interface CallInfo {
  endpoint: string;
  method: string;
  status: number | 'network' | 'deadline';
  durationMs: number;
  headers: RateLimitHeaders;
}

export interface ExchangeOptions {
  /** `https://api.hubapi.com` (all regions) or a simulator; no path. */
  baseUrl: string;
  /** Milliseconds from opening the request to the last byte of the reply. */
  deadlineMs?: number;
  /** After every call that was sent, also a failed one. */
  onCall?: (info: CallInfo) => void;
}

/** Makes exactly one HTTP request. Throws `HubSpotFailure` only when there is no complete reply before the deadline. */
export type Exchange = (call: OutgoingCall) => Promise<HubSpotReply>;

const defaultDeadlineMs = 30_000;
/** A page of 100 records is far below 1 MB; more than this is a fault of the other side. */
const replyBytesMax = 64 * 1024 * 1024;

type ApiResponse = Awaited<ReturnType<Client['apiRequest']>>;

/** The way to one HubSpot. */
export function createExchange(options: ExchangeOptions): Exchange {
  const deadlineMs = options.deadlineMs ?? defaultDeadlineMs;
  // No token in here: the package's `setAccessToken` re-initialises process-wide state (facts §11).
  const api = new Client({ basePath: options.baseUrl.replace(/\/+$/, '') });

  return async (call) => {
    const startedAt = performance.now();
    const report = (status: CallInfo['status'], headers: RateLimitHeaders) =>
      options.onCall?.({
        endpoint: call.endpoint,
        method: call.method,
        status,
        durationMs: Math.round(performance.now() - startedAt),
        headers,
      });
    try {
      const reply = await exchange(api, call, deadlineMs);
      report(reply.status, reply.headers);
      return reply;
    } catch (error) {
      const isDeadline = error instanceof NoReply && error.fault === 'deadline';
      report(isDeadline ? 'deadline' : 'network', noRateLimitHeaders);
      throw asFailure(call, error);
    }
  };
}

/** No complete reply, and why. Internal: leaves this file as `HubSpotFailure`. */
class NoReply extends Error {
  constructor(readonly fault: NetworkFault | 'tooLarge') {
    super(fault);
  }
}

/**
 * One request and its whole reply, or `NoReply`. The deadline is absolute: a reply that drips is cut as well,
 * by destroying the socket, which then leaves the pool.
 */
async function exchange(api: Client, call: OutgoingCall, deadlineMs: number): Promise<HubSpotReply> {
  if (call.signal?.aborted) throw new NoReply('aborted');
  const { result, request: opened } = withCallAgent(() => api.apiRequest(requestOptions(call)));
  // The reply is read beside the race; when the race is lost its later end must not be an unhandled rejection.
  const whole = result.then((response) => readReply(response, call));
  whole.catch(() => undefined);
  if (!opened) {
    // apiRequest failed before it opened a request (an illegal header, a broken base URL), or changed its ways.
    await whole;
    throw defectFailure(call.endpoint, null, 'the transport opened no request of its own');
  }

  let lose!: (error: NoReply) => void;
  const lost = new Promise<never>((_, reject) => (lose = reject));
  const timer = setTimeout(() => lose(new NoReply('deadline')), deadlineMs);
  const onAbort = () => lose(new NoReply('aborted'));
  call.signal?.addEventListener('abort', onAbort, { once: true });
  // node-fetch 2 never ends a body whose connection broke after a Content-Length: notice it here.
  opened.once('response', (response) =>
    response.once('close', () => {
      if (!response.complete) lose(new NoReply('reset'));
    }),
  );
  try {
    return await Promise.race([whole, lost]);
  } catch (error) {
    opened.destroy(); // and with it the socket: a late or dripping reply has nowhere to go
    throw error;
  } finally {
    clearTimeout(timer);
    call.signal?.removeEventListener('abort', onAbort);
  }
}

function requestOptions({ method, path, query, body, form, token }: OutgoingCall) {
  const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const address = { method, path: path + encodeQuery(query) };
  if (form === undefined)
    return { ...address, headers: authorization, ...(body === undefined ? {} : { body }) };
  return {
    ...address,
    headers: { ...authorization, 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
    defaultJson: false,
  };
}

async function readReply(response: ApiResponse, call: OutgoingCall): Promise<HubSpotReply> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    const piece = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    bytes += piece.length;
    if (bytes > replyBytesMax) throw new NoReply('tooLarge');
    chunks.push(piece);
  }
  return {
    endpoint: call.endpoint,
    status: response.status,
    headers: readRateLimitHeaders(response.headers),
    body: readBody(Buffer.concat(chunks, bytes).toString('utf8')),
    ...(call.inputCount === undefined ? {} : { inputCount: call.inputCount }),
  };
}

function readBody(text: string): ReplyBody {
  if (text.trim() === '') return { kind: 'none' };
  try {
    return { kind: 'json', value: JSON.parse(text) };
  } catch {
    return { kind: 'html' }; // an edge's page, or a truncated body: its text is never kept
  }
}

/** Error codes of a connection that was never made, or whose certificate is not trusted: nothing was sent. */
const refusedCode =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$|CERT|SIGNATURE|^ERR_(TLS|SSL)/;

function asFailure(call: OutgoingCall, error: unknown): HubSpotFailure {
  if (error instanceof HubSpotFailure) return error;
  if (error instanceof NoReply) {
    return error.fault === 'tooLarge'
      ? defectFailure(call.endpoint, null, 'a reply larger than 64 MB')
      : networkFailure(call.endpoint, error.fault, call.inputCount);
  }
  const code = (error as { code?: unknown } | null)?.code;
  // A TypeError is raised before anything is sent: a token or address that is no legal header or URL. Its text
  // quotes the token. By name, because a core module's TypeError may come from another realm.
  if ((error as { name?: unknown } | null)?.name === 'TypeError') {
    return defectFailure(call.endpoint, null, 'the access token or the base URL is malformed');
  }
  const refused = typeof code === 'string' && refusedCode.test(code);
  return networkFailure(call.endpoint, refused ? 'refused' : 'reset', call.inputCount);
}
