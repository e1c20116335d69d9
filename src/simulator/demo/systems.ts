import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { changedBy } from './change';
import { readState, worldOf, writeState } from './demoState';
import { dropChangedReferrals, dropReferrals } from './dropFolder';
import type { EolEdits } from './eolEdits';
import { clearEolEdits, openEolEdits } from './eolEditsFile';
import { startEol } from './eolSystem';
import { generateWorld } from './generate';
import { seedSimulator } from './portalSeed';
import { startIelts } from './restSystems';
import { fillSqlSystems } from './sqlSystem';
import type { Change, World } from './world';

export interface DemoOptions {
  /** A Postgres in which the schemas `warehouse` and `erp` may be dropped and made. */
  databaseUrl: string;
  /** Remembers the world's changes and what was dropped; the drop folder lies in it. */
  stateDir: string;
  seed: number;
  people: number;
  /** 0 or absent: a free port. */
  ieltsPort?: number;
  eolPort?: number;
}

/** The five source systems of the demo, running. */
export interface DemoSystems {
  azureUrl: string;
  erpUrl: string;
  ieltsUrl: string;
  ieltsToken: string;
  eolUrl: string;
  eolApiKey: string;
  impactFolder: string;
  /** What `tributary.config.yaml` takes from the environment. */
  environment: Record<string, string>;
  /** The world as it is served now. */
  world(): World;
  /** Changes the world in all its systems at once; returns it. */
  change(change: Change): Promise<World>;
  /**
   * Fills a simulator's portal with what it held before the first sync: once, the state folder remembers it.
   * True where it was filled now.
   */
  seedPortal(simulatorUrl: string): Promise<boolean>;
  /** What was written back to English Online, by subscriber. */
  eolEdits(): EolEdits;
  /** How often each subscriber was written back since the start, by id. */
  eolWrites(): ReadonlyMap<string, number>;
  /** Answered REST requests, by source. */
  calls(): { ielts: number; eol: number };
  stop(): Promise<void>;
}

/** Starts the demo's source systems, filled with the world of the seed and all changes remembered in `stateDir`. */
export async function startDemoSystems(options: DemoOptions): Promise<DemoSystems> {
  const { databaseUrl, stateDir } = options;
  const impactFolder = join(stateDir, 'impact');
  const state = await readState(stateDir, options);
  let world = worldOf(state);
  const save = (): Promise<void> => writeState(stateDir, state);
  const remember = async (): Promise<void> => {
    state.droppedChanges = state.changes.length;
    await save();
  };
  await fillSqlSystems(databaseUrl, world, generateWorld);
  if (state.droppedChanges < 0) {
    // Files of another world must not be read as this one's.
    await rm(impactFolder, { recursive: true, force: true });
    await clearEolEdits(stateDir);
    await dropReferrals(impactFolder, world);
  } else if (state.droppedChanges < state.changes.length) {
    const seen = generateWorld({ ...state, changes: state.changes.slice(0, state.droppedChanges) });
    await dropChangedReferrals(impactFolder, seen, world);
  }
  await remember();
  const ielts = await startIelts(world, state.ieltsToken, options.ieltsPort);
  const { edits: eolEdits, add } = await openEolEdits(stateDir);
  const eol = await startEol(world, state.eolApiKey, options.eolPort, eolEdits, add);
  return {
    ...{ azureUrl: databaseUrl, erpUrl: databaseUrl, ieltsUrl: ielts.url, eolUrl: eol.url, impactFolder },
    ...{ ieltsToken: state.ieltsToken, eolApiKey: state.eolApiKey },
    environment: {
      ...{ AZURE_URL: databaseUrl, ERP_URL: databaseUrl, IMPACT_FOLDER: impactFolder },
      ...{
        IELTS_URL: ielts.url,
        IELTS_TOKEN: state.ieltsToken,
        EOL_URL: eol.url,
        EOL_API_KEY: state.eolApiKey,
      },
    },
    world: () => world,
    change: async (change) => {
      const before = world;
      const after = changedBy(world, change);
      // Remembered first: a crash in between is repaired by the next start, which applies what is missing.
      state.changes = [...after.changes];
      await save();
      await fillSqlSystems(databaseUrl, after, generateWorld);
      await dropChangedReferrals(impactFolder, before, after);
      ielts.show(after);
      eol.show(after);
      await remember();
      world = after;
      return after;
    },
    seedPortal: async (simulatorUrl) => {
      // The port may change between starts, so any simulator counts as the one this folder belongs to.
      if (state.seededPortals.length > 0) return false;
      await seedSimulator(simulatorUrl, world);
      state.seededPortals.push(simulatorUrl);
      await save();
      return true;
    },
    eolEdits: () => eolEdits,
    eolWrites: () => eol.writes(),
    calls: () => ({ ielts: ielts.calls(), eol: eol.calls() }),
    stop: async () => {
      await Promise.all([ielts.stop(), eol.stop()]);
    },
  };
}
