import type { AppSetting } from './oauth/oauthBook';
import { Rejected, invalid } from './rejection';
import { changeWebhooks, type WebhookSettings } from './webhooks/webhookSettings';
import { defaultSwitches, mergeSwitches, type Switches } from './switches';

/** Calls allowed per window; null is no limit. Defaults: Professional, 2025-2026 (facts 2.1). */
export interface LimitSettings {
  perTenSeconds: number | null;
  searchPerSecond: number | null;
  associationsPerTenSeconds: number | null;
  daily: number | null;
  /** Length of the burst window; shorter in tests. */
  windowMs: number;
}

/** A bearer token that is let in, until its expiry (epoch ms by the simulator's clock; null never). */
export interface TokenSetting {
  token: string;
  expiresAt: number | null;
}

/** What the control plane may change while the simulator runs. Not kept over a restart. */
export interface Settings {
  latency: { meanMs: number; jitterMs: number };
  clockOffsetMs: number;
  searchLagMs: number;
  limits: LimitSettings;
  tokens: TokenSetting[];
  /** Apps that may be installed by OAuth. */
  apps: AppSetting[];
  /** How long an access token of an app lives (facts 7: 30 minutes). */
  accessTokenLifeMs: number;
  /** How long the Webhooks Journal keeps its files (facts 8.2: three days). */
  journalKeptMs: number;
  /** Scopes that the tokens lack; calls that need them get 403 MISSING_SCOPES. */
  scopesWithheld: string[];
  /** The app that is told of changes; null: none. */
  webhooks: WebhookSettings | null;
  switches: Switches;
}

const noLimits = {
  perTenSeconds: null,
  searchPerSecond: null,
  associationsPerTenSeconds: null,
  daily: null,
};

/** Settings with the given tokens and everything else at its default. */
export function defaultSettings(tokens: string[]): Settings {
  return {
    latency: { meanMs: 0, jitterMs: 0 },
    clockOffsetMs: 0,
    searchLagMs: 0,
    limits: {
      perTenSeconds: 190,
      searchPerSecond: 5,
      associationsPerTenSeconds: 150,
      daily: 625_000,
      windowMs: 10_000,
    },
    tokens: tokens.map((token) => ({ token, expiresAt: null })),
    apps: [],
    accessTokenLifeMs: 30 * 60_000,
    journalKeptMs: 3 * 24 * 60 * 60_000,
    scopesWithheld: [],
    webhooks: null,
    switches: defaultSwitches(),
  };
}

const isCount = (value: unknown): boolean =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isLimit = (value: unknown): boolean => value === null || isCount(value);
const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((text) => typeof text === 'string');

const isApp = (value: unknown): boolean => {
  const { clientId, clientSecret, redirectUris } = (value ?? {}) as Partial<
    Record<keyof AppSetting, unknown>
  >;
  return typeof clientId === 'string' && typeof clientSecret === 'string' && isTexts(redirectUris);
};

function need(right: boolean, what: string): void {
  if (!right) throw new Rejected(invalid(`Invalid setting ${what}`));
}

/**
 * Lays `wanted` over the settings in place. `limits: null` lifts all limits; `tokens` is a list of strings or of
 * `{token, expiresInMs | expiresAt}`. Unknown names and wrong values are Rejected (400) and change nothing.
 */
export function changeSettings(settings: Settings, wanted: Record<string, unknown>, now: number): void {
  const next: Settings = structuredClone(settings);
  for (const [name, value] of Object.entries(wanted)) {
    if (name === 'latency') {
      next.latency = { ...next.latency, ...(value as object) };
      need(isCount(next.latency.meanMs) && isCount(next.latency.jitterMs), name);
    } else if (name === 'clockOffsetMs') {
      need(typeof value === 'number' && Number.isFinite(value), name);
      next.clockOffsetMs = value as number;
    } else if (name === 'searchLagMs') {
      need(isCount(value), name);
      next.searchLagMs = value as number;
    } else if (name === 'limits') {
      const { windowMs, ...limits } = { ...next.limits, ...(value === null ? noLimits : (value as object)) };
      need(isCount(windowMs) && Object.values(limits).every(isLimit), name);
      need(
        Object.keys(limits).every((limit) => limit in noLimits),
        name,
      );
      next.limits = { ...limits, windowMs };
    } else if (name === 'tokens') {
      need(Array.isArray(value), name);
      next.tokens = (value as unknown[]).map((token) => tokenSetting(token, now));
    } else if (name === 'apps') {
      need(Array.isArray(value) && value.every(isApp), name);
      next.apps = value as AppSetting[];
    } else if (name === 'journalKeptMs') {
      need(isCount(value), name);
      next.journalKeptMs = value as number;
    } else if (name === 'accessTokenLifeMs') {
      need(isCount(value), name);
      next.accessTokenLifeMs = value as number;
    } else if (name === 'scopesWithheld') {
      need(isTexts(value), name);
      next.scopesWithheld = value as string[];
    } else if (name === 'webhooks') {
      next.webhooks = changeWebhooks(next.webhooks, value);
    } else if (name === 'switches') {
      next.switches = mergeSwitches(next.switches, value as Record<string, unknown>);
    } else {
      need(false, name);
    }
  }
  Object.assign(settings, next);
}

function tokenSetting(value: unknown, now: number): TokenSetting {
  if (typeof value === 'string') return { token: value, expiresAt: null };
  const { token, expiresInMs, expiresAt } = value as {
    token?: unknown;
    expiresInMs?: unknown;
    expiresAt?: unknown;
  };
  need(typeof token === 'string', 'tokens');
  const at =
    typeof expiresInMs === 'number' ? now + expiresInMs : typeof expiresAt === 'number' ? expiresAt : null;
  return { token: token as string, expiresAt: at };
}
