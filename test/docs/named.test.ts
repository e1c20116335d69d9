import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { failpoints } from '../../src/activities/deps';
import { problemKinds } from '../../src/domain/record';
import { switchChoices } from '../../src/simulator/hubspot/switches';
import { readText, root } from './pages';

/** First cells of a page's table rows, where they are code. */
function rowNames(text: string): string[] {
  return [...text.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name!);
}

/** The part of a page below a heading, up to the next one of the same level. */
function section(text: string, heading: string): string {
  const found = text.split(/^## /m).find((part) => part.startsWith(heading));
  if (found === undefined) throw new Error(`no section "${heading}"`);
  return found;
}

describe('docs/uncertain.md', () => {
  const text = readText('docs/uncertain.md');
  const table = section(text, 'The switches');

  test('has a row for every switch of the simulator, and none that is gone', () => {
    expect(rowNames(table).sort()).toEqual(Object.keys(switchChoices).sort());
  });

  test.each(Object.entries(switchChoices))('%s: names every choice', (name, choices) => {
    const row = table.split('\n').find((line) => line.startsWith(`| \`${name}\` |`)) ?? '';
    const cell = row.split('|')[2] ?? '';
    expect([...cell.matchAll(/`([^`]+)`/g)].map(([, choice]) => choice)).toEqual(choices.map(String));
  });
});

test('docs/architecture.md has a row for every failpoint', () => {
  const table = section(readText('docs/architecture.md'), 'What a crash does');
  expect(rowNames(table).sort()).toEqual([...failpoints].sort());
});

test('docs/operations.md tells what to do about every kind of problem', () => {
  const table = section(readText('docs/operations.md'), 'Problems');
  expect(rowNames(table).sort()).toEqual([...problemKinds, 'goneLimit'].sort());
});

test('docs/operations.md has every event of the log', () => {
  const table = section(readText('docs/operations.md'), 'Logs');
  const files = ['activities', 'api', 'worker'].flatMap((folder) =>
    readdirSync(join(root, 'src', folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(root, 'src', folder, name), 'utf8')),
  );
  const events = files.flatMap((text) =>
    [...text.matchAll(/event: '([a-z_]+)'/g)].map(([, event]) => event!),
  );
  expect(events.length).toBeGreaterThan(20);
  expect(events.filter((event) => !table.includes(`\`${event}\``))).toEqual([]);
});
