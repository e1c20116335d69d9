import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(__dirname, '../..');

/** The pages that a person reads, by path from the root. */
export const pages: string[] = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `docs/${name}`),
];

/** A file's text, by path from the root. */
export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** A page without its fenced blocks: there brackets are code, not links. */
export function withoutFences(text: string): string {
  return text.replace(/^```[^\n]*\n[\s\S]*?^```$/gm, '');
}

/** The commands of a page's shell blocks, without comments, continued lines joined. */
export function shellCommands(text: string): string[] {
  return [...text.matchAll(/^```(?:sh|bash|console)\n([\s\S]*?)^```$/gm)]
    .flatMap(([, block]) => block!.replaceAll('\\\n', ' ').split(/\n|&&/))
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** The anchors that GitHub gives to a page's headings. */
export function anchorsOf(text: string): string[] {
  return [...withoutFences(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

/** Commands of ours inside the text, like `tributary sync [--full]`; brackets and what a person fills in are left out. */
export function inlineCommands(text: string): string[] {
  return [...withoutFences(text).matchAll(/`((?:npx )?tributary [a-z][^`]*|npm [a-z][^`]*)`/g)].map(
    ([, command]) =>
      command!
        .replace(/<\w+>|\[\w+…?\]|…/g, '')
        .replace(/[[\]]/g, '')
        .trim(),
  );
}
