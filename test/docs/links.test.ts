import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { anchorsOf, inlineCommands, pages, readText, root, shellCommands, withoutFences } from './pages';

/** Paths from the root that a page may name; what is made at run time (dist, .tributary) is not among them. */
const namedPath = /(?<![\w./-])(?:src|test|tools|docs|bench)\/[\w.*/-]*[\w*/]/g;

test('the pages that people read are there', () => {
  expect(pages).toEqual(
    expect.arrayContaining([
      'README.md',
      'docs/architecture.md',
      'docs/configuration.md',
      'docs/dependencies.md',
      'docs/operations.md',
      'docs/uncertain.md',
    ]),
  );
});

describe.each(pages)('%s', (page) => {
  const text = readText(page);

  test('links only to what exists, headings included', () => {
    const links = [...withoutFences(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
    const broken = links.filter((link) => !isExternal(link) && !leadsSomewhere(page, link));
    expect(broken).toEqual([]);
  });

  test('names only files that exist', () => {
    const named = [...new Set(text.match(namedPath) ?? [])];
    expect(named.filter((path) => !exists(path))).toEqual([]);
  });

  test('names only programs that the build makes', () => {
    const programs = [...new Set(text.match(/(?<![\w./-])dist\/[\w/]+\.js/g) ?? [])];
    const sources = programs.map((path) => path.replace(/^dist/, 'src').replace(/\.js$/, '.ts'));
    expect(sources.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test('shows only commands, options and scripts that there are', () => {
    const commands = [...shellCommands(text), ...inlineCommands(text)];
    expect(commands.flatMap(unknownParts)).toEqual([]);
  });
});

function isExternal(link: string): boolean {
  return /^(?:https?:|mailto:)/.test(link);
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : normalize(join(dirname(page), path));
  if (!existsSync(join(root, target))) return false;
  return anchor === undefined || (target.endsWith('.md') && anchorsOf(readText(target)).includes(anchor));
}

/** A path with `*` stands for at least one file. */
function exists(path: string): boolean {
  if (!path.includes('*')) return existsSync(join(root, path));
  const folder = dirname(path);
  if (folder.includes('*') || !existsSync(join(root, folder))) return false;
  const pattern = new RegExp(
    `^${path
      .slice(folder.length + 1)
      .replaceAll('.', '\\.')
      .replaceAll('*', '.*')}$`,
  );
  return readdirSync(join(root, folder)).some((name) => pattern.test(name));
}

const cliSources = readdirSync(join(root, 'src/cli'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(join(root, 'src/cli', name), 'utf8'))
  .join('\n');
const cliCommands = [...cliSources.matchAll(/\.command\('([\w-]+)'\)/g)].map(([, name]) => name!);
const cliOptions = [...cliSources.matchAll(/\.option\(\s*'(?:-\w, )?(--[\w-]+)/g)].map(([, name]) => name!);
const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> };

/** What a line of ours says that neither the CLI nor package.json knows. */
function unknownParts(line: string): string[] {
  const words = line.split(/\s+/);
  const npm = words.indexOf('npm');
  const ours = words.findIndex(
    (word, at) =>
      word === 'dist/cli/main.js' || (word === 'tributary' && (at === 0 || words[at - 1] === 'npx')),
  );
  const script = npm >= 0 ? (words[npm + 1] === 'run' ? words[npm + 2]! : words[npm + 1]!) : null;
  const unknownScript =
    script !== null && script !== 'ci' && scripts[script] === undefined ? [`npm ${script}`] : [];
  const rest = ours >= 0 ? words.slice(ours + 1) : script === 'start' ? words.slice(npm + 2) : [];
  const unknownOptions = rest.filter(
    (word) => /^--\w/.test(word) && !cliOptions.includes(word.split('=')[0]!),
  );
  const command = ours >= 0 ? rest.find((word) => !word.startsWith('-')) : undefined;
  const unknownCommand = command !== undefined && !cliCommands.includes(command) ? [command] : [];
  return [...unknownScript, ...unknownOptions, ...unknownCommand];
}

test('the CLI was read: its commands and options are known', () => {
  expect(cliCommands).toEqual(expect.arrayContaining(['start', 'sync', 'plan', 'apply', 'list']));
  expect(cliOptions).toEqual(expect.arrayContaining(['--once', '--json', '--full', '--wait']));
});
