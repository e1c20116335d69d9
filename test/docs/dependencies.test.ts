import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readText, root } from './pages';

const page = readText('docs/dependencies.md');
const manifest = JSON.parse(readText('package.json')) as {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};

/** The rows of a section's table: package and reason. */
function rowsBelow(heading: string): [name: string, reason: string][] {
  const section = page.split(/^## /m).find((part) => part.startsWith(heading));
  if (section === undefined) throw new Error(`docs/dependencies.md has no section "${heading}"`);
  return [...section.matchAll(/^\| `([^`]+)` \|(.*)\|$/gm)].map(([, name, reason]) => [
    name!,
    reason!.trim(),
  ]);
}

describe('docs/dependencies.md', () => {
  test.each([
    ['At run time', Object.keys(manifest.dependencies)],
    ['For development and tests', Object.keys(manifest.devDependencies)],
  ])('%s: every package has one line, and every line a package', (heading, packages) => {
    const names = rowsBelow(heading).map(([name]) => name);
    expect([...names].sort()).toEqual([...packages].sort());
  });

  test('gives a reason in every line', () => {
    const rows = [...rowsBelow('At run time'), ...rowsBelow('For development and tests')];
    expect(rows.filter(([, reason]) => reason.length < 'types'.length)).toEqual([]);
  });

  test('a package of run time that nothing in src imports says so', () => {
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readText(join('src', name)))
      .join('\n');
    const isImported = (name: string): boolean =>
      sources.includes(`'${name}'`) || sources.includes(`'${name}/`);
    const says = rowsBelow('At run time').map(([name, reason]) => [name, !reason.startsWith('not imported')]);
    expect(says).toEqual(rowsBelow('At run time').map(([name]) => [name, isImported(name)]));
  });
});
