import { randomOf } from './random';
import { allRows, type World } from './world';

/** One item of a REST list as it is served. */
export interface ListItem {
  /** Milliseconds; the list is ordered by it, then by id. */
  time: number;
  id: string;
  json: string;
  /** What it was made of, where it can be changed from outside; a broken item has none. */
  raw?: Record<string, unknown>;
}

interface Lists {
  ielts: ListItem[];
  eol: ListItem[];
}

/** Both lists of a world are made in one walk, and live as long as the world is served. */
const listsOf = new WeakMap<World, Lists>();

/** All items of a REST system's list, broken ones among them, ordered by time and id. */
export function listItems(world: World, source: keyof Lists): ListItem[] {
  const lists = listsOf.get(world) ?? makeLists(world);
  listsOf.set(world, lists);
  return lists[source];
}

function makeLists(world: World): Lists {
  const lists: Lists = { ielts: [], eol: [] };
  for (const row of allRows(world)) {
    const { source } = row;
    if (source !== 'ielts' && source !== 'eol') continue;
    const item = { time: Date.parse(row.changedAt as string), id: row.key, json: itemJson(row.raw, source) };
    lists[source].push(source === 'eol' ? { ...item, raw: row.raw } : item);
  }
  for (const { source, index, text } of world.junk()) {
    if (source !== 'ielts' && source !== 'eol') continue;
    const items = lists[source];
    const random = randomOf(world.seed, `junk ${source} ${index}`);
    const time = items.length > 0 ? random.pick(items).time : 0;
    items.push({ time, id: `~${index}`, json: text });
  }
  for (const items of Object.values(lists) as ListItem[][]) items.sort(compareItems);
  return lists;
}

/** One item as its system writes it. */
export function itemJson(raw: Record<string, unknown>, source: keyof Lists): string {
  const text = JSON.stringify(raw);
  // Written as a number that a double cannot hold, as some systems do.
  return source === 'eol' ? text.replace(/"ledgerNumber":"(\d+)"/, '"ledgerNumber":$1') : text;
}

/** By time, then by id. */
export const compareItems = (a: ListItem, b: ListItem): number =>
  a.time - b.time || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
