import { appendFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EolEdit, EolEdits } from './eolEdits';

const fileIn = (stateDir: string) => join(stateDir, 'eol-edits.jsonl');
const lineOf = (id: string, edit: EolEdit) => `${JSON.stringify([id, edit])}\n`;

/** What was written to English Online, as a folder keeps it: one line per change, the last one of a subscriber counts. */
export async function readEolEdits(stateDir: string): Promise<EolEdits> {
  const text = await readFile(fileIn(stateDir), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  // What is behind the last line's end was being written when the demo was killed: it was never answered.
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return Object.fromEntries(
    lines.filter((line) => line !== '').map((line) => JSON.parse(line) as [string, EolEdit]),
  );
}

/**
 * Opens the file for more changes, with one line for each subscriber.
 * @returns what is in it, and how to add a change: one after the other, each in the file when its promise ends
 */
export async function openEolEdits(
  stateDir: string,
): Promise<{ edits: EolEdits; add: (id: string, edit: EolEdit) => Promise<void> }> {
  const [file, edits] = [fileIn(stateDir), await readEolEdits(stateDir)];
  const lines = Object.entries(edits).map(([id, edit]) => lineOf(id, edit));
  await writeFile(`${file}.part`, lines.join(''));
  await rename(`${file}.part`, file);
  let adding = Promise.resolve();
  const add = (id: string, edit: EolEdit): Promise<void> => {
    adding = adding.catch(() => undefined).then(() => appendFile(file, lineOf(id, edit)));
    return adding;
  };
  return { edits, add };
}

/** Forgets them: they are of another world. */
export async function clearEolEdits(stateDir: string): Promise<void> {
  await rm(fileIn(stateDir), { force: true });
}
