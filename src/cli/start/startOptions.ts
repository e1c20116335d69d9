import type { Output } from '../output';
import type { Parts, PartName } from './parts';
import type { Steps } from './steps';

/** What a person may say to `tributary start`. */
export interface StartOptions {
  once?: boolean;
  people?: number;
  seed?: number;
  /** Share of the demo's source rows that change at this start. */
  change?: number;
  /** Port of the API. */
  port?: number;
  temporalPort?: number;
  uiPort?: number;
  simulatorPort?: number;
  /** Calls per 10 s that the simulator grants, or `off`. */
  limit?: string;
}

/** What the steps of a start share. */
export interface StartScene {
  options: StartOptions;
  stateDir: string;
  configPath: string;
  output: Output;
  steps: Steps;
  parts: Parts;
  /** Grows with every part: what the next ones need to find it. */
  env: Record<string, string | undefined>;
  /** What stands at the end, for people. */
  urls: Record<string, string>;
  onDeath: (name: PartName, how: string, logFile: string) => void;
}
