import { createHash } from 'node:crypto';
import type { JsonObject } from '../domain/record';
import { compareCursors, horizonLike, spelledLike } from './cursorValue';
import { SourceFailure } from './contract';
import { firstPage, type PageMark } from './restPaging';

/** Where a read of a list stands. Stored as the cursor; its size does not grow with the read. */
export interface RestPosition extends JsonObject {
  /** Hash of the stream's options: a changed configuration begins the read again. */
  options: string;
  mark: PageMark;
  /** The size asked for, the same for the whole read: page 3 means other items at another size. */
  size: number;
  /** Items of this page that were already taken: for replies larger than a page. */
  skip: number;
  /** Items seen before this page, so that faults can name theirs. */
  seen: number;
  /** The value of the cursor parameter, the same for the whole read; null in a full read. */
  from: string | null;
  /** The greatest believable cursor value of the read so far. */
  greatest: string | null;
  /** When the read began, by the server's clock where it tells (ISO). */
  startedAt: string | null;
  /** A mark refused in the middle of a read (expired) begins the read again, once. */
  restarted: boolean;
  /** Brent's cycle detection: a mark remembered, and how many pages until another is. */
  remembered: string;
  stepsLeft: number;
  steps: number;
  /** The last page's content and how often it came in a row. */
  content: string;
  repeats: number;
}

export function startPosition(options: string, size: number, from: string | null): RestPosition {
  const counters = { skip: 0, seen: 0, stepsLeft: 1, steps: 1, repeats: 0 };
  const unknown = { greatest: null, startedAt: null, remembered: hashOf(firstPage.value), content: '' };
  return { options, mark: firstPage, size, from, restarted: false, ...counters, ...unknown };
}

/**
 * Refuses a list that never ends. In: the position, the next mark, the page's record keys (or other content).
 * Out: the counters of the next position. A cycle of any length is found with one remembered mark (Brent 1980);
 * an API that ignores its page parameter gives the same page for ever: the third in a row is refused (two may
 * be rows that moved on while reading).
 */
export function watchForLoops(position: RestPosition, next: PageMark, content: string, name: string) {
  const mark = hashOf(next.value);
  if (mark === position.remembered) {
    throw new SourceFailure(
      'configuration',
      `${name}: the next page is one that was read before; the list has no end`,
    );
  }
  const contentHash = hashOf(content);
  const repeats = content !== '' && contentHash === position.content ? position.repeats + 1 : 0;
  if (repeats >= 2) {
    throw new SourceFailure(
      'configuration',
      `${name}: three pages in a row are the same; does it know the paging parameter?`,
    );
  }
  const stepsLeft = position.stepsLeft - 1;
  const cycle =
    stepsLeft > 0
      ? { remembered: position.remembered, stepsLeft, steps: position.steps }
      : { remembered: mark, stepsLeft: position.steps * 2, steps: position.steps * 2 };
  return { ...cycle, content: contentHash, repeats };
}

/** The greater of two cursor values, leaving out what lies in the far future of the read's start. */
export function greatestBelievable(
  greatest: string | null,
  cursor: string | null,
  startedAt: Date,
  timeZone: string | undefined,
): string | null {
  if (cursor === null) return greatest;
  const horizon = horizonLike(cursor, startedAt, timeZone);
  if (horizon !== null && compareCursors(cursor, horizon) > 0) return greatest;
  return greatest === null || compareCursors(cursor, greatest) > 0 ? cursor : greatest;
}

/**
 * The cursor to keep: the greatest seen, but not after the start of the read, because what changed on pages
 * already read while later ones were being read was not seen.
 */
export function watermarkCursor(position: RestPosition, timeZone: string | undefined): string | null {
  const { greatest, startedAt } = position;
  if (greatest === null || startedAt === null) return greatest;
  const start = spelledLike(greatest, new Date(startedAt), timeZone);
  return start !== null && compareCursors(greatest, start) > 0 ? start : greatest;
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
