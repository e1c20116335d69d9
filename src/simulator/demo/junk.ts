import type { Junk } from './world';

/** What is no item of a list, each another one; a null is always the same, so it stands once in a list. */
function junkItem(index: number): string {
  const kinds = [`"<html>maintenance ${index}</html>"`, `${17 + index}`, `["a","list",${index}]`];
  return index === 1 ? 'null' : (kinds[index % kinds.length] as string);
}

/** Rows with a broken structure: one of each kind for every 500 people. */
export function* junkOf(people: number): Iterable<Junk> {
  for (let index = 0; index < Math.max(1, Math.floor(people / 500)); index++) {
    yield {
      source: 'impact',
      stream: 'referrals',
      index,
      text: index % 2 ? `R-X${index},only,three` : `R-X${index},a,b,c,d,e,f,g,h,too,many`,
    };
    yield { source: 'ielts', stream: 'registrations', index, text: junkItem(index) };
    yield { source: 'eol', stream: 'subscribers', index, text: junkItem(index + 1) };
  }
}
