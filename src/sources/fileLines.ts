import { isUtf8 } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';

export type FileEncoding = 'utf8' | 'latin1' | 'utf16le';

/** One physical line without its line end. */
export interface Line {
  /** Null where the line is longer than allowed: it was skipped, not kept. */
  text: string | null;
  /** Why there is no text. */
  fault: string | null;
  bytes: number;
  /** Offset of the byte after the line's end. */
  end: number;
}

export interface LineReader {
  /** The line `ahead` places from here, or undefined at the end of the file. */
  at(ahead: number): Promise<Line | undefined>;
  /** Goes on behind `count` lines that were looked at. */
  take(count: number): void;
}

/** A longer line is no record but a broken file; it is told and skipped without ever being in memory. */
export const lineBytesMax = 1_000_000;
const chunkBytes = 128 * 1024;

/**
 * Reads lines from a byte offset on, in constant memory. In: an open file, the offset of a line's first byte,
 * the encoding. A line that is not valid in its encoding comes as a fault, not as replacement characters.
 */
export function openLines(file: FileHandle, offset: number, encoding: FileEncoding): LineReader {
  const chunks = readChunks(file, offset);
  const lines: Line[] = [];
  let start = offset;
  let carried: Buffer[] = [];
  let carriedBytes = 0;
  let ended = false;

  const finish = (last: Buffer, lineEndBytes: number) => {
    const bytes = carriedBytes + last.length;
    const end = start + bytes + lineEndBytes;
    const whole = bytes > lineBytesMax ? null : Buffer.concat([...carried, last]);
    lines.push({ ...decoded(whole, encoding, start === 0), bytes, end });
    [start, carried, carriedBytes] = [end, [], 0];
  };
  const carry = (rest: Buffer) => {
    carriedBytes += rest.length;
    // Beyond the limit only the length is kept.
    if (carriedBytes <= lineBytesMax) carried.push(rest);
    else carried = [];
  };
  const readMore = async () => {
    const next = await chunks.next();
    if (next.done) {
      ended = true;
      // The last line may lack its line end: the file is complete all the same.
      if (carriedBytes > 0) finish(Buffer.alloc(0), 0);
      return;
    }
    let rest = next.value;
    for (let index = lineEnd(rest, encoding); index >= 0; index = lineEnd(rest, encoding)) {
      const width = encoding === 'utf16le' ? 2 : 1;
      finish(rest.subarray(0, index), width);
      rest = rest.subarray(index + width);
    }
    if (rest.length > 0) carry(rest);
  };

  return {
    async at(ahead) {
      while (lines.length <= ahead && !ended) await readMore();
      return lines[ahead];
    },
    take: (count) => void lines.splice(0, count),
  };
}

/** The encoding a byte order mark tells (it wins over the configured one), or null for UTF-16 big-endian. */
export async function encodingOf(file: FileHandle, configured: FileEncoding): Promise<FileEncoding | null> {
  const head = Buffer.alloc(3);
  const { bytesRead } = await file.read(head, 0, 3, 0);
  if (bytesRead >= 2 && head[0] === 0xfe && head[1] === 0xff) return null;
  if (bytesRead >= 2 && head[0] === 0xff && head[1] === 0xfe) return 'utf16le';
  return bytesRead === 3 && head.equals(Buffer.from([0xef, 0xbb, 0xbf])) ? 'utf8' : configured;
}

/** Whole chunks of one size, so that a two-byte line end never falls between two of them. */
async function* readChunks(file: FileHandle, offset: number): AsyncGenerator<Buffer, void> {
  for (let at = offset; ; at += chunkBytes) {
    const chunk = Buffer.alloc(chunkBytes);
    let filled = 0;
    while (filled < chunkBytes) {
      const { bytesRead } = await file.read(chunk, filled, chunkBytes - filled, at + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    if (filled > 0) yield chunk.subarray(0, filled);
    if (filled < chunkBytes) return;
  }
}

function lineEnd(bytes: Buffer, encoding: FileEncoding): number {
  let index = bytes.indexOf(0x0a);
  if (encoding !== 'utf16le') return index;
  while (index >= 0 && (index % 2 !== 0 || bytes[index + 1] !== 0)) index = bytes.indexOf(0x0a, index + 1);
  return index;
}

function decoded(bytes: Buffer | null, encoding: FileEncoding, first: boolean): Pick<Line, 'text' | 'fault'> {
  if (bytes === null) return { text: null, fault: `the line is longer than ${lineBytesMax} bytes` };
  if (encoding === 'utf8' && !isUtf8(bytes)) {
    return { text: null, fault: 'the line is not valid UTF-8; is the file in another encoding?' };
  }
  const text = bytes.toString(encoding).replace(/\r$/, '');
  return { text: first ? text.replace(/^\uFEFF/, '') : text, fault: null };
}
