import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reply } from './call';
import { emptyReply, faultReply, partialReply, splitBatch } from './faultReplies';
import type { Fault } from './faultRules';
import type { Bucket } from './limits';
import { readPath, type ApiPath } from './paths';
import { malformed, notFound, rejectionBody, type Rejection } from './rejection';
import { matchRoute, type Route } from './routes';
import { missingScope, scopeOf } from './scopes';
import { perform, replyOf, type Simulator } from './simulator';

/** Longer addresses are refused with 414 by the edge (facts 4.2: about 8 kB observed). */
const addressLengthMax = 8000;
const bodyBytesMax = 20 * 1024 * 1024;

/** `drop`: the socket is cut without an answer. */
export type Answer = Reply | 'drop';

interface Matched {
  path: ApiPath;
  route: Route;
  params: Record<string, string>;
}

/** Answers one API call as HubSpot would: token, rate, scope, faults, latency, then the work itself. */
export async function answer(simulator: Simulator, request: IncomingMessage): Promise<Answer> {
  const method = request.method ?? 'GET';
  const address = request.url ?? '/';
  const at = address.indexOf('?');
  const pathname = at < 0 ? address : address.slice(0, at);
  const path = readPath(pathname);
  const found = path && matchRoute(method, path.api, path.rest);
  const matched = path && found ? { path, ...found } : undefined;
  const bucket = matched?.route.bucket ?? 'burst';
  let inputs = 0;
  let status = 0;
  try {
    const refused = admission(simulator, request, address, bucket, matched);
    const text = await readBody(request);
    const reply = refused ?? (await carryOut(text));
    status = reply === 'drop' ? 0 : reply.status;
    return reply;
  } finally {
    const endpoint = `${method} ${path && found ? `${path.shape}${template(found.route)}` : 'unknown'}`;
    const type = matched && typeName(simulator, matched.params);
    const operation = matched && type !== undefined ? `${type} ${matched.route.operation}` : undefined;
    simulator.stats.count({ endpoint, operation, writes: matched?.route.writes ?? false, inputs, status });
  }

  async function carryOut(text: string): Promise<Answer> {
    const fault = simulator.faults.draw(method, pathname);
    const { meanMs, jitterMs } = simulator.settings.latency;
    const latency = Math.max(0, meanMs + jitterMs * (2 * simulator.random() - 1));
    await pause(latency / 2);
    if (fault?.do === 'slow') await pause(fault.delayMs ?? 0);
    if (fault?.do === 'resetBeforeCommit') return 'drop';
    const instead = fault && faultReply(fault);
    if (instead) return withRate(instead);
    const body = parseBody(text);
    if ('rejection' in body) return withRate(refusal(body.rejection));
    inputs = countInputs(body.value);
    const query = new URLSearchParams(at < 0 ? '' : address.slice(at + 1));
    const reply = matched ? work(simulator, matched, query, body.value, fault) : refusal(notFound());
    if (fault?.do === 'slowAfterCommit') await pause(fault.delayMs ?? 0);
    await pause(latency / 2);
    if (fault?.do === 'resetAfterCommit') return 'drop';
    if (fault?.do === 'empty200AfterCommit') return withRate(emptyReply(fault));
    if (fault?.do === 'truncatedAfterCommit') return withRate(truncated(reply));
    return withRate(reply);
  }

  function withRate(reply: Reply): Reply {
    return { ...reply, headers: { ...simulator.limits.headers(bucket), ...reply.headers } };
  }
}

function refusal(rejection: Rejection): Reply {
  return { status: rejection.status, body: rejectionBody(rejection) };
}

/** Timers below a millisecond are not worth waiting for. */
async function pause(ms: number): Promise<void> {
  if (ms >= 1) await sleep(ms);
}

/** The refusal of a call before its body matters: address, token, rate, scope. */
function admission(
  simulator: Simulator,
  request: IncomingMessage,
  address: string,
  bucket: Bucket,
  matched: Matched | undefined,
): Reply | undefined {
  if (address.length > addressLengthMax) {
    return {
      status: 414,
      body: Buffer.from('<html><h1>414 URI Too Long</h1></html>'),
      headers: { 'Content-Type': 'text/html' },
    };
  }
  const open = matched?.path.api === 'token';
  const unknown = open ? undefined : checkToken(simulator, request.headers.authorization);
  if (unknown) return refusal(unknown);
  const limited = simulator.limits.admit(bucket);
  if (limited) return { status: 429, ...limited };
  const { scopesWithheld } = simulator.settings;
  if (!matched || scopesWithheld.length === 0) return undefined;
  const scope = scopeOf(simulator.portal, matched.path.api, matched.route.writes, matched.params);
  return scope !== undefined && scopesWithheld.includes(scope) ? refusal(missingScope(scope)) : undefined;
}

function checkToken(simulator: Simulator, authorization: string | undefined): Rejection | undefined {
  const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
  const known = simulator.settings.tokens.find((setting) => setting.token === token);
  if (!known) {
    const message =
      'Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview';
    return { status: 401, category: 'INVALID_AUTHENTICATION', message };
  }
  const late = known.expiresAt === null ? -1 : simulator.now() - known.expiresAt;
  if (late < 0) return undefined;
  return {
    status: 401,
    category: 'EXPIRED_AUTHENTICATION',
    message: `The OAuth token used to make this call expired ${Math.floor(late / 1000)} second(s) ago.`,
    context: { 'expire time': [new Date(known.expiresAt ?? 0).toISOString()] },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= bodyBytesMax) chunks.push(chunk);
  }
  return size > bodyBytesMax ? '\0too large' : Buffer.concat(chunks).toString('utf8');
}

function parseBody(text: string): { value: unknown } | { rejection: Rejection } {
  if (text === '') return { value: undefined };
  if (text === '\0too large') return { rejection: { status: 413, message: 'Request entity too large' } };
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1] ?? '0';
    return { rejection: malformed('Unexpected character', Number(position) + 1) };
  }
}

function work(
  simulator: Simulator,
  matched: Matched,
  query: URLSearchParams,
  body: unknown,
  fault: Fault | undefined,
): Reply {
  const { route, params } = matched;
  const split = fault?.do === 'partial207' ? splitBatch(fault, body) : undefined;
  const about = { version: matched.path.version, params, query, body: split?.rest ?? body };
  const reply = replyOf(() => perform(simulator, about, route.handler));
  return split ? partialReply(reply, split.failed) : reply;
}

function truncated(reply: Reply): Reply {
  const text = JSON.stringify(reply.body ?? {});
  return { ...reply, body: Buffer.from(text.slice(0, Math.floor(text.length / 2))) };
}

function countInputs(body: unknown): number {
  const inputs = (body as { inputs?: unknown } | null | undefined)?.inputs;
  return Array.isArray(inputs) ? inputs.length : 1;
}

function template(route: Route): string {
  return route.segments
    .map((segment) => `/${segment.startsWith(':') ? `{${segment.slice(1)}}` : segment}`)
    .join('');
}

function typeName(simulator: Simulator, params: Record<string, string>): string | undefined {
  const given = [params['type'] ?? params['from'], params['to']].filter((name) => name !== undefined);
  const names = given.map(
    (name) => simulator.portal.tables.get(simulator.portal.names.get(name.toLowerCase()) ?? '')?.name,
  );
  return names.length > 0 ? names.map((name) => name ?? 'unknown').join('-') : undefined;
}
