import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  method: string;
  /** Path with query, as it came over the wire. */
  url: string;
  headers: http.IncomingHttpHeaders;
  body: unknown;
}

export interface RawServer {
  url: string;
  seen: SeenRequest[];
  /** TCP connections accepted so far. */
  connectionCount(): number;
  /** Connections open now. */
  openCount(): number;
  stop(): Promise<void>;
}

/** A bare HTTP server on loopback whose every reply the test writes itself. */
export async function startRawServer(
  answer: (request: SeenRequest, response: http.ServerResponse) => void,
): Promise<RawServer> {
  const seen: SeenRequest[] = [];
  let accepted = 0;
  let open = 0;
  const server = http.createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const request: SeenRequest = {
        method: incoming.method ?? '',
        url: incoming.url ?? '',
        headers: incoming.headers,
        body:
          text === ''
            ? null
            : isForm(incoming)
              ? Object.fromEntries(new URLSearchParams(text))
              : JSON.parse(text),
      };
      seen.push(request);
      answer(request, response);
    });
  });
  server.on('connection', (socket) => {
    accepted += 1;
    open += 1;
    socket.on('close', () => (open -= 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    connectionCount: () => accepted,
    openCount: () => open,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function isForm({ headers }: http.IncomingMessage): boolean {
  return headers['content-type'] === 'application/x-www-form-urlencoded';
}

export function sendJson(
  response: http.ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
