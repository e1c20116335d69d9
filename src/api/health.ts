import type { Handler } from './endpoint';
import type { ApiDeps } from './deps';
import { ApiProblem, type RequestFault } from './problem';

/** A part that does not answer within this is not there: an orchestrator asks again soon. */
const checkMs = 2_000;

/** The process answers; says nothing about what it needs. */
export function live(): Handler {
  return (_request, response) => {
    response.json({ status: 'live' });
  };
}

/** Ready when Postgres answers and has our tables, and Temporal answers and has our namespace. */
export function ready({ pool, temporal }: Pick<ApiDeps, 'pool' | 'temporal'>): Handler {
  const postgres = sharedCheck('Postgres', async () => {
    await pool.query('select from api_tokens limit 1');
  });
  const server = sharedCheck('Temporal', async () => {
    const { namespace } = temporal.options;
    await temporal.withDeadline(Date.now() + checkMs, () =>
      temporal.workflowService.describeNamespace({ namespace }),
    );
  });

  return async (_request, response) => {
    const faults = await Promise.all([postgres(), server()]);
    const errors = faults.filter((fault) => fault !== null);
    const headers = { 'Retry-After': '5' };
    if (errors.length > 0) throw new ApiProblem('not-ready', { errors, headers });
    response.json({ status: 'ready' });
  };
}

/** A check that many probes share while it runs, so that a part that hangs is asked once and not ever more often. */
function sharedCheck(part: string, check: () => Promise<void>): () => Promise<RequestFault | null> {
  let running: Promise<RequestFault | null> | null = null;
  return () => {
    const fault = { part, detail: `${part} does not answer, or is not set up yet` };
    running ??= check()
      .then(() => null)
      .catch(() => fault)
      .finally(() => (running = null));
    return withinTime(running, fault);
  };
}

async function withinTime<Value>(work: Promise<Value>, late: Value): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<Value>((resolve) => {
    timer = setTimeout(() => resolve(late), checkMs);
  });
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}
