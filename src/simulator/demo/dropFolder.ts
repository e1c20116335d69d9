import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { changedRows } from './differences';
import { rowsOf, type Row, type World } from './world';

/** Lines per file of a partner. */
const linesPerFile = 1_500;
const columns = [
  'referral_id',
  'email',
  'first_name',
  'last_name',
  'phone',
  'country',
  'partner',
  'referred_on',
  'comment',
];

/** Writes the partners' first delivery: CSV files, each with its `.done` beside it. Returns their names. */
export async function dropReferrals(folder: string, world: World): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const junk = [...world.junk()].filter(({ source }) => source === 'impact').map(({ text }) => text);
  const names: string[] = [];
  let lines: string[] = [];
  const flush = async (): Promise<void> => {
    if (lines.length === 0) return;
    const name = `referrals-2026-10-20-${String(names.length + 1).padStart(3, '0')}.csv`;
    // One partner's spreadsheet writes a byte order mark.
    await drop(folder, name, names.length % 2 === 0 ? '\uFEFF' : '', lines);
    names.push(name);
    lines = [];
  };
  for (const row of rowsOf(world, 'impact', 'referrals')) {
    lines.push(lineOf(row));
    if (row.repeated) lines.push(lineOf(row));
    // A broken line every few good ones, until all are planted.
    if (lines.length % 7 === 3 && junk.length > 0) lines.push(junk.pop() as string);
    if (lines.length >= linesPerFile) await flush();
  }
  lines.push(...junk);
  await flush();
  return names;
}

/** Writes one file with the lines that changed between two states; none where nothing did. */
export async function dropChangedReferrals(folder: string, before: World, after: World): Promise<string[]> {
  const lines: string[] = [];
  for (const { row, gone } of changedRows(before, after)) {
    if (row.source === 'impact' && !gone) lines.push(lineOf(row));
  }
  if (lines.length === 0) return [];
  await mkdir(folder, { recursive: true });
  const name = `referrals-2026-11-change-${String(after.changes.length).padStart(3, '0')}.csv`;
  await drop(folder, name, '', lines);
  return [name];
}

async function drop(folder: string, name: string, mark: string, lines: string[]): Promise<void> {
  const path = join(folder, name);
  await writeFile(`${path}.part`, `${mark}${columns.join(',')}\r\n${lines.join('\r\n')}\r\n`);
  await rename(`${path}.part`, path);
  await writeFile(`${path}.done`, '');
}

const lineOf = (row: Row): string => columns.map((column) => cell(row.raw[column])).join(',');

function cell(value: unknown): string {
  const text = typeof value === 'string' ? value : '';
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
