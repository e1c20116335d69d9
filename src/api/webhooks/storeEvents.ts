import type { Pool, PoolClient } from 'pg';
import { insertEvents, type InboxEvent, type InsertedEvents } from '../../db/staging/inbox';
import { listPortals } from '../../db/portals';
import { within } from '../deadline';
import { gather } from './gather';
import type { InboxBell } from './inboxBell';
import { ApiProblem } from '../problem';
import type { WebhookCounts } from './webhookCounts';

/** HubSpot waits 5 s for an answer (facts §8): the store must have answered well before. */
const storeMs = 3_000;
/** Requests that may wait; more means that the store is far behind, and waiting would only cost memory. */
const waitingMax = 500;
/** In a rush requests share their inserts, so many at a time: fewer are no better, and worse without CPU to spare. */
const insertsAtOnce = 4;
/** Requests of one insert: a hundred deliveries of a hundred events. */
const requestsPerInsert = 100;
/** Postgres: data exceptions and program limits, such as absurd nesting. */
const dataFault = /^(?:22|54)\w{3}$/;

const tryAgain = { headers: { 'Retry-After': '5' } };

/** Stores the events of a request. @throws ApiProblem 503 when they are not stored in time: the sender sends them again */
export type StoreEvents = (events: InboxEvent[]) => Promise<void>;

/** Where webhooks keep what they are told. Each counts what became of it and rings; Temporal is not waited for. */
export interface EventStore {
  /**
   * One statement for a whole request; in a rush several requests share one, in no order.
   * @param portalNames whose events these may be; null: any portal's
   */
  gathering(portalNames: string[] | null, counts: WebhookCounts): StoreEvents;
  /** One statement for a request, in the order of the requests. */
  inOrder(counts: WebhookCounts): StoreEvents;
  /** Ids of the given portals, as far as they were ever met. @throws ApiProblem 503 when the store does not say in time */
  portalIds(names: string[], counts: WebhookCounts): Promise<string[]>;
}

export function createEventStore(pool: Pool, bell: InboxBell): EventStore {
  async function insert(
    events: InboxEvent[],
    portalNames: string[] | null,
    counts: WebhookCounts,
  ): Promise<InsertedEvents> {
    const inserted = await within(pool, storeMs, (client) => insertEvents(client, events, portalNames));
    const sum = (rows: { events: number }[]) => rows.reduce((total, row) => total + row.events, 0);
    const [stored, unknown] = [sum(inserted.newIn), sum(inserted.unknownPortals)];
    counts.events('stored', stored);
    counts.events('unknownPortal', unknown);
    counts.events('repeated', events.length - stored - unknown);
    for (const { portalId, events: count } of inserted.newIn) bell.ring(portalId, count);
    return inserted;
  }

  return {
    gathering(portalNames, counts) {
      const store = gather((requests: InboxEvent[][]) => insert(requests.flat(), portalNames, counts), {
        atOnceMax: insertsAtOnce,
        itemsMax: requestsPerInsert,
        waitingMax,
        withinMs: storeMs,
      });
      return async (events) => {
        if (events.length > 0) await orUnavailable(counts, store(events));
      };
    },
    inOrder(counts) {
      return async (events) => {
        if (events.length > 0) await orUnavailable(counts, insert(events, null, counts));
      };
    },
    async portalIds(names, counts) {
      const portals = await orUnavailable(
        counts,
        within(pool, storeMs, (client: PoolClient) => listPortals(client)),
      );
      return portals.filter(({ name }) => names.includes(name)).map(({ portalId }) => portalId);
    },
  };
}

async function orUnavailable<Result>(counts: WebhookCounts, asked: Promise<Result>): Promise<Result> {
  try {
    return await asked;
  } catch (cause) {
    // Data that Postgres cannot hold will not become better by being sent again.
    const isData = dataFault.test(String((cause as { code?: unknown } | null)?.code));
    counts.request(isData ? 'malformed' : 'unavailable');
    throw isData
      ? new ApiProblem('bad-request', { cause })
      : new ApiProblem('not-ready', { ...tryAgain, cause });
  }
}
