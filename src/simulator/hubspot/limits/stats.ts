/** Counts of the calls since the last reset. */
export interface Stats {
  /** Counts a finished call. Status 0 is a call that got no answer (reset by a fault). */
  count(call: CountedCall): void;
  report(): StatsReport;
  reset(): void;
}

/** What is counted of a call. */
export interface CountedCall {
  /** Method and route template, e.g. `POST /crm/objects/2026-09/{type}/batch/upsert`. */
  endpoint: string;
  /** Object type and operation, e.g. `contacts batch/upsert`. */
  operation: string | undefined;
  writes: boolean;
  inputs: number;
  status: number;
}

export interface StatsReport {
  since: string;
  calls: number;
  writeCalls: number;
  byEndpoint: Record<string, Record<string, number>>;
  /** `done`: calls answered with 2xx. */
  byOperation: Record<string, { calls: number; done: number; inputs: number }>;
}

/** Empty counts. */
export function createStats(): Stats {
  const fresh = (): StatsReport => ({
    since: new Date().toISOString(),
    calls: 0,
    writeCalls: 0,
    byEndpoint: {},
    byOperation: {},
  });
  let held = fresh();
  return {
    count({ endpoint, operation, writes, inputs, status }) {
      held.calls++;
      if (writes) held.writeCalls++;
      const statuses = (held.byEndpoint[endpoint] ??= {});
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (operation === undefined) return;
      const counts = (held.byOperation[operation] ??= { calls: 0, done: 0, inputs: 0 });
      counts.calls++;
      counts.inputs += inputs;
      if (status >= 200 && status < 300) counts.done++;
    },
    report: () => held,
    reset() {
      held = fresh();
    },
  };
}
