import { parseArgs } from 'node:util';

export interface ChaosOptions {
  rounds: number;
  people: number;
  /** Of the first round; the next ones count up, so that one round is replayed by its own seed. */
  seed: number;
  /** Rounds side by side: most of a round is waiting for what was killed to be noticed. */
  parallel: number;
  json: boolean;
  /** Data and logs of all rounds stay, not only of those that went wrong. */
  keep: boolean;
}

const usage = `usage: npm run chaos -- [--rounds 3] [--people 300] [--seed 1] [--parallel 2] [--json] [--keep]`;

/** @throws with the usage where an option is unknown or no whole number */
export function readOptions(args: string[]): ChaosOptions {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '3' },
      people: { type: 'string', default: '300' },
      seed: { type: 'string', default: '1' },
      parallel: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
    },
  });
  const number = (name: 'rounds' | 'people' | 'seed' | 'parallel'): number => {
    if (!/^[1-9]\d{0,8}$/.test(values[name]))
      throw new Error(`--${name} must be a whole number above 0\n${usage}`);
    return Number(values[name]);
  };
  return {
    rounds: number('rounds'),
    people: number('people'),
    seed: number('seed'),
    parallel: number('parallel'),
    json: values.json,
    keep: values.keep,
  };
}
