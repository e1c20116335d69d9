import type { Logger } from 'pino';
import { Counter, type Registry } from 'prom-client';
import { rareLog } from './rareLog';

/** How a webhook request can end. */
export type WebhookOutcome =
  'accepted' | 'unsigned' | 'badSignature' | 'stale' | 'tooLarge' | 'malformed' | 'unavailable';

/** What becomes of an event. */
export type EventOutcome = 'stored' | 'repeated' | 'ignored' | 'unreadable' | 'unknownPortal';

export interface WebhookCounts {
  request(outcome: WebhookOutcome): void;
  events(outcome: EventOutcome, count: number): void;
}

/**
 * Counts webhook requests and their events, and logs what was refused or dropped: rarely, so that nobody can fill the
 * log, and never with anything of the request.
 */
export function webhookCounts(
  log: Logger,
  registry: Registry,
): (endpoint: 'hubspot' | 'sources') => WebhookCounts {
  const requests = new Counter({
    name: 'middleware_webhook_requests_total',
    help: 'Webhook requests by how they ended.',
    labelNames: ['endpoint', 'outcome'],
    registers: [registry],
  });
  const events = new Counter({
    name: 'middleware_webhook_events_total',
    help: 'Events and pushed records of webhooks by what became of them.',
    labelNames: ['endpoint', 'outcome'],
    registers: [registry],
  });
  return (endpoint) => {
    const refused = rareLog(
      log,
      `webhook_refused_${endpoint}`,
      'a webhook request was refused',
      'more webhook requests were refused',
    );
    const dropped = rareLog(
      log,
      `webhook_dropped_${endpoint}`,
      'events of webhooks were dropped',
      'more events of webhooks were dropped',
    );
    return {
      request(outcome) {
        requests.inc({ endpoint, outcome });
        if (outcome !== 'accepted') refused(outcome);
      },
      events(outcome, count) {
        if (count === 0) return;
        events.inc({ endpoint, outcome }, count);
        if (outcome === 'unreadable' || outcome === 'unknownPortal') dropped(outcome);
      },
    };
  };
}
