import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenCall {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: string;
}

export type Answer = {
  status?: number;
  headers?: Record<string, string>;
  /** An object is sent as JSON; a string as it is; 'reset' as a status destroys the socket. */
  body?: unknown;
  raw?: string;
  reset?: boolean;
  delayMs?: number;
};

export interface ListServer {
  url: string;
  calls: SeenCall[];
  close(): Promise<void>;
}

/** A tiny HTTP server on loopback that answers as the test says and remembers every call. */
export async function startListServer(
  answer: (call: SeenCall) => Answer | Promise<Answer>,
): Promise<ListServer> {
  const calls: SeenCall[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      const call = {
        method: request.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      };
      calls.push(call);
      void Promise.resolve(answer(call)).then((given) => send(response, given));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(response: ServerResponse, answer: Answer): void {
  if (answer.reset === true) {
    response.destroy();
    return;
  }
  const write = () => {
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
    response.end(answer.raw ?? JSON.stringify(answer.body ?? {}));
  };
  if (answer.delayMs === undefined) write();
  else setTimeout(write, answer.delayMs).unref();
}
