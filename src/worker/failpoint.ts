import type { Failpoint } from '../activities/deps';

/**
 * Pass points for crash tests: `TRIBUTARY_FAILPOINT=deliver.sent:3` kills the process, without a chance to clean up,
 * at the third pass of that point; `deliver.sent:3:stop` stalls it there until it is continued from outside. Unset in
 * production: passing costs nothing.
 */
export function createFailpoint(setting: string | undefined): (name: Failpoint) => Promise<void> {
  if (!setting) return () => Promise.resolve();
  const [wanted, at = '1', how = 'kill'] = setting.split(':');
  let passes = 0;
  return async (name) => {
    if (name !== wanted) return;
    passes += 1;
    if (passes !== Number(at)) return;
    process.kill(process.pid, how === 'stop' ? 'SIGSTOP' : 'SIGKILL');
    if (how !== 'stop') await new Promise(() => undefined);
  };
}
