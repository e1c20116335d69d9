import { setTimeout as sleep } from 'node:timers/promises';

const retryMsDefault = 1_000;
const triesMax = 10_000;

export interface CallCount {
  calls: number;
  /** Of them, those refused with 429. */
  refused: number;
}

/** One call as scripts make it: on 429 it sleeps as long as HubSpot says, else a second, and tries again. */
export async function politeCall(
  url: string,
  request: { method: string; path: string; body: unknown },
  count: CallCount,
): Promise<Response> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    count.calls += 1;
    const reply = await fetch(`${url}${request.path}`, {
      method: request.method,
      headers: { Authorization: 'Bearer pat-simulator', 'Content-Type': 'application/json' },
      body: JSON.stringify(request.body),
    });
    if (reply.status !== 429) return reply;
    count.refused += 1;
    await reply.arrayBuffer();
    await sleep(Number(reply.headers.get('Retry-After') ?? retryMsDefault / 1_000) * 1_000);
  }
  throw new Error(`${request.path} was refused ${triesMax} times`);
}
