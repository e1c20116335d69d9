/** What chaos reads of the simulator's report. */
export interface SimulatorReport {
  calls: number;
  limits: { buckets: Record<string, { largestAtArrival: number; violations: number; limit: number | null }> };
  faults: { id: number; do: string; hits: number }[];
}

/** Orders through the simulator's control plane. @throws with its reason where it refuses */
export async function control(
  simulatorUrl: string,
  path: string,
  body: unknown,
  method = 'POST',
): Promise<unknown> {
  const reply = await fetch(`${simulatorUrl}/_simulator/${path}`, {
    method,
    ...(method === 'GET' ? {} : { body: JSON.stringify(body) }),
  });
  if (!reply.ok) throw new Error(`the simulator refuses ${path}: ${await reply.text()}`);
  return reply.json();
}

export async function orderFault(simulatorUrl: string, order: unknown): Promise<number> {
  return ((await control(simulatorUrl, 'faults', order)) as { id: number }).id;
}

export async function readReport(simulatorUrl: string): Promise<SimulatorReport> {
  return (await control(simulatorUrl, 'stats', null, 'GET')) as SimulatorReport;
}
