import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../../src/domain/record';
import type { FilesStream } from '../../src/sources/files';
import { filesSource } from '../../src/sources/files';
import { sourceContract, type ContractHarness, type ContractRow } from './contract';

interface Format {
  options: Omit<FilesStream, 'ready' | 'pattern'>;
  text(rows: ContractRow[]): Buffer;
  broken: Buffer;
  expected(row: ContractRow): JsonObject;
  cursorField?: string;
}

/** A drop folder: every put is a new file, complete when its marker stands beside it. */
async function folderHarness(format: Format): Promise<ContractHarness> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-files-'));
  let count = 0;
  const drop = async (content: Buffer) => {
    const file = join(folder, `people-${String((count += 1)).padStart(4, '0')}.dat`);
    await writeFile(file, content);
    await writeFile(`${file}.done`, '');
  };
  return {
    request: {
      stream: 'people',
      options: { ...format.options, pattern: 'people-*.dat', ready: 'done' },
      recordKey: ['id'],
      ...(format.cursorField === undefined ? {} : { cursorField: format.cursorField }),
    },
    open: () => filesSource.open({ source: 'partner', connection: { folder }, now: () => new Date() }),
    put: (rows) => drop(format.text(rows)),
    spoil: () => drop(format.broken),
    expected: format.expected,
    close: () => rm(folder, { recursive: true }),
  };
}

const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Names get a line break, so that records span lines. */
const csvText = (rows: ContractRow[], lineEnd: string) =>
  [
    'id,changed,name,big',
    ...rows.map((row) => [row.id, row.changedAt, `${row.name}\n2`, row.big].map(quoted).join(',')),
  ].join(lineEnd);

const asCsv = (row: ContractRow) => ({
  id: row.id,
  changed: row.changedAt,
  name: `${row.name}\n2`,
  big: row.big,
});

sourceContract('files of JSON lines', () =>
  folderHarness({
    options: { format: 'jsonl' },
    text: (rows) =>
      Buffer.from(
        rows
          .map(
            (row) =>
              `{"id":"${row.id}","changed":"${row.changedAt}","big":${row.big},"name":${JSON.stringify(`${row.name}\u0000`)}}\n`,
          )
          .join(''),
      ),
    broken: Buffer.from('{"id":"half\n\n[1]\n{"no":"key"}\n'),
    expected: (row) => ({ id: row.id, changed: row.changedAt, name: `${row.name}\u0000`, big: row.big }),
    cursorField: 'changed',
  }),
);
sourceContract('files of CSV', () =>
  folderHarness({
    options: { format: 'csv' },
    text: (rows) => Buffer.from(`\ufeff${csvText(rows, '\r\n')}`),
    broken: Buffer.from('id,changed,name,big\nonly-one\n"never closed,1,2,3\n,1,2,3\n'),
    expected: asCsv,
  }),
);
sourceContract('files of CSV in UTF-16', () =>
  folderHarness({
    options: { format: 'csv', encoding: 'utf16le' },
    text: (rows) => Buffer.from(csvText(rows, '\n'), 'utf16le'),
    broken: Buffer.from('id,changed,name,big\nonly-one\n', 'utf16le'),
    expected: asCsv,
  }),
);
