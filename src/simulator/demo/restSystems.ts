import { listItems } from './listItems';
import { firstIndex, list, problem, same, serve, sizeOf, timeOf, type RestSystem } from './restServer';
import type { World } from './world';

/** The exam registry: bearer token, cursor pagination, `updated_since`. `port` 0 takes a free one. */
export async function startIelts(world: World, token: string, port = 0): Promise<RestSystem> {
  let items = listItems(world, 'ielts');
  const server = await serve(port, ({ method, url, headers }) => {
    if (method !== 'GET') return problem(405, 'only GET');
    if (!same(headers.authorization ?? '', `Bearer ${token}`)) return problem(401, 'invalid token');
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
  });
  return { ...server, show: (shown) => (items = listItems(shown, 'ielts')) };
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
