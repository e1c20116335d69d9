import { join } from 'node:path';

/** A program of this installation, e.g. `worker/main.js`. */
export function distPath(program: string): string {
  return join(__dirname, '..', program);
}

/** Arguments of Node itself for our own programs: stacks name the source, and no warnings of the runtime. */
export const nodeArguments = ['--enable-source-maps', '--disable-warning=ExperimentalWarning'];
