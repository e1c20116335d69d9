import type { BareRiver } from './bareRiver';

/** A call of the simulator's control plane. */
export async function control(river: BareRiver, path: string, body: unknown): Promise<unknown> {
  const reply = await fetch(`${river.simulatorUrl}/_simulator/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  if (!reply.ok) throw new Error(`${path}: ${await reply.text()}`);
  return reply.json();
}

export interface StormStats {
  webhooks: { waiting: number; delivered: number; givenUp: number };
  byOperation: Record<string, { calls: number }>;
  equalValueWrites: number;
  writeCalls: number;
}

/** The simulator's report, with that of its webhooks. */
export async function stats(river: BareRiver): Promise<StormStats> {
  return (await (await fetch(`${river.simulatorUrl}/_simulator/stats`)).json()) as StormStats;
}
