import type { TributaryConfig } from '../../config/schema';
import { resolveSecret, type SecretReaders } from '../../config/secrets';
import { hubspotTypeOf } from '../../config/toRules';
import { webhookSecretRef } from '../../config/webhookSecret';
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

/**
 * Portals that name the same client secret share an app, and each of its requests may tell of all of them: the first app
 * whose secret fits decides. Those that accept version 1 stand behind it once more, for requests that carry only that.
 */
function appsOf(config: TributaryConfig, readers: SecretReaders): WebhookApp[] {
  const apps = new Map<string, { all: string[]; withV1: string[] }>();
  for (const [name, portal] of Object.entries(config.portals)) {
    const secretRef = webhookSecretRef(portal);
    if (!secretRef) continue;
    const clientSecret = resolveSecret(secretRef, readers);
    const { all, withV1 } = apps.get(clientSecret) ?? { all: [], withV1: [] };
    apps.set(clientSecret, {
      all: [...all, name],
      withV1: portal.webhooks?.acceptV1 ? [...withV1, name] : withV1,
    });
  }
  return [...apps].flatMap(([clientSecret, { all, withV1 }]) => [
    { clientSecret, acceptV1: false, portals: all },
    ...(withV1.length > 0 ? [{ clientSecret, acceptV1: true, portals: withV1 }] : []),
  ]);
}

function pushingOf(config: TributaryConfig, readers: SecretReaders): Record<string, PushingSource> {
  return Object.fromEntries(
    Object.entries(config.sources).flatMap(([name, source]): [string, PushingSource][] => {
      const { webhook } = source;
      if (!webhook) return [];
      const { secret, prefix = '', idHeader = null, timestampHeader = null, ...rest } = webhook;
      const signing = { ...rest, prefix, idHeader, timestampHeader };
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
            signing: { ...signing, secret: resolveSecret(secret, readers) },
            streams: Object.fromEntries(streams) as PushingSource['streams'],
          },
        ],
      ];
    }),
  );
}
