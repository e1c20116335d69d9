import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ListItem } from './listItems';
import type { World } from './world';

/** Most items per page; asking for more is refused, not clamped. */
const pageSizeMax = 5_000;
/** A larger body is no change of one record. */
const bodyBytesMax = 100_000;

/** A REST system that is running. */
export interface RestSystem {
  url: string;
  /** Serves another state of the world from the next request on. */
  show(world: World): void;
  /** Requests answered since the start, refused ones too. */
  calls(): number;
  stop(): Promise<void>;
}

export interface Reply {
  status: number;
  json: string;
}

export interface Asked {
  method: string;
  url: URL;
  headers: IncomingHttpHeaders;
  body: string;
}

export const problem = (status: number, error: string): Reply => ({
  status,
  json: JSON.stringify({ error }),
});
export const list = (items: ListItem[]): string => `[${items.map(({ json }) => json).join(',')}]`;

/** Answers requests on loopback; `port` 0 takes a free one. */
export async function serve(
  port: number,
  answer: (asked: Asked) => Reply | Promise<Reply>,
): Promise<Omit<RestSystem, 'show'>> {
  let calls = 0;
  const server = createServer((request, response) => {
    calls++;
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bodyBytesMax) chunks.push(chunk);
    });
    request.on('end', () => {
      if (bytes > bodyBytesMax) return send(response, problem(413, 'the body is too large'));
      const url = new URL(request.url ?? '/', 'http://127.0.0.1');
      const body = Buffer.concat(chunks).toString('utf8');
      void Promise.resolve(
        answer({ method: request.method ?? 'GET', url, headers: request.headers, body }),
      ).then(
        (reply) => send(response, reply),
        () => send(response, problem(500, 'the demo itself failed')),
      );
    });
  });
  server.keepAliveTimeout = 30_000;
  await listen(server, port);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: () => calls,
    stop: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function send(response: ServerResponse, { status, json }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(json);
}

/** Compares secrets. */
export function same(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** A page's size from a query parameter; null: not valid. */
export function sizeOf(text: string | null, standard: number): number | null {
  const size = text === null ? standard : Number(text);
  return Number.isInteger(size) && size >= 1 && size <= pageSizeMax ? size : null;
}

/** Absent: from the beginning; null: no time. */
export function timeOf(text: string | null): number | null {
  if (text === null) return -Infinity;
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : time;
}

/** The first index at which an ordered condition holds; the length where it never does. */
export function firstIndex(items: readonly ListItem[], holds: (item: ListItem) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(items[middle] as ListItem)) high = middle;
    else low = middle + 1;
  }
  return low;
}
