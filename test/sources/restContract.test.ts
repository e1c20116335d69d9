import type { RestAuth } from '../../src/sources/restAuth';
import type { RestPagination } from '../../src/sources/restPaging';
import { restSource, type RestStream } from '../../src/sources/rest';
import { sourceContract, type ContractHarness, type ContractRow } from './contract';
import { startListServer, type Answer, type SeenCall } from './listServer';

interface Flavour {
  pagination: RestPagination;
  auth: RestAuth;
  /** Whether a call carries what the auth asks for. */
  authorised: (call: SeenCall) => boolean;
  method?: 'POST';
  /** The API's own limit, below the size asked for. */
  sizeLimit?: number;
}

/** A list API over rows in memory, in one flavour of pagination and authorisation. */
async function restHarness(flavour: Flavour): Promise<ContractHarness> {
  const rows = new Map<string, ContractRow>();
  const spoiled: string[] = [];
  const server = await startListServer((call): Answer => {
    if (call.path === '/token') return { body: { access_token: 'granted', expires_in: 3600 } };
    if (!flavour.authorised(call)) return { status: 401, body: {} };
    return listAnswer(flavour, call, server.url, [...rows.values()], spoiled);
  });
  const auth =
    flavour.auth.type === 'oauthClientCredentials'
      ? { ...flavour.auth, tokenUrl: `${server.url}/token` }
      : flavour.auth;
  const options: RestStream = {
    path: '/v1/people',
    items: 'data.people',
    pagination: flavour.pagination,
    cursorParameter: 'changed_since',
    query: { active: true },
    ...(flavour.method === undefined ? {} : { method: flavour.method, body: { fields: ['id'] } }),
  };
  return {
    request: { stream: 'people', options, recordKey: ['ref.id'], cursorField: 'changed' },
    open: () =>
      restSource.open({
        source: 'registry',
        connection: { baseUrl: `${server.url}/api/`, auth },
        now: () => new Date(),
      }),
    put: async (changed) => {
      for (const row of changed) rows.set(row.id, row);
    },
    spoil: async () => void spoiled.push('"no object"', '{"name":"no key"}', 'null'),
    expected: (row) => ({
      ref: { id: row.id },
      changed: row.changedAt,
      name: row.name,
      big: row.big,
      nul: 'a\u0000b',
      ratio: 0.1,
    }),
    close: () => server.close(),
  };
}

function listAnswer(
  { pagination, sizeLimit, method }: Flavour,
  call: SeenCall,
  origin: string,
  rows: ContractRow[],
  spoiled: string[],
): Answer {
  const sent = method === 'POST' ? (JSON.parse(call.body) as Record<string, unknown>) : {};
  if (method === 'POST' && !Array.isArray(sent['fields'])) return { status: 400 };
  const parameter = (name: string) => {
    const value = method === 'POST' ? sent[name] : call.query.get(name);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
  };
  if (call.query.get('active') !== 'true') return { status: 400 };
  const since = parameter('changed_since');
  const items = [
    ...spoiled,
    ...rows
      .filter((row) => since === null || row.changedAt >= since)
      .sort((a, b) => (a.changedAt + a.id < b.changedAt + b.id ? -1 : 1))
      .map(itemText),
  ];
  // Faults stand in the middle of the list.
  items.splice(0, spoiled.length);
  items.splice(Math.floor(items.length / 2), 0, ...spoiled);
  const size = Math.min(Number(parameter('size') ?? items.length), sizeLimit ?? Infinity);
  const at = (name: string) => Number(parameter(name) ?? 0);
  const from = pagination.type === 'page' ? (Math.max(at('at'), 1) - 1) * size : at('at');
  const next = from + size < items.length ? String(from + size) : null;
  const nextUrl = new URL(`/api/v1/people?${call.query.toString()}`, origin);
  nextUrl.searchParams.set('at', next ?? '');
  const byUrl = pagination.type === 'cursor' && pagination.parameter === undefined;
  const paging = next === null ? { next: null } : { next: byUrl ? nextUrl.href : next };
  return {
    raw: `{"data":{"people":[${items.slice(from, from + size).join(',')}]},"paging":${JSON.stringify(paging)}}`,
    headers: pagination.type === 'link' && next !== null ? { link: `<${nextUrl.href}>; rel="next"` } : {},
  };
}

/** Written by hand: JSON.stringify cannot write a number beyond 2^53. */
function itemText({ id, changedAt, name, big }: ContractRow): string {
  const plain = JSON.stringify({ ref: { id }, changed: changedAt, name, nul: 'a\u0000b', ratio: 0.1 });
  return `${plain.slice(0, -1)},"big":${big}}`;
}

const bearer = {
  auth: { type: 'bearer', token: 'secret' } as const,
  authorised: (call: SeenCall) => call.headers.authorization === 'Bearer secret',
};

const flavours: Record<string, Flavour> = {
  'rest with a cursor and a bearer token': {
    pagination: { type: 'cursor', parameter: 'at', nextFrom: 'paging.next', sizeParameter: 'size' },
    ...bearer,
  },
  'rest with a next address and an API key': {
    pagination: { type: 'cursor', nextFrom: 'paging.next', sizeParameter: 'size' },
    auth: { type: 'apiKey', header: 'X-Api-Key', key: 'k' },
    authorised: (call) => call.headers['x-api-key'] === 'k',
  },
  'rest with page numbers and basic auth': {
    pagination: { type: 'page', parameter: 'at', sizeParameter: 'size' },
    auth: { type: 'basic', user: 'ü', password: 'p:w' },
    authorised: (call) => call.headers.authorization === `Basic ${Buffer.from('ü:p:w').toString('base64')}`,
  },
  'rest with offsets and OAuth client credentials': {
    pagination: { type: 'offset', parameter: 'at', sizeParameter: 'size' },
    auth: { type: 'oauthClientCredentials', tokenUrl: '', clientId: 'id', clientSecret: 'secret' },
    authorised: (call) => call.headers.authorization === 'Bearer granted',
  },
  'rest with Link headers': { pagination: { type: 'link', sizeParameter: 'size' }, ...bearer },
  'rest whose pages are smaller than asked for': {
    pagination: { type: 'offset', parameter: 'at', sizeParameter: 'size' },
    sizeLimit: 3,
    ...bearer,
  },
  'rest that ignores sizes and gives everything at once': { pagination: { type: 'none' }, ...bearer },
  'rest by POST': {
    pagination: { type: 'cursor', parameter: 'at', nextFrom: 'paging.next', sizeParameter: 'size' },
    method: 'POST',
    ...bearer,
  },
};

for (const [name, flavour] of Object.entries(flavours)) sourceContract(name, () => restHarness(flavour));
