import type { Output } from '../output';
import { durationText } from '../planForecast';

/** Shows what is being done and how it ended. */
export interface Steps {
  /** Runs one step; its detail (an address, a count) stands behind its name when it is done. */
  step<Result>(
    name: string,
    work: () => Promise<Result>,
    detail?: (result: Result) => string,
  ): Promise<Result>;
  /** A line below the current step, while it takes long. */
  progress(line: string): void;
}

const clearLine = '\r\x1b[2K';

/**
 * Steps on a terminal show themselves while they run; elsewhere one line each when they are done.
 * No step begins once `signal` was raised: its reason is thrown.
 */
export function createSteps(
  { stream, isTerminal, say }: Output,
  signal: AbortSignal,
  now: () => number = Date.now,
): Steps {
  let current = '';
  const begin = (name: string): void => {
    current = name;
    if (isTerminal) stream.write(`  … ${name}`);
  };
  const clear = (): void => {
    if (isTerminal) stream.write(clearLine);
  };
  return {
    async step(name, work, detail) {
      signal.throwIfAborted();
      const began = now();
      begin(name);
      try {
        const result = await work();
        clear();
        const more = detail?.(result);
        say(`  ✓ ${name}${more ? `: ${more}` : ''} (${durationText(now() - began)})`);
        return result;
      } catch (error) {
        clear();
        say(`  ✗ ${name}`);
        throw error;
      } finally {
        current = '';
      }
    },
    progress(line) {
      clear();
      say(`    ${line}`);
      if (current && isTerminal) stream.write(`  … ${current}`);
    },
  };
}
