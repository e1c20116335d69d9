import { parse } from 'csv-parse/sync';
import { lineBytesMax, type LineReader } from './fileLines';

/** One CSV record, or the reason why its first line is none. `lines`: how many physical lines it took. */
export type CsvRecord =
  { fields: string[]; lines: number; end: number } | { fault: string; lines: number; end: number };

/** A quoted field may hold line breaks, but not a whole file: beyond this the opening quote is the fault. */
const recordLinesMax = 1_000;

/**
 * The next record from the reader's place, not taken yet. In: the delimiter, and the number of columns that a
 * record must have (null for the header). Out: null at the end of the file. A quote that is never closed, or
 * closed in the wrong place, spoils only the line it stands in: the next line is tried as a record of its own.
 */
export async function nextCsvRecord(
  lines: LineReader,
  delimiter: string,
  columns: number | null,
): Promise<CsvRecord | null> {
  const first = await lines.at(0);
  if (first === undefined) return null;
  const faulty = (fault: string): CsvRecord => ({ fault, lines: 1, end: first.end });
  if (first.text === null) return faulty(first.fault!);
  let text = first.text;
  let scan = scanQuotes(text, delimiter, 'fieldStart');
  let count = 1;
  let end = first.end;
  while (scan === 'quoted') {
    const line = count < recordLinesMax ? await lines.at(count) : undefined;
    if (line?.text === undefined || line.text === null || text.length + line.bytes > lineBytesMax) {
      return faulty('a quote is opened and never closed');
    }
    text += `\n${line.text}`;
    scan = scanQuotes(`\n${line.text}`, delimiter, 'quoted');
    count += 1;
    end = line.end;
  }
  if (scan === 'misplaced') return faulty('a quote stands in the wrong place');
  const fields = text.includes('"') ? parsedFields(text, delimiter) : text.split(delimiter);
  if (columns !== null && fields.length !== columns) {
    return faulty(
      `it has ${fields.length} ${fields.length === 1 ? 'column' : 'columns'}, the header has ${columns}`,
    );
  }
  return { fields, lines: count, end };
}

type Scan = 'fieldStart' | 'plain' | 'quoted' | 'afterQuote' | 'misplaced';

/** Follows the quotes through a text. Out: `quoted` where it ends inside a quoted field. */
function scanQuotes(text: string, delimiter: string, from: Scan): Scan {
  let state = from;
  if (state !== 'quoted' && !text.includes('"')) return 'plain';
  for (const character of text) {
    if (state === 'quoted') {
      if (character === '"') state = 'afterQuote';
    } else if (state === 'afterQuote' && character === '"') {
      state = 'quoted';
    } else if (character === delimiter) {
      state = 'fieldStart';
    } else if (state === 'afterQuote') {
      return 'misplaced';
    } else {
      state = state === 'fieldStart' && character === '"' ? 'quoted' : 'plain';
    }
  }
  return state;
}

/** `relax_quotes` only lets a quote inside an unquoted field be (`12" pipe`); misplaced ones were found before. */
function parsedFields(text: string, delimiter: string): string[] {
  const rows = parse(text, {
    delimiter,
    relax_quotes: true,
    relax_column_count: true,
    record_delimiter: ['\n'],
  });
  return rows[0] ?? [];
}
