import type { Logger } from 'pino';
import { Counter, type Registry } from 'prom-client';
import type { AuthFailure } from './authenticate';
import { rareLog } from './webhooks/rareLog';

/** Counts refused requests and logs them rarely: nobody can fill the log without a token. */
export function authFailures(log: Logger, registry: Registry): (reason: AuthFailure) => void {
  const total = new Counter({
    name: 'middleware_api_auth_failures_total',
    help: 'API requests refused for their token.',
    labelNames: ['reason'],
    registers: [registry],
  });
  const tell = rareLog(
    log,
    'auth_refused',
    'an API request had no valid token',
    'more API requests had no valid token',
  );

  return (reason) => {
    total.inc({ reason });
    tell(reason);
  };
}
