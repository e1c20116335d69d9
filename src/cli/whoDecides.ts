import { userInfo } from 'node:os';

/** Who is remembered with a decision: what was said, else the user of this machine. */
export function whoDecides(said: string | undefined): string {
  if (said !== undefined && said.trim() !== '') return said.trim();
  try {
    return `cli: ${userInfo().username}`;
  } catch {
    // A container may run under a number without a name.
    return 'cli';
  }
}
