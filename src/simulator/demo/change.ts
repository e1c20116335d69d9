import { generateWorld } from './generate';
import type { Change, World } from './world';

/** The world after some of its source rows changed at `at` (default share 1%). Deterministic in `seed`. */
export function changeWorld(world: World, change: { fraction: number; seed: number; at: Date }): World {
  const { fraction, seed, at } = change;
  if (!(fraction >= 0 && fraction <= 1)) throw new Error(`fraction must be from 0 to 1, not ${fraction}`);
  return changedBy(world, { do: 'rows', fraction, seed, at: at.toISOString() });
}

/** The world after one planned change. */
export function changedBy(world: World, change: Change): World {
  return generateWorld({ seed: world.seed, people: world.people, changes: [...world.changes, change] });
}
