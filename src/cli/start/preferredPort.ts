import { createServer } from 'node:net';
import { freePort } from '../../launch/freePort';
import { CliFailure } from '../cliFailure';

/** Where the parts are expected; taken ones are replaced by free ones. */
export const usualPorts = { temporal: 7233, temporalUi: 8233, simulator: 4010, postgres: 54_320 } as const;

/**
 * The port to listen on: the one that was asked for, else the usual one, else a free one.
 * @throws CliFailure when the one that was asked for is taken
 */
export async function choosePort(wanted: number | undefined, usual: number): Promise<number> {
  if (wanted !== undefined && wanted !== 0) {
    if (await isFree(wanted)) return wanted;
    throw new CliFailure(`port ${wanted} is taken`, 2, 'choose another one, or leave the choice to us');
  }
  return wanted !== 0 && usual !== 0 && (await isFree(usual)) ? usual : freePort();
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
