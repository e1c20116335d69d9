import { compareItems, listItems, type ListItem } from './listItems';
import { editedItem, readEdit, type EolEdit, type EolEdits } from './eolEdits';
import {
  firstIndex,
  list,
  problem,
  same,
  serve,
  sizeOf,
  timeOf,
  type Asked,
  type Reply,
  type RestSystem,
} from './restServer';
import type { World } from './world';

/** Answers of changes that are remembered, so that a change that comes twice is made once. */
const answersMax = 10_000;

/** The subscription platform, running. */
export interface EolSystem extends RestSystem {
  /** How often each subscriber was written since the start, by id; a change that came twice counts once. */
  writes(): ReadonlyMap<string, number>;
}

/**
 * The subscription platform: API key header, page pagination from 1, `changedAfter`. Phone, language and the opt-out of a
 * subscriber can be changed by PATCH, each change once by its `Idempotency-Key`.
 * @param edits what was written to it before; `keep` is called with what a subscriber's are after every change
 */
export async function startEol(
  world: World,
  apiKey: string,
  port = 0,
  edits: EolEdits = {},
  keep: (id: string, edit: EolEdit) => Promise<void> = async () => undefined,
): Promise<EolSystem> {
  const writes = new Map<string, number>();
  const answers = new Map<string, Promise<Reply>>();
  let items: ListItem[] = [];
  const show = (shown: World) => {
    items = listItems(shown, 'eol')
      .map((item) => editedItem(item, edits[item.id]))
      .sort(compareItems);
  };
  show(world);

  /** A change that comes again while it is still being made waits for the same answer. */
  async function changeOnce(asked: Asked): Promise<Reply> {
    const key = String(asked.headers['idempotency-key'] ?? '');
    if (key === '') return problem(400, 'a change needs an Idempotency-Key');
    const before = answers.get(key);
    if (before) return before;
    const oldest = answers.size >= answersMax ? answers.keys().next().value : undefined;
    if (oldest !== undefined) answers.delete(oldest);
    const answer = change(asked);
    answers.set(key, answer);
    const isMade = await answer.then(({ status }) => status === 200).catch(() => false);
    if (!isMade) answers.delete(key);
    return answer;
  }

  async function change({ url, body }: Asked): Promise<Reply> {
    const id = decodeURIComponent(url.pathname.slice('/api/subscribers/'.length));
    const item = items.find((candidate) => candidate.id === id);
    if (!item?.raw) return problem(404, 'no such subscriber');
    const edit = readEdit(body, item.raw);
    if (!edit) return problem(422, 'only contactNumber, language and unsubscribed: true can be changed');
    const edited = { at: new Date().toISOString(), fields: { ...edits[id]?.fields, ...edit } };
    edits[id] = edited;
    await keep(id, edited);
    writes.set(id, (writes.get(id) ?? 0) + 1);
    const changed = editedItem(item, edited);
    // It may have been changed or shown anew while it was kept.
    const place = items.findIndex((candidate) => candidate.id === id);
    if (place >= 0) items.splice(place, 1);
    items.splice(
      firstIndex(items, (other) => compareItems(other, changed) > 0),
      0,
      changed,
    );
    return { status: 200, json: changed.json };
  }

  const server = await serve(port, (asked) => {
    const { method, url, headers } = asked;
    if (!same(String(headers['x-api-key'] ?? ''), apiKey)) return problem(401, 'unknown API key');
    if (method === 'PATCH' && url.pathname.startsWith('/api/subscribers/')) return changeOnce(asked);
    if (method !== 'GET') return problem(405, 'only GET and PATCH');
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
  });
  return { ...server, show, writes: () => writes };
}
