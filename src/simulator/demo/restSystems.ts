import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listItems, type ListItem } from './listItems';
import type { World } from './world';

/** Most items per page; asking for more is refused, not clamped. */
const pageSizeMax = 5_000;

/** A REST system that is running. */
export interface RestSystem {
  url: string;
  /** Serves another state of the world from the next request on. */
  show(world: World): void;
  /** Requests answered since the start, refused ones too. */
  calls(): number;
  stop(): Promise<void>;
}

type Reply = { status: number; json: string };
type Answer = (url: URL, request: IncomingMessage, items: ListItem[]) => Reply;

const problem = (status: number, error: string): Reply => ({ status, json: JSON.stringify({ error }) });
const list = (items: ListItem[]): string => `[${items.map(({ json }) => json).join(',')}]`;

/** The exam registry: bearer token, cursor pagination, `updated_since`. `port` 0 takes a free one. */
export function startIelts(world: World, token: string, port = 0): Promise<RestSystem> {
  return start(
    world,
    port,
    (shown) => listItems(shown, 'ielts'),
    (url, request, items) => {
      if (!same(request.headers.authorization ?? '', `Bearer ${token}`)) return problem(401, 'invalid token');
      if (url.pathname !== '/v1/registrations') return problem(404, 'not found');
      const size = sizeOf(url.searchParams.get('page_size'), 100);
      const since = timeOf(url.searchParams.get('updated_since'));
      if (size === null || since === null) return problem(400, 'page_size or updated_since is not valid');
      const pageToken = url.searchParams.get('page_token');
      const after = pageToken === null ? null : readToken(pageToken);
      if (after === undefined) return problem(400, 'page_token is not valid');
      const from = after
        ? firstIndex(items, (item) => isAfter(item, after))
        : firstIndex(items, ({ time }) => time >= since);
      const page = items.slice(from, from + size);
      const last = page.at(-1);
      const next = last && from + size < items.length ? writeToken(last) : null;
      return { status: 200, json: `{"data":${list(page)},"next_page_token":${JSON.stringify(next)}}` };
    },
  );
}

/** The subscription platform: API key header, page pagination from 1, `changedAfter`. */
export function startEol(world: World, apiKey: string, port = 0): Promise<RestSystem> {
  return start(
    world,
    port,
    (shown) => listItems(shown, 'eol'),
    (url, request, items) => {
      if (!same(String(request.headers['x-api-key'] ?? ''), apiKey)) return problem(401, 'unknown API key');
      if (url.pathname !== '/api/subscribers') return problem(404, 'not found');
      const size = sizeOf(url.searchParams.get('perPage'), 50);
      const page = Number(url.searchParams.get('page') ?? 1);
      const after = timeOf(url.searchParams.get('changedAfter'));
      if (size === null || after === null || !Number.isInteger(page) || page < 1)
        return problem(400, 'bad paging');
      const from = firstIndex(items, ({ time }) => time > after);
      const shown = items.slice(from + (page - 1) * size, from + page * size);
      const total = items.length - from;
      return {
        status: 200,
        json: `{"page":${page},"perPage":${size},"total":${total},"subscribers":${list(shown)}}`,
      };
    },
  );
}

async function start(
  world: World,
  port: number,
  itemsOf: (world: World) => ListItem[],
  answer: Answer,
): Promise<RestSystem> {
  let items = itemsOf(world);
  let calls = 0;
  const server = createServer((request, response) => {
    calls++;
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (request.method !== 'GET') return send(response, problem(405, 'only GET'));
    send(response, answer(url, request, items));
  });
  server.keepAliveTimeout = 30_000;
  await listen(server, port);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    show: (shown) => {
      items = itemsOf(shown);
    },
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

function same(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function sizeOf(text: string | null, standard: number): number | null {
  const size = text === null ? standard : Number(text);
  return Number.isInteger(size) && size >= 1 && size <= pageSizeMax ? size : null;
}

/** Absent: from the beginning; null: no time. */
function timeOf(text: string | null): number | null {
  if (text === null) return -Infinity;
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : time;
}

interface Place {
  time: number;
  id: string;
}

const isAfter = (item: Place, place: Place): boolean =>
  item.time > place.time || (item.time === place.time && item.id > place.id);

const writeToken = ({ time, id }: Place): string =>
  Buffer.from(JSON.stringify([time, id])).toString('base64url');

function readToken(token: string): Place | undefined {
  try {
    const [time, id] = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as unknown[];
    return typeof time === 'number' && typeof id === 'string' ? { time, id } : undefined;
  } catch {
    // Whatever is no token of ours is answered with 400.
    return undefined;
  }
}

/** The first index at which an ordered condition holds; the length where it never does. */
function firstIndex(items: readonly ListItem[], holds: (item: ListItem) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(items[middle] as ListItem)) high = middle;
    else low = middle + 1;
  }
  return low;
}
