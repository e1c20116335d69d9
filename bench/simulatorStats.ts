/** What a simulator counted since the last reset. */
export interface SimulatorStats {
  calls: number;
  writeCalls: number;
  byOperation: Record<string, { calls: number; done: number; inputs: number }>;
  limits: { buckets: Record<string, BucketStats>; daily: { used: number } };
}

export interface BucketStats {
  limit: number | null;
  /** Most calls that any window held when a call arrived, that call included. */
  largestAtArrival: number;
  /** 429s given. */
  violations: number;
}

export async function readStats(url: string): Promise<SimulatorStats> {
  const reply = await fetch(`${url}/_simulator/stats`);
  return (await reply.json()) as SimulatorStats;
}

export async function resetStats(url: string): Promise<void> {
  await order(url, 'stats/reset', {});
}

/** Orders through a simulator's control plane, as its limits or an edit by hand. @throws where it refuses */
export async function order(url: string, what: string, body: object): Promise<void> {
  const reply = await fetch(`${url}/_simulator/${what}`, { method: 'POST', body: JSON.stringify(body) });
  if (!reply.ok) throw new Error(`the simulator answered ${reply.status} to ${what}: ${await reply.text()}`);
}

/** Changes settings of a simulator, e.g. its limits or latency. @throws where it refuses them */
export function setSettings(url: string, settings: object): Promise<void> {
  return order(url, 'settings', settings);
}
