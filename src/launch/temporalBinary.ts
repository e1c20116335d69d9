import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { claimFolder, FolderInUse, type FolderClaim } from './folderClaim';
import { downloadTemporal } from './temporalDownload';
import { cacheFolder, projectFolder } from './serverEnvironment';

/** The version of tools/temporal/go.mod. */
const temporalVersion = '1.8.2';

export interface FindTemporalOptions {
  /** Gets a line to show now and then while something takes long. */
  onProgress?: (line: string) => void;
}

const executable = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
const waitForOtherMs = 900_000;

/**
 * Path of the official Temporal CLI with its dev server: TEMPORAL_CLI_PATH, else `temporal` on PATH, else our cache,
 * else the official download, else built once with the Go toolchain from the pinned module in tools/temporal.
 * Two processes that need it at once build it once.
 * @throws with what to do when none of the ways is open on this machine
 */
export async function findOrBuildTemporal({
  onProgress = () => undefined,
}: FindTemporalOptions = {}): Promise<string> {
  const chosen = process.env['TEMPORAL_CLI_PATH'];
  if (chosen) {
    if (!isProgram(chosen)) throw new Error(`TEMPORAL_CLI_PATH names no program: ${chosen}`);
    return chosen;
  }
  const installed = onPath(executable);
  if (installed) return installed;
  const target = join(
    cacheFolder(),
    `temporal-${temporalVersion}${process.platform === 'win32' ? '.exe' : ''}`,
  );
  if (isProgram(target)) return target;
  mkdirSync(cacheFolder(), { recursive: true });
  const claim = await claimOrWait(target, onProgress);
  if (!claim) return target;
  try {
    await make(target, onProgress);
  } finally {
    claim.release();
  }
  return target;
}

/** Undefined when another process made the program while we waited for it. */
async function claimOrWait(
  target: string,
  onProgress: (line: string) => void,
): Promise<FolderClaim | undefined> {
  const until = Date.now() + waitForOtherMs;
  for (let told = false; Date.now() < until;) {
    try {
      const claim = await claimFolder(target);
      if (!isProgram(target)) return claim;
      claim.release();
      return undefined;
    } catch (error) {
      if (!(error instanceof FolderInUse)) throw error;
      if (!told) onProgress(`Temporal dev server: process ${error.pid} is getting it, waiting`);
      told = true;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
  throw new Error(`waited 15 minutes for another process to make ${target}`);
}

/** The program appears under its name only when complete: a killed build leaves nothing that looks right. */
async function make(target: string, onProgress: (line: string) => void): Promise<void> {
  const unfinished = `${target}.${process.pid}.unfinished`;
  try {
    const problem = await downloadTemporal({ version: temporalVersion, target: unfinished, onProgress });
    if (problem !== undefined) await build(unfinished, problem, onProgress);
    if (spawnSync(unfinished, ['--version']).status !== 0)
      throw new Error('the new Temporal CLI does not run');
    renameSync(unfinished, target);
    onProgress(`Temporal dev server ${temporalVersion}: ready in ${target}`);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

async function build(
  target: string,
  whyNoDownload: string,
  onProgress: (line: string) => void,
): Promise<void> {
  const go = onPath(process.platform === 'win32' ? 'go.exe' : 'go') ?? goAtItsUsualPlace();
  if (!go) {
    throw new Error(
      `No Temporal dev server: the download is not reachable (${whyNoDownload}) and there is no Go toolchain to build ` +
        'it. Do one of these: set TEMPORAL_ADDRESS to a running Temporal; install the `temporal` CLI and have it on ' +
        'PATH (or name it in TEMPORAL_CLI_PATH); install Go 1.26.4 or newer (https://go.dev/dl).',
    );
  }
  const began = Date.now();
  const say = (): void => {
    const seconds = Math.round((Date.now() - began) / 1_000);
    onProgress(
      `Temporal dev server ${temporalVersion}: building with Go, ${seconds} s (once, about 3 minutes)`,
    );
  };
  say();
  const timer = setInterval(say, 10_000);
  try {
    await runGo(go, target);
  } finally {
    clearInterval(timer);
  }
}

function runGo(go: string, target: string): Promise<void> {
  const version = `github.com/temporalio/cli/internal/temporalcli.Version=${temporalVersion}`;
  const args = ['build', '-mod=readonly', '-trimpath', '-ldflags', `-s -w -X ${version}`, '-o', target];
  return new Promise((resolve, reject) => {
    const running = spawn(go, [...args, 'github.com/temporalio/cli/cmd/temporal'], {
      cwd: join(projectFolder(), 'tools/temporal'),
      env: { ...process.env, CGO_ENABLED: '0' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    running.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000)));
    running.once('error', reject);
    running.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`building the Temporal dev server failed (go exit code ${code}):\n${said}`));
    });
  });
}

function goAtItsUsualPlace(): string | undefined {
  return ['/usr/local/go/bin/go', '/opt/homebrew/bin/go', '/usr/lib/go/bin/go'].find(isProgram);
}

function onPath(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return existsSync(path);
  } catch {
    return false;
  }
}
