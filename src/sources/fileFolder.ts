import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { SourceFailure } from './contract';

/** A drop folder on disk, and the folder that taken files are moved to. */
export interface Folders {
  drop: string;
  done: string;
}

/** A file that was read to its end. Its records are committed once the cursor that names it is. */
export interface TakenFile {
  name: string;
  sha256: string;
  /** When reading began: the order in which a full read visits moved files. */
  takenAt: string;
  [key: string]: string;
}

export interface FileState {
  name: string;
  size: number;
  mtimeMs: number;
}

/** Folder paths of a connection. In: the drop folder; the other one absolute or inside it. */
export function foldersOf(folder: string, doneFolder: string): Folders {
  return { drop: folder, done: isAbsolute(doneFolder) ? doneFolder : join(folder, doneFolder) };
}

/** Names that match the pattern (`*` = any characters), sorted; the done folder may not exist yet. */
export async function matchingNames(
  folders: Folders,
  area: keyof Folders,
  pattern: string,
): Promise<string[]> {
  const matches = patternMatcher(pattern);
  const entries = await readdir(folders[area], { withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (area === 'done' && error.code === 'ENOENT') return [];
      throw folderFailure(error, `the ${area} folder cannot be read`);
    },
  );
  return entries
    .filter(
      (entry) =>
        entry.isFile() &&
        !entry.name.endsWith('.done') &&
        matches(area === 'done' ? displayName(entry.name) : entry.name),
    )
    .map((entry) => entry.name)
    .sort();
}

/** Whether a file is complete: its `.done` stands beside it, or it has not changed for `stableMs`. */
export async function isReady(
  folders: Folders,
  name: string,
  ready: 'done' | 'stable',
  stableMs: number,
  now: Date,
): Promise<boolean> {
  if (ready === 'done') return (await statOrNull(join(folders.drop, `${name}.done`))) !== null;
  const state = await statOrNull(join(folders.drop, name));
  // The inode's own time too: a copy may carry the original's old modification time while it is being written.
  return state !== null && Math.max(state.mtimeMs, state.ctimeMs) <= now.getTime() - stableMs;
}

/** Size and time of a file, or null where it is gone. */
export async function fileState(
  folders: Folders,
  area: keyof Folders,
  name: string,
): Promise<FileState | null> {
  const state = await statOrNull(join(folders[area], name));
  return state === null ? null : { name, size: state.size, mtimeMs: state.mtimeMs };
}

/** SHA-256 of a file as hex, read in pieces. */
export async function checksumOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch (error) {
    throw folderFailure(error, 'a file cannot be read');
  }
  return hash.digest('hex');
}

/**
 * Moves a taken file out of the drop folder. Repeatable; a file of the same name but other content stays.
 * The marker goes first: left behind it would make the next file of this name look complete.
 */
export async function moveTaken(folders: Folders, taken: TakenFile): Promise<void> {
  const from = join(folders.drop, taken.name);
  if ((await statOrNull(from)) === null || (await checksumOf(from)) !== taken.sha256) return;
  const to = join(folders.done, movedName(taken));
  try {
    await mkdir(folders.done, { recursive: true });
    await rm(`${from}.done`, { force: true });
    await rename(from, to).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EXDEV') throw error;
      // Another disk: a copy beside the target first, so that the target's name never stands for half a file.
      await copyFile(from, `${to}.part`);
      await rename(`${to}.part`, to);
      await rm(from);
    });
  } catch (error) {
    throw folderFailure(error, 'a file that was read cannot be moved to the done folder');
  }
}

/** Time first, so that names sort as the files were taken; the checksum keeps two files of one name apart. */
function movedName({ name, sha256, takenAt }: TakenFile): string {
  return `${takenAt.replace(/[-:.]/g, '')}-${sha256.slice(0, 8)}-${name}`;
}

/** A moved file's name as the partner gave it. */
export function displayName(name: string): string {
  return name.replace(/^\d{8}T\d{9}Z-[0-9a-f]{8}-/, '');
}

function patternMatcher(pattern: string): (name: string) => boolean {
  const escaped = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const regex = new RegExp(`^${escaped.join('.*')}$`, 's');
  return (name) => regex.test(name);
}

async function statOrNull(path: string) {
  return lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw folderFailure(error, 'a file cannot be looked at');
  });
}

/**
 * A missing folder or right is for a person to mend; anything else (a share that is away) may pass.
 * @param what without the file's name, which may name a person; the cause has it
 */
export function folderFailure(error: unknown, what: string): SourceFailure {
  const code = (error as NodeJS.ErrnoException | null)?.code ?? 'no code';
  const lasting = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS', 'EISDIR'].includes(code);
  return new SourceFailure(lasting ? 'configuration' : 'retry', `${what} (${code})`, null, { cause: error });
}
