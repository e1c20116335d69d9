import type { FileHandle } from 'node:fs/promises';
import type { JsonObject } from '../domain/record';
import type { PageFault, ReadPageRequest, SourceRecord } from './contract';
import { nextCsvRecord } from './csvRecords';
import { changedAtOf, cursorText } from './cursorValue';
import { parseExactJson } from './exactJson';
import { encodingOf, openLines, type LineReader } from './fileLines';
import { displayName } from './fileFolder';
import type { FilesStream } from './files';
import { recordKeyOf, valueAt } from './recordKey';
import { isObject, kindOf } from './restPaging';

export interface FilePage {
  records: SourceRecord[];
  faults: PageFault[];
  /** Of the byte after the last line taken, and the number of that line. */
  offset: number;
  line: number;
  ended: boolean;
}

/** A page also ends after this many bytes, whatever the page size: lines may be long, and empty ones many. */
const pageBytesMax = 8_000_000;

/** One physical record of a file: its payload, or why it has none; null for an empty line. */
type Row = { payload: JsonObject } | { fault: string } | null;
type NextRow = () => Promise<{ row: Row; lines: number; end: number } | undefined>;

/**
 * Reads the records of one file from its offset on, at most a page. In: the open file, its name and place.
 * A broken line becomes a fault with file and line number and the rest goes on; a file without a usable head
 * (encoding, columns) becomes one fault and ends.
 */
export async function readFilePage(
  handle: FileHandle,
  file: { name: string; offset: number; line: number },
  request: ReadPageRequest<FilesStream>,
): Promise<FilePage> {
  const unusable = (reason: string): FilePage => ({
    records: [],
    faults: [{ where: `${displayName(file.name)}:1`, key: null, reason }],
    offset: 0,
    line: 0,
    ended: true,
  });
  const { options } = request;
  const encoding = await encodingOf(handle, options.encoding ?? 'utf8');
  if (encoding === null) return unusable('the file is UTF-16 big-endian, which is not read');
  let start = { offset: file.offset, line: file.line };
  let columns: string[] = [];
  if (options.format === 'csv') {
    const head = await csvHead(openLines(handle, 0, encoding), options, request.recordKey);
    if ('fault' in head) return unusable(head.fault);
    columns = head.columns;
    if (file.offset === 0) start = { offset: head.end, line: head.lines };
  }
  const lines = openLines(handle, start.offset, encoding);
  const nextRow = options.format === 'csv' ? csvRows(lines, options, columns) : jsonRows(lines);

  const page: FilePage = { records: [], faults: [], ...start, ended: false };
  while (
    page.records.length + page.faults.length < request.pageSize &&
    page.offset - start.offset < pageBytesMax
  ) {
    const next = await nextRow();
    if (next === undefined) return { ...page, ended: true };
    addRow(page, next.row, `${displayName(file.name)}:${page.line + 1}`, request);
    lines.take(next.lines);
    page.offset = next.end;
    page.line += next.lines;
  }
  // Known now, so that a file that ends with its page needs no empty one.
  page.ended = (await lines.at(0)) === undefined;
  return page;
}

function addRow(page: FilePage, row: Row, where: string, request: ReadPageRequest<FilesStream>): void {
  if (row === null) return;
  if ('fault' in row) {
    page.faults.push({ where, key: null, reason: row.fault });
    return;
  }
  const key = recordKeyOf(row.payload, request.recordKey);
  if ('reason' in key) {
    page.faults.push({ where, key: null, reason: key.reason });
    return;
  }
  const cursor =
    request.cursorField === undefined ? null : cursorText(valueAt(row.payload, request.cursorField));
  page.records.push({ key: key.key, payload: row.payload, changedAt: changedAtOf(cursor, request.timeZone) });
}

async function csvHead(
  lines: LineReader,
  options: FilesStream,
  recordKey: string[],
): Promise<{ columns: string[]; lines: number; end: number } | { fault: string }> {
  if (options.columns !== undefined) return { columns: options.columns, lines: 0, end: 0 };
  const head = await nextCsvRecord(lines, options.delimiter ?? ',', null);
  if (head === null) return { fault: 'the file is empty, it has not even a header line' };
  if ('fault' in head) return { fault: `its header line cannot be read: ${head.fault}` };
  const columns = head.fields.map((name) => name.trim());
  if (columns.some((name) => name.includes('\r'))) {
    return { fault: 'its lines end with a carriage return alone, which is not read' };
  }
  const missing = recordKey.filter((name) => !columns.includes(name));
  if (missing.length > 0)
    return { fault: `its header has no column ${missing.join(', ')}, which is the record key` };
  const twice = columns.find((name, index) => columns.indexOf(name) !== index);
  if (twice !== undefined) return { fault: `its header names the column ${twice} twice` };
  return { columns, lines: head.lines, end: head.end };
}

function csvRows(lines: LineReader, options: FilesStream, columns: string[]): NextRow {
  return async () => {
    const line = await lines.at(0);
    if (line?.text === '') return { row: null, lines: 1, end: line.end };
    const record = await nextCsvRecord(lines, options.delimiter ?? ',', columns.length);
    if (record === null) return undefined;
    const { lines: count, end } = record;
    if ('fault' in record) return { row: { fault: record.fault }, lines: count, end };
    const payload = Object.fromEntries(columns.map((name, index) => [name, record.fields[index]!]));
    return { row: { payload }, lines: count, end };
  };
}

function jsonRows(lines: LineReader): NextRow {
  return async () => {
    const line = await lines.at(0);
    return line === undefined ? undefined : { row: jsonRow(line.text, line.fault), lines: 1, end: line.end };
  };
}

function jsonRow(text: string | null, fault: string | null): Row {
  if (text === null) return { fault: fault! };
  if (text.trim() === '') return null;
  try {
    const value = parseExactJson(text);
    return isObject(value)
      ? { payload: value }
      : { fault: `the line should be a JSON object but is ${kindOf(value)}` };
  } catch {
    // The parser's message may quote the line, so it is left out.
    return { fault: 'the line is not valid JSON' };
  }
}
