import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject } from '../domain/record';
import type {
  Cursor,
  OpenOptions,
  OpenSource,
  Page,
  PageFault,
  ReadPageRequest,
  SourceKind,
} from './contract';
import {
  checksumOf,
  displayName,
  fileState,
  folderFailure,
  foldersOf,
  isReady,
  matchingNames,
  moveTaken,
  type Folders,
  type TakenFile,
} from './fileFolder';
import type { FileEncoding } from './fileLines';
import { readFilePage } from './filePage';
import { lastPerKey } from './recordKey';
import { hashOf } from './restPosition';

export interface FilesConnection {
  /** The drop folder; the worker must be able to move files in it. */
  folder: string;
  /** Where taken files go: absolute, or inside the drop folder. Default `processed`. */
  doneFolder?: string;
}

export interface FilesStream {
  /** `*` stands for any characters. */
  pattern: string;
  format: 'csv' | 'jsonl';
  /** `done`: `<file>.done` stands beside it. `stable`: it has not changed for `stableMs`. */
  ready: 'done' | 'stable';
  /** Default 10 s. */
  stableMs?: number;
  /** CSV; default ','. */
  delimiter?: string;
  encoding?: FileEncoding;
  /** CSV without a header line: the column names. */
  columns?: string[];
}

/** Where a read stands. `unmoved` holds the files whose end this cursor commits. */
interface FilesPosition extends JsonObject {
  options: string;
  full: boolean;
  /** The last file name of each area at the start: files that come later are left to the next read. */
  until: { done: string; drop: string };
  /** The last file that is finished, per area. */
  after: { done: string; drop: string };
  file: OpenFile | null;
  taken: string[];
  unmoved: TakenFile[];
  /** When reading the newest file began; '' before the first. */
  takenAt: string;
}

interface OpenFile extends JsonObject {
  area: 'done' | 'drop';
  name: string;
  size: number;
  mtimeMs: number;
  sha256: string;
  takenAt: string;
  offset: number;
  line: number;
}

/** Checksums kept to recognise a file that is dropped again; the oldest are forgotten (33 KB of cursor). */
const rememberedMax = 500;

/** Files from a drop folder: each is taken once, when complete, in the order of names, and then moved. */
export const filesSource: SourceKind<FilesConnection, FilesStream> = {
  kind: 'files',
  open: async (options) => openFiles(options),
};

function openFiles({ connection, now }: OpenOptions<FilesConnection>): OpenSource<FilesStream> {
  const folders = foldersOf(connection.folder, connection.doneFolder ?? 'processed');
  const moveCommitted = async (cursor: Cursor | null) => {
    for (const taken of unmovedOf(cursor)) await moveTaken(folders, taken);
  };
  return {
    async readPage(request) {
      // Whatever cursor is handed in was committed: files it finished are moved if a crash prevented that.
      await moveCommitted(request.position ?? request.since);
      return readPage(folders, request, now);
    },
    afterCommit: ({ cursor }) => moveCommitted(cursor),
    close: async () => undefined,
  };
}

async function readPage(
  folders: Folders,
  request: ReadPageRequest<FilesStream>,
  now: () => Date,
): Promise<Page> {
  const optionsHash = hashOf(JSON.stringify([request.stream, request.options]));
  const stored = request.position as FilesPosition | null;
  const begun =
    stored !== null && stored.options === optionsHash
      ? { ...stored, unmoved: [] }
      : await startRead(folders, request, optionsHash);
  const { position, faults } = await withOpenFile(folders, begun, request, now);
  const file = position.file;
  if (file === null) return { records: [], faults, next: null, watermark: watermarkOf(position), calls: 1 };

  const handle = await open(join(folders[file.area], file.name)).catch((error: unknown) => {
    throw folderFailure(error, 'the file to read cannot be opened');
  });
  try {
    const page = await readFilePage(handle, file, request);
    const reached = page.ended
      ? finished(position, file)
      : { ...position, file: { ...file, offset: page.offset, line: page.line } };
    const more = !page.ended || (await candidates(folders, reached, request, now)).length > 0;
    return {
      records: lastPerKey(page.records),
      faults: [...faults, ...page.faults],
      ...(file.offset === 0 ? { beginsFile: displayName(file.name) } : {}),
      next: more ? reached : null,
      watermark: watermarkOf(reached),
      calls: 1,
    };
  } finally {
    await handle.close();
  }
}

async function startRead(
  folders: Folders,
  request: ReadPageRequest<FilesStream>,
  options: string,
): Promise<FilesPosition> {
  // A stored position of other options: what it had taken is kept, the rest is read with the new ones.
  const known = (request.position ?? request.since) as Partial<FilesPosition> | null;
  const full = request.since === null && known?.full !== false;
  const last = async (area: 'done' | 'drop') =>
    (await matchingNames(folders, area, request.options.pattern)).at(-1) ?? '';
  return {
    options,
    full,
    until: { done: full ? await last('done') : '', drop: await last('drop') },
    after: { done: '', drop: '' },
    file: null,
    taken: full ? [] : (known?.taken ?? []),
    unmoved: [],
    takenAt: known?.takenAt ?? '',
  };
}

/** Files that may be read next, in order: in a full read those already moved come first. */
async function candidates(
  folders: Folders,
  position: FilesPosition,
  request: ReadPageRequest<FilesStream>,
  now: () => Date,
): Promise<{ area: 'done' | 'drop'; name: string }[]> {
  const { pattern, ready, stableMs = 10_000 } = request.options;
  const inArea = async (area: 'done' | 'drop') =>
    (await matchingNames(folders, area, pattern))
      .filter((name) => name > position.after[area] && name <= position.until[area])
      .map((name) => ({ area, name }));
  const found = position.full ? await inArea('done') : [];
  for (const file of await inArea('drop')) {
    if (await isReady(folders, file.name, ready, stableMs, now())) found.push(file);
  }
  return found;
}

/** The position with the file to read: the one it was in if that is unchanged, else the next new one. */
async function withOpenFile(
  folders: Folders,
  begun: FilesPosition,
  request: ReadPageRequest<FilesStream>,
  now: () => Date,
): Promise<{ position: FilesPosition; faults: PageFault[] }> {
  let position = begun;
  const faults: PageFault[] = [];
  const current = position.file;
  if (current !== null) {
    const state = await fileState(folders, current.area, current.name);
    if (state?.size === current.size && state.mtimeMs === current.mtimeMs) return { position, faults };
    // Replaced in the middle: what is there now is looked at like a new file.
    position = { ...position, file: null };
    if (state === null) {
      const reason = 'the file vanished before it was read to its end';
      faults.push({ where: `${displayName(current.name)}:${current.line + 1}`, key: null, reason });
    }
  }
  for (const { area, name } of await candidates(folders, position, request, now)) {
    const state = await fileState(folders, area, name);
    if (state === null) continue;
    const sha256 = await checksumOf(join(folders[area], name));
    const takenAt = laterThan(position.takenAt, now());
    const begin = { area, ...state, sha256, takenAt, offset: 0, line: 0 };
    if (!position.taken.includes(sha256)) return { position: { ...position, takenAt, file: begin }, faults };
    position = finished({ ...position, takenAt }, begin);
  }
  return { position, faults };
}

function finished(position: FilesPosition, { area, name, sha256, takenAt }: OpenFile): FilesPosition {
  const taken = position.taken.filter((known) => known !== sha256);
  return {
    ...position,
    file: null,
    after: { ...position.after, [area]: name },
    taken: [...taken, sha256].slice(-rememberedMax),
    unmoved: area === 'drop' ? [...position.unmoved, { name, sha256, takenAt }] : position.unmoved,
  };
}

function watermarkOf({ taken, unmoved, takenAt }: FilesPosition): Cursor {
  return { taken, unmoved, takenAt };
}

/** Later than the file before, also on a coarse clock: moved files sort by it. */
function laterThan(takenAt: string, now: Date): string {
  return takenAt === ''
    ? now.toISOString()
    : new Date(Math.max(now.getTime(), Date.parse(takenAt) + 1)).toISOString();
}

function unmovedOf(cursor: Cursor | null): TakenFile[] {
  return (cursor?.['unmoved'] ?? []) as TakenFile[];
}
