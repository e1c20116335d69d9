import type { Queryable } from '../db/pool';
import { setMode, type Portal } from '../db/portals';
import { CliFailure } from './cliFailure';
import { plural } from './commandContext';

/**
 * Sets a portal live: from now on it is written. Only after a passed check of the very same configuration.
 * @param settingsHash of the configuration at hand
 * @throws CliFailure with what is missing
 */
export async function goLive(db: Queryable, portal: Portal, settingsHash: string): Promise<void> {
  const { name, portalId, checkedHash, checkFaults } = portal;
  const hint = 'run `tributary check`, then apply again';
  if (checkedHash === null) throw new CliFailure(`portal "${name}" was never checked`, 1, hint);
  if (checkedHash !== settingsHash) {
    throw new CliFailure(`the configuration changed since portal "${name}" was checked`, 1, hint);
  }
  if (checkFaults.length > 0) {
    const found = `the last check found ${plural(checkFaults.length, 'fault')}`;
    throw new CliFailure(
      `${found}:\n${checkFaultLines(checkFaults)}`,
      1,
      'correct them and run `tributary check`',
    );
  }
  await setMode(db, portalId, 'live');
}

/** The faults of a check, one a line, each with its hint. */
export function checkFaultLines(faults: Portal['checkFaults']): string {
  return faults
    .map(({ path, fault, hint }) => `  ${path}: ${fault}${hint ? `\n    hint: ${hint}` : ''}`)
    .join('\n');
}
