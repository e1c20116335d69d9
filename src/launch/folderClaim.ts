import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { endProcess, isAlive, processIdentity, type ProcessIdentity } from './processIdentity';

/** The right of this process to a folder or file, until `release`. */
export interface FolderClaim {
  /** Notes the server that works on the folder, so that the next owner can end it if we die without a word. */
  recordChild(pid: number, signal: NodeJS.Signals): void;
  release(): void;
}

interface Owner extends ProcessIdentity {
  child?: ProcessIdentity & { signal: NodeJS.Signals };
}

/** How long a server left behind by a killed owner may take to end: Postgres may write a checkpoint. */
const orphanDeadlineMs = 30_000;

/** Thrown by `claimFolder` when a living process holds the claim. */
export class FolderInUse extends Error {
  constructor(
    readonly path: string,
    readonly pid: number,
  ) {
    super(`${path} is in use by process ${pid}; stop that one first`);
    this.name = 'FolderInUse';
  }
}

/**
 * Claims `path` for this process by a file next to it (`<path>.owner`). A claim whose owner is dead is taken over,
 * and the server that the owner left running is ended first.
 * @throws FolderInUse when a living process, this one included, holds the claim
 */
export async function claimFolder(path: string): Promise<FolderClaim> {
  const ownerFile = `${path}.owner`;
  mkdirSync(dirname(ownerFile), { recursive: true });
  const self = processIdentity(process.pid);
  if (!self) throw new Error('cannot tell the start time of this process (neither /proc nor ps)');
  const owner: Owner = { ...self };
  for (let attempt = 0; !write(ownerFile, owner, 'wx'); attempt += 1) {
    if (attempt === 10) throw new Error(`cannot claim ${path}: ${ownerFile} keeps coming back`);
    await endStaleOwner(path, ownerFile);
  }
  return {
    recordChild(pid, signal) {
      const child = processIdentity(pid);
      if (child) write(ownerFile, { ...owner, child: { ...child, signal } }, 'w');
    },
    release: () => rmSync(ownerFile, { force: true }),
  };
}

async function endStaleOwner(path: string, ownerFile: string): Promise<void> {
  const text = read(ownerFile);
  const owner = parse(text);
  if (owner && isAlive(owner)) throw new FolderInUse(path, owner.pid);
  if (owner?.child && isAlive(owner.child)) {
    await endProcess(owner.child, owner.child.signal, orphanDeadlineMs);
  }
  // Somebody else may have taken it over meanwhile: remove only what was judged.
  if (read(ownerFile) === text) rmSync(ownerFile, { force: true });
}

function write(file: string, owner: Owner, flag: 'wx' | 'w'): boolean {
  try {
    writeFileSync(file, JSON.stringify(owner), { flag });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** A half-written file of a killed process is as good as none. */
function parse(text: string | undefined): Owner | undefined {
  try {
    return text ? (JSON.parse(text) as Owner) : undefined;
  } catch {
    return undefined;
  }
}
