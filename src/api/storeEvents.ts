import type { Pool, PoolClient } from 'pg';
import { insertEvents, type InboxEvent } from '../db/inbox';
import { listPortals } from '../db/portals';
import { within } from './deadline';
import type { InboxBell } from './inboxBell';
import { ApiProblem } from './problem';
import type { WebhookCounts } from './webhookCounts';

/** HubSpot waits 5 s for an answer (facts §8): the store must have answered well before. */
const storeMs = 3_000;
/** Requests that may wait for a connection; more means that the store is far behind, and waiting would only cost memory. */
const waitingMax = 500;
/** Postgres: data exceptions and program limits, such as absurd nesting. */
const dataFault = /^(?:22|54)\w{3}$/;

const tryAgain = { headers: { 'Retry-After': '5' } };

/** Where webhooks keep what they are told. */
export interface EventStore {
  /**
   * Stores the events of a request with one statement, counts what became of them, and rings; Temporal is not waited for.
   * @param portalNames whose events these may be; null: any portal's
   * @throws ApiProblem 503 when the store does not take them in time: the sender sends them again, and they are folded
   */
  store(events: InboxEvent[], portalNames: string[] | null, counts: WebhookCounts): Promise<void>;
  /** Ids of the given portals, as far as they were ever met. @throws ApiProblem 503 when the store does not say in time */
  portalIds(names: string[], counts: WebhookCounts): Promise<string[]>;
}

export function createEventStore(pool: Pool, bell: InboxBell): EventStore {
  async function ask<Result>(
    counts: WebhookCounts,
    statement: (client: PoolClient) => Promise<Result>,
  ): Promise<Result> {
    try {
      if (pool.waitingCount >= waitingMax) throw new Error('too many requests wait for the store');
      return await within(pool, storeMs, statement);
    } catch (cause) {
      // Data that Postgres cannot hold will not become better by being sent again.
      const isData = dataFault.test(String((cause as { code?: unknown } | null)?.code));
      counts.request(isData ? 'malformed' : 'unavailable');
      throw isData
        ? new ApiProblem('bad-request', { cause })
        : new ApiProblem('not-ready', { ...tryAgain, cause });
    }
  }

  return {
    async store(events, portalNames, counts) {
      if (events.length === 0) return;
      const { newIn, unknownPortals } = await ask(counts, (client) =>
        insertEvents(client, events, portalNames),
      );
      const sum = (rows: { events: number }[]) => rows.reduce((total, row) => total + row.events, 0);
      counts.events('stored', sum(newIn));
      counts.events('unknownPortal', sum(unknownPortals));
      counts.events('repeated', events.length - sum(newIn) - sum(unknownPortals));
      for (const { portalId, events: count } of newIn) bell.ring(portalId, count);
    },
    async portalIds(names, counts) {
      const portals = await ask(counts, (client) => listPortals(client));
      return portals.filter(({ name }) => names.includes(name)).map(({ portalId }) => portalId);
    },
  };
}
