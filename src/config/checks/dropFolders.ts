import { finding, type ConfigCheck, type Finding } from '../finding';
import type { RawNode } from '../rawNode';

/** A file is moved when it was read: a second stream that it fits would never see it. */
export const checkDropFolders: ConfigCheck = (root) => {
  const streams = root.get('sources').entries().flatMap(streamsOf);
  return streams.flatMap(({ folder, pattern }, index): Finding[] => {
    const other = streams
      .slice(0, index)
      .find((before) => before.folder === folder && overlap(before.pattern.text()!, pattern.text()!));
    if (!other) return [];
    const message = `a file may fit ${other.name} too, which would take it first`;
    const hint = 'a file feeds one stream: choose patterns that no file name fits both of';
    return [finding(pattern, 'value', message, hint)];
  });
};

function streamsOf({ key, node }: { key: string; node: RawNode }) {
  const folder = node.get('connection').get('folder').text()?.replace(/\/+$/, '');
  if (node.get('kind').text() !== 'files' || folder === undefined) return [];
  return node
    .get('streams')
    .entries()
    .map((stream) => ({ name: `${key}.${stream.key}`, folder, pattern: stream.node.get('pattern') }))
    .filter(({ pattern }) => pattern.text() !== undefined);
}

/** Whether some name fits both patterns, in which `*` stands for any characters. */
function overlap(a: string, b: string): boolean {
  /** For each place in `b`: whether what follows there and what follows in `a` fit one text. */
  let fits = Array.from({ length: b.length + 1 }, (_, at) => /^\**$/.test(b.slice(at)));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    const row: boolean[] = [];
    for (let j = b.length; j >= 0; j -= 1) {
      if (a[i] === '*') row[j] = fits[j]! || (j < b.length && row[j + 1]!);
      else if (b[j] === '*') row[j] = row[j + 1]! || fits[j]!;
      else row[j] = a[i] === b[j] && fits[j + 1]!;
    }
    fits = row;
  }
  return fits[0]!;
}
