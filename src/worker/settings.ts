import type { PortalSettings, Settings, SourceSettings, StreamSettings } from '../activities/deps';
import type { AccessTokens } from '../activities/accessTokens';
import { laneNumbers } from '../domain/record';
import { configHash } from '../config/configHash';
import { customPropertiesOf } from '../config/customProperties';
import { mappedPropertiesOf } from '../config/mappedProperties';
import { oauthAppOf, type OAuthAppSettings } from '../config/oauthApp';
import { hubspotBaseUrl } from '../config/portalTarget';
import type { TributaryConfig } from '../config/schema';
import type { SourceConfig } from '../config/schema/sources';
import { settingsHash } from '../config/settingsHash';
import { resolveSecret, type SecretReaders } from '../config/secrets';
import { connectionOf, streamReading } from '../config/sourceOptions';
import { associatedWith, hubspotTypeOf, propertiesOf, toObjectRules, toStreamMaps } from '../config/toRules';
import { createHubSpotClient, type CallInfo } from '../hubspot/client';
import { createExchange } from '../hubspot/exchange';
import { sourceKinds } from '../sources/registry';

/** A source that was not chosen may be this old for its dependents, where the configuration says nothing. */
const maxAgeMsDefault = 48 * 60 * 60 * 1_000;

export interface SettingsOptions {
  /** The tokens of a portal that is connected by an app. */
  accessTokens: (app: OAuthAppSettings) => AccessTokens;
  readers: SecretReaders;
  now: () => Date;
  callDeadlineMs: number;
  onCall: (info: CallInfo) => void;
}

/** The configuration as the activities want it: clients, openers and rules, no YAML. */
export function settingsOf(config: TributaryConfig, options: SettingsOptions): Settings {
  return {
    configHash: settingsHash(config),
    portals: Object.keys(config.portals).map((name) => portalSettings(config, name, options)),
    sources: Object.entries(config.sources).map(([name, source]) =>
      sourceSettings(config, name, source, options),
    ),
    objects: Object.keys(config.objects).map((objectType) => ({
      objectType,
      hubspotType: hubspotTypeOf(config, objectType),
      rules: (types, configNumber) => toObjectRules(config, objectType, types, configNumber),
      configHash: configHash(config, objectType),
      properties: propertiesOf(config, objectType),
      customProperties: customPropertiesOf(config, objectType),
      mappedProperties: mappedPropertiesOf(config, objectType),
      associatedWith: associatedWith(config, objectType),
    })),
  };
}

function portalSettings(config: TributaryConfig, name: string, options: SettingsOptions): PortalSettings {
  const portal = config.portals[name]!;
  const { readers, callDeadlineMs: deadlineMs, onCall } = options;
  const app = oauthAppOf(config, name, readers);
  const tokens = app && options.accessTokens(app);
  const { accessToken } = portal;
  return {
    name,
    portalId: portal.portalId === undefined ? null : String(portal.portalId),
    callsCaps: callsCaps(portal.limits),
    writesBack: portal.writeBack,
    ...journalOf(portal, options),
    uninstall: tokens && tokens.uninstall,
    client: createHubSpotClient({
      ...(tokens
        ? { accessToken: tokens.current, tokenRefused: tokens.refused }
        : { accessToken: () => resolveSecret(accessToken!, readers) }),
      baseUrl: hubspotBaseUrl(portal, readers),
      apiVersion: portal.apiVersion,
      deadlineMs,
      onCall,
    }),
  };
}

function journalOf(
  { journal, ...portal }: TributaryConfig['portals'][string],
  { readers, callDeadlineMs, onCall }: SettingsOptions,
): Pick<PortalSettings, 'journal'> {
  if (!journal) return {};
  const exchangeOptions = { baseUrl: hubspotBaseUrl(portal, readers), deadlineMs: callDeadlineMs, onCall };
  const app = {
    exchange: createExchange(exchangeOptions),
    options: exchangeOptions,
    apiVersion: portal.apiVersion,
    clientId: resolveSecret(journal.clientId, readers),
    clientSecret: resolveSecret(journal.clientSecret, readers),
  };
  return { journal: { app, waitMs: journal.wait } };
}

function callsCaps(limits: TributaryConfig['portals'][string]['limits']) {
  return {
    ...(limits.burstPer10Seconds === undefined ? {} : { burst: limits.burstPer10Seconds }),
    ...(limits.associationsPer10Seconds === undefined
      ? {}
      : { associations: limits.associationsPer10Seconds }),
    search: limits.searchPerSecond,
  };
}

function sourceSettings(
  config: TributaryConfig,
  name: string,
  source: SourceConfig,
  { readers, now }: SettingsOptions,
): SourceSettings {
  const kind = sourceKinds[source.kind];
  if (!kind) throw new Error(`no source kind ${source.kind}`);
  const schedule = source.schedule === undefined ? undefined : config.schedules[source.schedule];
  return {
    name,
    kind: source.kind,
    dependsOn: source.dependsOn,
    maxAgeMs: source.maxAge ?? maxAgeMsDefault,
    maxGonePercent: source.maxGonePercent,
    // What is read every few minutes is wanted sooner than what is read at night.
    lane: schedule && 'every' in schedule ? laneNumbers.partner : laneNumbers.bulk,
    streams: toStreamMaps(config)
      .filter((map) => map.source === name)
      .map((map): StreamSettings => ({
        name: map.stream,
        objectType: map.objectType,
        map,
        ...streamReading(source.streams[map.stream]!),
      })),
    open: () => kind.open({ source: name, connection: connectionOf(source, readers), now }),
  };
}
