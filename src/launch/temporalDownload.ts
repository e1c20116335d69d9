import { spawnSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface DownloadOptions {
  version: string;
  /** File to write the program to; its folder must exist. */
  target: string;
  onProgress: (line: string) => void;
  /** Where the archives are. Default: the place the SDK itself downloads from. */
  baseUrl?: string;
}

/** A machine behind a wall that swallows packets must not wait longer than this before it builds instead. */
const answerDeadlineMs = 5_000;
const wholeDeadlineMs = 180_000;

const platforms: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'linux',
  darwin: 'darwin',
  win32: 'windows',
};
const architectures: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * Tries the official download of the Temporal CLI.
 * @returns undefined when `target` is there, else the reason why it is not (offline, refused, too slow, broken)
 */
export async function downloadTemporal(options: DownloadOptions): Promise<string | undefined> {
  const platform = platforms[process.platform];
  const architecture = architectures[process.arch];
  if (!platform || !architecture) return `no archive for ${process.platform} ${process.arch}`;
  const base = options.baseUrl ?? 'https://temporal.download';
  const url = `${base}/cli/archive/v${options.version}?platform=${platform}&arch=${architecture}&format=tar.gz`;
  const folder = mkdtempSync(join(dirname(options.target), 'download-'));
  try {
    await fetchTo(url, join(folder, 'archive.tar.gz'), () =>
      options.onProgress(`Temporal dev server ${options.version}: downloading from ${base}`),
    );
    const unpacked = spawnSync('tar', ['-xzf', 'archive.tar.gz'], { cwd: folder });
    if (unpacked.status !== 0) return 'the archive cannot be unpacked';
    const program = join(folder, platform === 'windows' ? 'temporal.exe' : 'temporal');
    if (spawnSync(program, ['--version']).status !== 0) return 'the downloaded program does not run';
    renameSync(program, options.target);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fetchTo(url: string, file: string, onAnswer: () => void): Promise<void> {
  const controller = new AbortController();
  const noAnswer = setTimeout(() => controller.abort(new Error('no answer in 5 s')), answerDeadlineMs);
  const tooSlow = setTimeout(() => controller.abort(new Error('not complete in 3 minutes')), wholeDeadlineMs);
  try {
    const reply = await fetch(url, { signal: controller.signal });
    clearTimeout(noAnswer);
    if (!reply.ok || !reply.body) throw new Error(`HTTP ${reply.status}`);
    onAnswer();
    await pipeline(Readable.fromWeb(reply.body), createWriteStream(file));
  } finally {
    clearTimeout(noAnswer);
    clearTimeout(tooSlow);
  }
}

/** fetch hides the reason ("getaddrinfo ENOTFOUND …") one level down. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { message: string; cause?: { message?: string } };
  return cause?.message ?? message;
}
