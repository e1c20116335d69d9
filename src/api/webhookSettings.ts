import type { TributaryConfig } from '../config/schema';
import { resolveSecret, type SecretReaders } from '../config/secrets';
import { hubspotTypeOf } from '../config/toRules';
import { typeNamesOf } from './hubspotEvents';
import type { HubSpotWebhookDeps, WebhookApp } from './hubspotWebhook';
import type { PushingSource } from './sourceWebhook';

/** What the configuration says about webhooks, with its secrets in it: for the endpoints only, never for logs. */
export interface WebhookSettings extends Pick<HubSpotWebhookDeps, 'apps' | 'typeNames'> {
  pushing: Record<string, PushingSource>;
}

/** @throws where a secret is not there */
export function webhookSettings(config: TributaryConfig, readers: SecretReaders): WebhookSettings {
  return {
    apps: appsOf(config, readers),
    typeNames: typeNamesOf(
      Object.fromEntries(Object.keys(config.objects).map((name) => [name, hubspotTypeOf(config, name)])),
    ),
    pushing: pushingOf(config, readers),
  };
}

/** Portals that name the same client secret share an app. */
function appsOf(config: TributaryConfig, readers: SecretReaders): WebhookApp[] {
  const apps = new Map<string, WebhookApp & { portals: string[] }>();
  for (const [name, { webhooks }] of Object.entries(config.portals)) {
    if (!webhooks) continue;
    const clientSecret = resolveSecret(webhooks.clientSecret, readers);
    const { acceptV1 } = webhooks;
    const key = JSON.stringify([clientSecret, acceptV1]);
    const app = apps.get(key) ?? { clientSecret, acceptV1, portals: [] };
    app.portals.push(name);
    apps.set(key, app);
  }
  return [...apps.values()];
}

function pushingOf(config: TributaryConfig, readers: SecretReaders): Record<string, PushingSource> {
  return Object.fromEntries(
    Object.entries(config.sources).flatMap(([name, source]): [string, PushingSource][] => {
      const { webhook } = source;
      if (!webhook) return [];
      const { secret, prefix = '', timestampHeader = null, ...signing } = webhook;
      const streams = Object.entries(source.streams).map(
        ([stream, { recordKey, changedAt, cursor, timeZone }]) => [
          stream,
          {
            recordKey,
            changedAt: changedAt ?? cursor ?? null,
            timeZone: timeZone ?? source.timeZone ?? config.timeZone,
          },
        ],
      );
      return [
        [
          name,
          {
            signing: { ...signing, secret: resolveSecret(secret, readers), prefix, timestampHeader },
            streams: Object.fromEntries(streams) as PushingSource['streams'],
          },
        ],
      ];
    }),
  );
}
