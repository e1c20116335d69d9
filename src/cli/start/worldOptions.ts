import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CliFailure } from '../cliFailure';

/** The demo's world: the same seed and size give the same people. */
export interface World {
  seed: number;
  people: number;
}

const defaultWorld: World = { seed: 1, people: 5_000 };

/**
 * The world to show: what was asked for, else the one that the state folder holds, else the default.
 * @throws CliFailure where the folder holds another one than was asked for: the simulator has its people already
 */
export function chooseWorld(demoDir: string, wanted: Partial<World>): World {
  const held = heldWorld(demoDir);
  const chosen = {
    seed: wanted.seed ?? held?.seed ?? defaultWorld.seed,
    people: wanted.people ?? held?.people ?? defaultWorld.people,
  };
  if (!held || (held.seed === chosen.seed && held.people === chosen.people)) return chosen;
  throw new CliFailure(
    `${demoDir} holds another demo world (${held.people} people, seed ${held.seed})`,
    2,
    'remove the state folder to begin anew, or give another one with --state-dir',
  );
}

function heldWorld(demoDir: string): World | null {
  let text: string;
  try {
    text = readFileSync(join(demoDir, 'demo-world.json'), 'utf8');
  } catch {
    return null;
  }
  return z.object({ seed: z.number(), people: z.number() }).parse(JSON.parse(text));
}
