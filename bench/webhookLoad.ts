import { createHmac } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { collectGarbage } from './collectGarbage';

export interface LoadTarget {
  /** Without the path. */
  url: string;
  clientSecret: string;
  portalId: string;
}

export interface LoadFigures {
  requests: number;
  /** Answers other than 200, and calls without one. */
  failed: number;
  /** Requests per second that were really sent. */
  rate: number;
  /** Milliseconds from the sending of each request to the end of its answer. */
  latencies: number[];
}

/** HubSpot opens ten connections per account by default (facts §8); a hundred stand for many accounts. */
const connectionsMax = 100;
const path = '/webhooks/hubspot';
let objectIds = 1_000_000;

/** Sends deliveries at a steady rate, however fast they are answered. No two events are the same. */
export async function sendDeliveries(
  target: LoadTarget,
  { perSecond, seconds, eventsEach }: { perSecond: number; seconds: number; eventsEach: number },
): Promise<LoadFigures> {
  const agent = new Agent({ keepAlive: true, maxSockets: connectionsMax });
  const latencies: number[] = [];
  const open = new Set<Promise<void>>();
  let failed = 0;
  const total = perSecond * seconds;
  // All written and signed before the first is sent: this process should do little else than send.
  const deliveries = Array.from({ length: total }, () => deliveryOf(target, eventsEach));
  collectGarbage();
  const began = performance.now();
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1_000) * perSecond) + 1);
    for (; sent < due; sent += 1) {
      const call = deliver(agent, target.url, deliveries[sent]!).then(({ status, ms }) => {
        latencies.push(ms);
        if (status !== 200) failed += 1;
      });
      open.add(call);
      void call.finally(() => open.delete(call));
    }
    await sleep(1);
  }
  const rate = total / ((performance.now() - began) / 1_000);
  await Promise.all(open);
  agent.destroy();
  return { requests: total, failed, rate, latencies };
}

interface Delivery {
  headers: Record<string, string | number>;
  body: Buffer;
}

function deliveryOf({ url, clientSecret, portalId }: LoadTarget, eventsEach: number): Delivery {
  const body = JSON.stringify(Array.from({ length: eventsEach }, () => eventOf(Number(portalId))));
  const timestamp = String(Date.now());
  const signature = createHmac('sha256', clientSecret)
    .update(`POST${url}${path}${body}${timestamp}`)
    .digest('base64');
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-hubspot-signature-v3': signature,
    'x-hubspot-request-timestamp': timestamp,
  };
  return { headers, body: Buffer.from(body) };
}

/** The time begins when the request is handed over, also where it then waits for a connection. */
function deliver(
  agent: Agent,
  url: string,
  { headers, body }: Delivery,
): Promise<{ status: number; ms: number }> {
  return new Promise((resolve) => {
    const began = performance.now();
    const end = (status: number) => resolve({ status, ms: performance.now() - began });
    request(url + path, { method: 'POST', agent, headers }, (response) => {
      response.resume().once('end', () => end(response.statusCode ?? 0));
    })
      .once('error', () => end(0))
      .end(body);
  });
}

function eventOf(portalId: number): Record<string, unknown> {
  objectIds += 1;
  return {
    ...{ eventId: objectIds, subscriptionId: 12_345, portalId, appId: 54_321, occurredAt: Date.now() },
    ...{ subscriptionType: 'contact.propertyChange', attemptNumber: 0, objectId: objectIds },
    ...{
      propertyName: 'phone',
      propertyValue: '+442079460000',
      changeSource: 'CRM_UI',
      sourceId: 'userId:7',
    },
  };
}
