import type { Junk } from './world';

const items = ['"<html>maintenance</html>"', 'null', '17', '["a","list"]'];

/** Rows with a broken structure: one of each kind for every 500 people. */
export function* junkOf(people: number): Iterable<Junk> {
  for (let index = 0; index < Math.max(1, Math.floor(people / 500)); index++) {
    yield {
      source: 'impact',
      stream: 'referrals',
      index,
      text: index % 2 ? `R-X${index},only,three` : `R-X${index},a,b,c,d,e,f,g,h,too,many`,
    };
    yield { source: 'ielts', stream: 'registrations', index, text: items[index % items.length] as string };
    yield { source: 'eol', stream: 'subscribers', index, text: items[(index + 1) % items.length] as string };
  }
}
