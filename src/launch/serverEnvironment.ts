import { dirname, join } from 'node:path';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';

const neededNames = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TZ', 'SYSTEMROOT', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];

/** The environment for a server that is not ours: what programs need to run, none of our tokens. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const kept = neededNames.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  // English messages whatever the machine's language, so that logs and our hints agree.
  return { ...Object.fromEntries(kept), LC_ALL: 'C' };
}

/** Where built and downloaded programs live: outside the checkout, shared by all checkouts of a user. */
export function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'tributary');
}

/** The project's own folder: the nearest one above this file that holds `tools/temporal/go.mod`. */
export function projectFolder(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'tools/temporal/go.mod'))) return folder;
    if (folder === dirname(folder))
      throw new Error('tools/temporal/go.mod is missing from this installation');
  }
}
