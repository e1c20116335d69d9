import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import { listenUrl } from '../config/listenUrl';

/** Requests under way may end within this when the process is told to stop. */
const drainMs = 5_000;

export interface Listening {
  url: string;
  /** Takes no more requests, waits for those under way, at most 5 s. */
  close(): Promise<void>;
}

/** Serves the application. @throws where the port is taken */
export async function listen(
  app: Express,
  { host, port }: { host: string; port: number },
): Promise<Listening> {
  const server = createServer(messagesOf(app), app);
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: listenUrl(host, bound),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), drainMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

/**
 * Express changes the prototype of each request and response. The V8 of Node 20 (no more that of 24) then keeps their
 * properties in dictionaries, and all that hangs on them until the next large collection: most of the pauses of a busy
 * receiver. Objects that are made with the prototype that Express wants are left as they are.
 */
function messagesOf(app: Express) {
  class Request extends IncomingMessage {}
  class Response extends ServerResponse {}
  app.request = Object.setPrototypeOf(Request.prototype, app.request);
  app.response = Object.setPrototypeOf(Response.prototype, app.response);
  return { IncomingMessage: Request, ServerResponse: Response };
}
