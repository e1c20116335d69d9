import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { admission, bearerToken, refusal } from './limits/admission';
import type { Reply } from './call';
import { emptyReply, faultReply, partialReply, splitBatch } from './limits/faultReplies';
import type { Fault } from './limits/faultRules';
import { notFound } from './rejection';
import { bearerOf, type Bearer } from './oauth/oauthBook';
import { countInputs, parseBody, parseForm, readBody } from './requestBody';
import { perform, replyOf, type Simulator } from './simulator';
import { operationOf, readTarget, type Target } from './target';

/** `drop`: the socket is cut without an answer. */
export type Answer = Reply | 'drop';

/** Answers one API call as HubSpot would: token, rate, scope, faults, latency, then the work itself. */
export async function answer(simulator: Simulator, request: IncomingMessage): Promise<Answer> {
  const target = readTarget(request.method ?? 'GET', request.url ?? '/');
  const refused = admission(simulator, target, request.headers.authorization);
  const text = await readBody(request);
  // Exempt from the limits (facts 2.1, 7).
  const isOAuth = target.route?.api === 'oauth';
  const isExempt = isOAuth || target.route?.api === 'journal';
  const body = isOAuth ? parseForm(text, request.headers['content-type']) : parseBody(text);
  let status = 0;
  try {
    const reply = refused ?? (await carryOut(simulator, target, body, request.headers));
    if (reply === 'drop') return reply;
    status = reply.status;
    return refused || isExempt
      ? reply
      : { ...reply, headers: { ...simulator.limits.headers(target.bucket), ...reply.headers } };
  } finally {
    simulator.stats.count({
      endpoint: target.endpoint,
      operation: operationOf(simulator, target),
      writes: target.route?.writes ?? false,
      inputs: 'value' in body ? countInputs(body.value) : 0,
      status,
    });
  }
}

/** Half of the latency passes before the commit, half after it; a fault may end the call on either side. */
async function carryOut(
  simulator: Simulator,
  target: Target,
  body: ReturnType<typeof parseBody>,
  { authorization, host }: IncomingHttpHeaders,
): Promise<Answer> {
  const fault = simulator.faults.draw(target.method, target.pathname);
  const { meanMs, jitterMs } = simulator.settings.latency;
  const latency = Math.max(0, meanMs + jitterMs * (2 * simulator.random() - 1));
  await pause(latency / 2);
  if (fault?.do === 'slow') await pause(fault.delayMs ?? 0);
  if (fault?.do === 'resetBeforeCommit') return 'drop';
  const instead = fault && faultReply(fault);
  if (instead) return instead;
  const bearer = bearerOf(simulator.oauth, simulator.portal, bearerToken(authorization) ?? '');
  const reply = work(simulator, target, body, fault, { bearer, host });
  if (fault?.do === 'slowAfterCommit') await pause(fault.delayMs ?? 0);
  await pause(latency / 2);
  if (fault?.do === 'resetAfterCommit') return 'drop';
  if (fault?.do === 'empty200AfterCommit') return emptyReply(fault);
  return fault?.do === 'truncatedAfterCommit' ? truncated(reply) : reply;
}

/** Timers below a millisecond are not worth waiting for. */
async function pause(ms: number): Promise<void> {
  if (ms >= 1) await sleep(ms);
}

function work(
  simulator: Simulator,
  { route, params, version, query }: Target,
  body: ReturnType<typeof parseBody>,
  fault: Fault | undefined,
  caller: { bearer: Bearer | undefined; host: string | undefined },
): Reply {
  if (!route) return refusal(notFound());
  if ('rejection' in body) return refusal(body.rejection);
  const split = fault?.do === 'partial207' ? splitBatch(fault, body.value) : undefined;
  const about = { version, params, query, body: split?.rest ?? body.value, ...caller };
  const allFail = split?.rest.inputs.length === 0;
  const reply: Reply = allFail
    ? { status: 200, body: { status: 'COMPLETE', results: [] } }
    : replyOf(() => perform(simulator, about, route.handler));
  return split ? partialReply(reply, split.failed) : reply;
}

function truncated(reply: Reply): Reply {
  const text = JSON.stringify(reply.body ?? {});
  return { ...reply, body: Buffer.from(text.slice(0, Math.floor(text.length / 2))) };
}
