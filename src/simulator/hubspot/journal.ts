import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { applyChange, type Envelope } from './changes';
import { createPortal, type Portal } from './portal';
import { snapshotChanges } from './snapshot';

/** The portal's history in a file: what was acknowledged survives SIGKILL of the process (not a power cut). */
export interface Journal {
  /** Appends one request's changes with one write to the operating system, before the reply leaves. */
  append(envelope: Envelope): void;
  /** Replaces the file by a snapshot of `portal` (after a reset, or when the file has grown). */
  compact(portal: Portal): void;
  close(): void;
}

/** A file is rewritten as a snapshot when what was appended since the last one is larger than this. */
const appendedBytesMax = 512 * 1024 * 1024;
/** At start the bound is lower: nobody waits for a reply then. */
const appendedBytesMaxAtStart = 32 * 1024 * 1024;
const chunkBytes = 4 * 1024 * 1024;

const fileOf = (directory: string, generation: number): string =>
  join(directory, `journal-${generation}.jsonl`);

function generations(directory: string): number[] {
  return readdirSync(directory)
    .map((name) => /^journal-(\d+)\.jsonl$/.exec(name)?.[1])
    .filter((found) => found !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}

/** Opens the journal of a directory (made if missing) and replays it into a portal. */
export function openJournal(directory: string, portalId: number): { journal: Journal; portal: Portal } {
  mkdirSync(directory, { recursive: true });
  let generation = generations(directory).at(-1) ?? 1;
  const portal = createPortal(portalId);
  let file = openSync(fileOf(directory, generation), 'a+');
  const replayed = replay(file, portal);
  let appended = replayed.bytesAfterSnapshot;
  removeOthers(directory, generation);

  const compact = (from: Portal): void => {
    const next = fileOf(directory, generation + 1);
    const draft = openSync(`${next}.draft`, 'w');
    writeText(draft, `${JSON.stringify({ portalId })}\n`);
    const stamp = { at: 0, type: 'SNAPSHOT', id: '' };
    for (const changes of snapshotChanges(from)) writeText(draft, `${JSON.stringify({ stamp, changes })}\n`);
    writeText(draft, `${JSON.stringify({ snapshotEnds: true })}\n`);
    fsyncSync(draft);
    closeSync(draft);
    renameSync(`${next}.draft`, next);
    closeSync(file);
    generation++;
    file = openSync(next, 'a');
    appended = 0;
    removeOthers(directory, generation);
  };
  if (replayed.portalId !== undefined && replayed.portalId !== portalId) {
    closeSync(file);
    throw new Error(`the state in ${directory} belongs to portal ${replayed.portalId}, not ${portalId}`);
  }
  if (replayed.portalId === undefined || appended > appendedBytesMaxAtStart) compact(portal);

  const journal: Journal = {
    append(envelope) {
      appended += writeText(file, `${JSON.stringify(envelope)}\n`);
      if (appended > appendedBytesMax) compact(portal);
    },
    compact,
    close: () => closeSync(file),
  };
  return { journal, portal };
}

function writeText(file: number, text: string): number {
  const bytes = Buffer.from(text, 'utf8');
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
  return bytes.length;
}

function removeOthers(directory: string, generation: number): void {
  for (const old of generations(directory)) if (old !== generation) rmSync(fileOf(directory, old));
}

interface Replayed {
  portalId: number | undefined;
  bytesAfterSnapshot: number;
}

type Line = Partial<Envelope> & { portalId?: number; snapshotEnds?: boolean };

/** Replays all whole lines; a torn last line was never acknowledged and is cut off. */
function replay(file: number, portal: Portal): Replayed {
  const found: Replayed = { portalId: undefined, bytesAfterSnapshot: 0 };
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let rest: Buffer[] = [];
  let end = 0;
  const take = (text: string, bytes: number): void => {
    end += bytes;
    found.bytesAfterSnapshot += bytes;
    const line = JSON.parse(text) as Line;
    if (line.portalId !== undefined) found.portalId = line.portalId;
    if (line.snapshotEnds) found.bytesAfterSnapshot = 0;
    const stamp = line.stamp;
    if (stamp) for (const change of line.changes ?? []) applyChange(portal, change, stamp);
  };
  for (let position = 0; ;) {
    const size = readSync(file, chunk, 0, chunkBytes, position);
    if (size === 0) break;
    position += size;
    let start = 0;
    for (let stop = chunk.indexOf(10); stop >= 0 && stop < size; stop = chunk.indexOf(10, start)) {
      rest.push(Buffer.from(chunk.subarray(start, stop)));
      const line = Buffer.concat(rest);
      rest = [];
      take(line.toString('utf8'), line.length + 1);
      start = stop + 1;
    }
    rest.push(Buffer.from(chunk.subarray(start, size)));
  }
  ftruncateSync(file, end);
  return found;
}
