import type { Express } from 'express';
import type { Pool } from 'pg';
import type { ApiDeps } from '../deps';
import { endpoint } from '../endpoint';
import { hubspotWebhook } from './hubspotWebhook';
import type { InboxBell } from './inboxBell';
import { sourceWebhook } from './sourceWebhook';
import { createEventStore } from './storeEvents';
import { webhookBody } from './webhookBody';
import { webhookCounts } from './webhookCounts';
import type { WebhookSettings } from './webhookSettings';

/** What the webhooks need besides what every endpoint has. */
export interface WebhookDeps extends WebhookSettings {
  /** Connections of their own: what waits for a slow store must not take those of the other endpoints. */
  pool: Pool;
  bell: InboxBell;
  /** Under which address the world reaches the API, without a closing slash. */
  publicUrl: () => string;
  now: () => Date;
}

/** Registers the addresses that others call, each by its own signature and without a token. */
export function addWebhooks(
  app: Express,
  { log, registry, portals, newId }: Pick<ApiDeps, 'log' | 'registry' | 'portals' | 'newId'>,
  { pool, bell, apps, typeNames, pushing, publicUrl, now }: WebhookDeps,
): void {
  const store = createEventStore(pool, bell);
  const countsOf = webhookCounts(log, registry);

  const hubspot = countsOf('hubspot');
  const post = hubspotWebhook({ apps, typeNames, publicUrl, now, store, counts: hubspot });
  endpoint(app, '/webhooks/hubspot', { post }, webhookBody(hubspot));

  const sources = countsOf('sources');
  const push = sourceWebhook({ sources: pushing, portals, now, newId, store, counts: sources });
  endpoint(app, '/webhooks/sources/:source', { post: push }, webhookBody(sources));
  endpoint(app, '/webhooks/sources/:source/:stream', { post: push }, webhookBody(sources));
}
