import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateWorld } from './generate';
import type { Change, World } from './world';

/** What a restart must remember. The world itself is made again from its seed. */
export interface DemoState {
  version: 1;
  seed: number;
  people: number;
  changes: Change[];
  /** How many of the changes the drop folder has seen; -1: nothing was dropped yet. */
  droppedChanges: number;
  /** Simulators whose portal was filled once, by base URL. */
  seededPortals: string[];
  ieltsToken: string;
  eolApiKey: string;
}

const fileName = 'demo-world.json';

/** The state kept in a folder; a fresh one where there is none, or where it belongs to another world. */
export async function readState(
  stateDir: string,
  options: { seed: number; people: number },
): Promise<DemoState> {
  const held = await heldState(stateDir);
  if (held && held.seed === options.seed && held.people === options.people) return held;
  const secret = (): string => randomBytes(18).toString('base64url');
  return {
    ...{ version: 1, seed: options.seed, people: options.people, changes: [], droppedChanges: -1 },
    ...{ seededPortals: [], ieltsToken: secret(), eolApiKey: secret() },
  };
}

async function heldState(stateDir: string): Promise<DemoState | null> {
  let text: string;
  try {
    text = await readFile(join(stateDir, fileName), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  return JSON.parse(text) as DemoState;
}

/** Keeps the state, readable by its owner only: it holds the systems' tokens. Atomic. */
export async function writeState(stateDir: string, state: DemoState): Promise<void> {
  await mkdir(stateDir, { recursive: true });
  const path = join(stateDir, fileName);
  await writeFile(`${path}.part`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.part`, path);
}

/** The world that a state describes. */
export const worldOf = (state: DemoState): World => generateWorld(state);

/** The world of a running or stopped demo, for oracles in other processes. Throws where the folder has none. */
export async function worldFromState(stateDir: string): Promise<World> {
  const held = await heldState(stateDir);
  if (!held) throw new Error(`no demo world in ${stateDir}`);
  return worldOf(held);
}
