import type { Logger } from 'pino';
import { Counter, type Registry } from 'prom-client';
import type { AuthFailure } from './authenticate';

/** One line per this long, however many try: nobody can fill the log without a token. */
const windowMs = 60_000;

/** Counts refused requests and logs their rate: the first at once, those of the following minute together. */
export function authFailures(log: Logger, registry: Registry): (reason: AuthFailure) => void {
  const total = new Counter({
    name: 'middleware_api_auth_failures_total',
    help: 'API requests refused for their token.',
    labelNames: ['reason'],
    registers: [registry],
  });
  let more: Record<string, number> | null = null;

  return (reason) => {
    total.inc({ reason });
    if (more) {
      more[reason] = (more[reason] ?? 0) + 1;
      return;
    }
    more = {};
    log.warn({ event: 'auth_refused', reason }, 'an API request had no valid token');
    setTimeout(() => {
      const failures = more ?? {};
      more = null;
      if (Object.keys(failures).length === 0) return;
      log.warn({ event: 'auth_refused', ...failures, windowMs }, 'more API requests had no valid token');
    }, windowMs).unref();
  };
}
