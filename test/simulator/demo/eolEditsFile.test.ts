import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearEolEdits, openEolEdits, readEolEdits } from '../../../src/simulator/demo/eolEditsFile';

const edit = (value: string) => ({
  at: '2026-11-22T10:00:00.000Z',
  fields: { language: { value, over: null } },
});
let folder: string;
const text = () => readFileSync(join(folder, 'eol-edits.jsonl'), 'utf8');

beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'tributary-eol-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what was added is there after a restart, the last of each subscriber, also behind half a line', async () => {
  const { edits, add } = await openEolEdits(folder);
  expect(edits).toEqual({});
  await Promise.all([add('a', edit('en')), add('b', edit('de')), add('a', edit('fr'))]);
  appendFileSync(join(folder, 'eol-edits.jsonl'), '["c",{"at":"2026-1');
  expect(await readEolEdits(folder)).toEqual({ a: edit('fr'), b: edit('de') });

  const again = await openEolEdits(folder);
  expect(again.edits).toEqual({ a: edit('fr'), b: edit('de') });
  expect(text().split('\n')).toHaveLength(3);
  await again.add('d', edit('es'));
  expect(Object.keys(await readEolEdits(folder))).toEqual(['a', 'b', 'd']);
  await clearEolEdits(folder);
  expect(await readEolEdits(folder)).toEqual({});
});
