import { randomOf } from './random';
import { rowsOf, type World } from './world';

/** One item of a REST list as it is served. */
export interface ListItem {
  /** Milliseconds; the list is ordered by it, then by id. */
  time: number;
  id: string;
  json: string;
}

/** All items of a REST stream, broken ones among them, ordered by time and id. */
export function listItems(world: World, source: 'ielts' | 'eol', stream: string): ListItem[] {
  const items: ListItem[] = [];
  for (const row of rowsOf(world, source, stream)) {
    const text = JSON.stringify(row.raw);
    // Written as a number that a double cannot hold, as some systems do.
    const json = source === 'eol' ? text.replace(/"ledgerNumber":"(\d+)"/, '"ledgerNumber":$1') : text;
    items.push({ time: Date.parse(row.changedAt as string), id: row.key, json });
  }
  const middle = items.map(({ time }) => time);
  for (const junk of world.junk()) {
    if (junk.source !== source) continue;
    const random = randomOf(world.seed, `junk ${source} ${junk.index}`);
    const time = middle.length > 0 ? random.pick(middle) : 0;
    items.push({ time, id: `~${junk.index}`, json: junk.text });
  }
  return items.sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}
