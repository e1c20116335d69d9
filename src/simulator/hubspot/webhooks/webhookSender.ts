import { createHash, createHmac } from 'node:crypto';
import type { Happening } from '../happenings';
import type { Portal } from '../portal';
import type { Stamp } from '../crm/recordTable';
import { webhookEvent, type WebhookEvent } from './webhookEvents';
import type { WebhookSettings } from './webhookSettings';

/** Tells an app of changes, as HubSpot does: in batches, some at a time, again when it fails, in no order. */
export interface WebhookSender {
  /** The changes of one request. */
  tell(portal: Portal, happenings: Happening[], stamp: Stamp): void;
  report(): WebhookReport;
  /** Forgets what was not delivered. */
  clear(): void;
}

export interface WebhookReport {
  /** Events that wait for their first or their next delivery, or are under way. */
  waiting: number;
  requests: number;
  /** Requests that were not answered with 2xx in time. */
  failed: number;
  /** Events that were answered with 2xx, repetitions included. */
  delivered: number;
  /** Events whose last attempt failed. */
  givenUp: number;
}

/** Undelivered events that are kept; later ones are given up at once. Not kept over a restart of the simulator. */
const waitingMax = 500_000;

export interface SenderDeps {
  settings: () => WebhookSettings | null;
  random: () => number;
  now: () => number;
}

/** A sender that is quiet while the settings are null. */
export function createWebhookSender({ settings, random, now }: SenderDeps): WebhookSender {
  let ready: WebhookEvent[] = [];
  let generation = 0;
  let sending = 0;
  let collecting = false;
  let eventIds = Math.floor(random() * 1_000_000);
  const counts = { waiting: 0, requests: 0, failed: 0, delivered: 0, givenUp: 0 };

  function add(event: WebhookEvent): void {
    if (counts.waiting >= waitingMax) {
      counts.givenUp += 1;
      return;
    }
    counts.waiting += 1;
    ready.push(event);
  }

  function collect(): void {
    const current = settings();
    if (collecting || !current || ready.length === 0) return;
    collecting = true;
    setTimeout(() => {
      collecting = false;
      pump();
    }, current.collectMs).unref();
  }

  function pump(): void {
    const current = settings();
    while (current && ready.length > 0 && sending < current.concurrency) {
      void deliver(current, take(current));
    }
  }

  function take({ batchMax, shuffle }: WebhookSettings): WebhookEvent[] {
    if (!shuffle) return ready.splice(0, batchMax);
    const batch: WebhookEvent[] = [];
    while (batch.length < batchMax && ready.length > 0) {
      const at = Math.floor(random() * ready.length);
      batch.push(ready[at]!);
      ready[at] = ready[ready.length - 1]!;
      ready.pop();
    }
    return batch;
  }

  async function deliver(current: WebhookSettings, batch: WebhookEvent[]): Promise<void> {
    const mine = generation;
    sending += 1;
    counts.requests += 1;
    const isTaken = await post(current, JSON.stringify(batch), now());
    sending -= 1;
    if (mine !== generation) return;
    if (isTaken) {
      counts.waiting -= batch.length;
      counts.delivered += batch.length;
    } else {
      counts.failed += 1;
      repeat(current, batch);
    }
    pump();
  }

  function repeat({ attemptsMax, retryMs }: WebhookSettings, batch: WebhookEvent[]): void {
    const again = batch.filter(({ attemptNumber }) => attemptNumber + 1 < attemptsMax);
    counts.givenUp += batch.length - again.length;
    counts.waiting -= batch.length - again.length;
    const mine = generation;
    setTimeout(
      () => {
        if (mine !== generation) return;
        for (const event of again) ready.push({ ...event, attemptNumber: event.attemptNumber + 1 });
        pump();
      },
      2 * random() * retryMs,
    ).unref();
  }

  return {
    tell(portal, happenings, stamp) {
      const current = settings();
      if (!current) return;
      for (const happening of happenings) {
        const event = webhookEvent(portal, current, happening, { stamp, eventId: (eventIds += 1) });
        if (!event) continue;
        add(event);
        if (random() < current.duplicateShare) add({ ...event });
      }
      collect();
    },
    report: () => ({ ...counts }),
    clear() {
      generation += 1;
      ready = [];
      counts.waiting = 0;
    },
  };
}

/** One delivery. Whatever goes wrong, HubSpot only sees that it was not answered with 2xx in time. */
async function post(
  { url, clientSecret, signature, timeoutMs }: WebhookSettings,
  body: string,
  nowMs: number,
): Promise<boolean> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'x-hubspot-signature': createHash('sha256')
      .update(clientSecret + body)
      .digest('hex'),
    'x-hubspot-signature-version': 'v1',
  };
  if (signature === 'v3') {
    const timestamp = String(nowMs);
    headers['x-hubspot-request-timestamp'] = timestamp;
    headers['x-hubspot-signature-v3'] = createHmac('sha256', clientSecret)
      .update(`POST${url}${body}${timestamp}`)
      .digest('base64');
  }
  try {
    const reply = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(timeoutMs) });
    await reply.arrayBuffer();
    return reply.ok;
  } catch {
    return false;
  }
}
