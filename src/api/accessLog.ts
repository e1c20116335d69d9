import type { RequestHandler } from 'express';
import type { Logger } from 'pino';

/** A request id that the caller chose is taken when it is plainly one: it goes into our log. */
const requestIdShape = /^[\w-]{8,64}$/;

/**
 * Gives every request an id (also in the reply) and logs it when answered: method, route template, status, time.
 * Never the path, the query or a header: they may hold anything.
 */
export function accessLog(log: Logger, newId: () => string): RequestHandler {
  return (request, response, next) => {
    const startedAt = performance.now();
    const given = request.get('x-request-id') ?? '';
    const requestId = requestIdShape.test(given) ? given : newId();
    response.locals['requestId'] = requestId;
    response.set('X-Request-Id', requestId);
    response.once('close', () => {
      const line = {
        event: 'http_request',
        requestId,
        method: request.method,
        route: (response.locals['route'] as string | undefined) ?? 'unknown',
        caller: response.locals['caller'] as string | undefined,
        status: response.statusCode,
        ms: Math.round(performance.now() - startedAt),
        ...(response.writableFinished ? {} : { aborted: true }),
      };
      const isProbe = line.route.startsWith('/health') || line.route === '/metrics';
      // Hundreds per second; what they brought is logged once per second (`events_received`).
      const isWebhook = line.route.startsWith('/webhooks') && response.statusCode < 300;
      const level = response.statusCode >= 500 ? 'error' : isProbe || isWebhook ? 'debug' : 'info';
      log[level](line, 'request answered');
    });
    next();
  };
}
