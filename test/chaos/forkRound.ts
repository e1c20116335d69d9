import { fork } from 'node:child_process';
import { join } from 'node:path';
import { emptyReport, type RoundOptions, type RoundReport } from './round';

/**
 * Plays a round in a process of its own: no other round's work delays what HubSpot's simulator sees, and whatever
 * happens to the round's process is that round's. Its servers end with it.
 */
export function forkRound(options: RoundOptions): Promise<RoundReport> {
  return new Promise((resolve) => {
    let report: RoundReport = {
      ...emptyReport(options.seed),
      stuck: 'its process ended; its reason stands above',
    };
    const child = fork(join(__dirname, 'roundMain.js'), {
      execArgv: process.execArgv,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child.once('message', (told: RoundReport) => (report = told));
    child.once('exit', () => resolve(report));
    child.send(options);
  });
}
