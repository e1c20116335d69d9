import { createHmac } from 'node:crypto';
import { pino, type Logger } from 'pino';
import { temporalClient } from '../../src/api/temporalClient';
import { createInboxBell, type InboxBell } from '../../src/api/webhooks/inboxBell';
import { typeNamesOf } from '../../src/api/webhooks/hubspotEvents';
import type { WebhookDeps } from '../../src/api/webhooks/webhooks';
import type { ApiDeps } from '../../src/api/deps';
import { startApi, type TestApi } from './startApi';
import { openDatabase } from '../support/testDatabase';

export const clientSecret = 'client-secret-of-the-test';
export const otherSecret = 'client-secret-of-another-app';
export const sourceSecret = 'secret-of-a-source';
/** Behind a proxy: another scheme, host and path than the API sees. */
export const publicUrl = 'https://hooks.example.com';

/** What a bell would have been rung for. */
export interface Rung {
  bell: InboxBell;
  rings: { portalId: string; events: number }[];
}

export function silentBell(): Rung {
  const rings: Rung['rings'] = [];
  const ring = (portalId: string, events: number) => void rings.push({ portalId, events });
  return { rings, bell: { ring, settle: () => Promise.resolve() } };
}

export interface WebhookApi extends TestApi {
  rings: Rung['rings'];
}

/** The API with webhooks of two apps and two pushing sources; portal 100 is `main`, 200 is `second`. */
export async function startWebhooks(
  changes: Partial<WebhookDeps> & { log?: Logger } = {},
): Promise<WebhookApi> {
  const { pool, close: closeDatabase } = await openDatabase(4, 2_500);
  await pool.query(`insert into portals (portal_id, name) values (100, 'main'), (200, 'second')`);
  const { rings, bell } = silentBell();
  const webhooks: WebhookDeps = {
    ...{ pool, bell, publicUrl: () => publicUrl, now: () => new Date() },
    apps: [
      { clientSecret, acceptV1: false, portals: ['main'] },
      { clientSecret: otherSecret, acceptV1: true, portals: null },
    ],
    typeNames: typeNamesOf({ contacts: 'contacts', firms: 'companies', courses: '2-4711' }),
    pushing: {
      crm: {
        signing: {
          ...{ secret: sourceSecret, header: 'X-Signature', algorithm: 'sha256', encoding: 'hex' },
          ...{ prefix: 'sha256=', idHeader: null, timestampHeader: null },
        },
        streams: {
          people: { recordKey: ['id'], changedAt: 'changed', timeZone: 'UTC' },
          firms: { recordKey: ['firm.id', 'firm.country'], changedAt: null, timeZone: 'UTC' },
        },
      },
      shop: {
        signing: {
          ...{ secret: sourceSecret, header: 'X-Shop-Hmac', algorithm: 'sha512', encoding: 'base64' },
          ...{ prefix: '', idHeader: null, timestampHeader: 'X-Shop-Time' },
        },
        streams: { orders: { recordKey: ['number'], changedAt: null, timeZone: 'UTC' } },
      },
      stall: {
        signing: {
          ...{ secret: sourceSecret, header: 'X-Signature', algorithm: 'sha256', encoding: 'hex' },
          ...{ prefix: '', idHeader: 'X-Stall-Id', timestampHeader: 'X-Stall-Time' },
        },
        streams: { orders: { recordKey: ['number'], changedAt: null, timeZone: 'UTC' } },
      },
    },
    ...changes,
  };
  const api = await startApi({ webhooks, portals: ['main', 'second'] });
  return {
    ...api,
    pool,
    rings,
    async close() {
      await api.close();
      await closeDatabase();
    },
  };
}

/** The doorbell as the API makes it, towards an address of Temporal. */
export function bellTo(address: string): Rung['bell'] & { close(): Promise<void> } {
  const { temporal, close } = temporalClient({ address }, 'default');
  const deps: Pick<ApiDeps, 'temporal' | 'taskQueue' | 'log'> = {
    ...{ temporal, taskQueue: 'nobody-listens', log: pino({ level: 'silent' }) },
  };
  return { ...createInboxBell(deps), close };
}

let eventIds = 1_000;

/** An event as HubSpot sends it. */
export function hubspotEvent(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    eventId: ++eventIds,
    subscriptionId: 12_345,
    portalId: 100,
    appId: 54_321,
    occurredAt: 1_790_000_000_000,
    subscriptionType: 'contact.propertyChange',
    attemptNumber: 0,
    objectId: 501,
    propertyName: 'phone',
    propertyValue: '+44 20 7946 0000',
    changeSource: 'CRM_UI',
    sourceId: 'userId:7',
    ...changes,
  };
}

/** A delivery, signed as HubSpot signs it (facts §8.1), without our code. */
export function delivery(
  events: unknown,
  {
    secret = clientSecret,
    at = Date.now(),
    path = '/webhooks/hubspot',
    headers = {},
  }: { secret?: string; at?: number; path?: string; headers?: Record<string, string> } = {},
): [path: string, init: RequestInit] {
  const body = typeof events === 'string' ? events : JSON.stringify(events);
  const signature = createHmac('sha256', secret)
    .update(`POST${publicUrl}${path}${body}${at}`, 'utf8')
    .digest('base64');
  return [
    path,
    {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'x-hubspot-signature-v3': signature,
        'x-hubspot-request-timestamp': String(at),
        ...headers,
      },
    },
  ];
}
