import type { Express, Request, RequestHandler, Response } from 'express';
import { ApiProblem } from './problem';

export type Handler = (request: Request, response: Response) => Promise<void> | void;

/** Registers one address with the methods it takes; any other method is answered 405 with what is allowed. */
export function endpoint(
  app: Express,
  path: string,
  handlers: { get?: Handler; post?: Handler; delete?: Handler },
  ...before: RequestHandler[]
): void {
  const allowed = [
    ...(handlers.get ? ['GET', 'HEAD'] : []),
    ...(handlers.post ? ['POST'] : []),
    ...(handlers.delete ? ['DELETE'] : []),
  ];
  const route = app.route(path);
  route.all((_request, response, next) => {
    response.locals['route'] = path;
    next();
  });
  if (before.length > 0) route.all(...before);
  if (handlers.get) route.get(handlers.get);
  if (handlers.post) route.post(handlers.post);
  if (handlers.delete) route.delete(handlers.delete);
  route.all(() => {
    const detail = `Allowed: ${allowed.join(', ')}.`;
    throw new ApiProblem('method-not-allowed', { detail, headers: { Allow: allowed.join(', ') } });
  });
}
