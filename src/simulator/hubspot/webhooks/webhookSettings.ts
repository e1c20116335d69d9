import { invalid, Rejected } from '../rejection';

/** The app that is told of changes, and how its deliveries go wrong. HubSpot's own numbers by default (facts 8). */
export interface WebhookSettings {
  /** Target URL; it is part of what is signed. */
  url: string;
  clientSecret: string;
  appId: number;
  /** `contact.propertyChange`, or `object.propertyChange` with `objectTypeId`. */
  format: 'named' | 'generic';
  /** Version 1 alone, or with version 3 beside it. */
  signature: 'v1' | 'v3';
  /** Properties whose changes are told; null: all. */
  properties: string[] | null;
  /** Requests at a time. */
  concurrency: number;
  /** Events per request. */
  batchMax: number;
  /** How long events are collected before they are sent. */
  collectMs: number;
  timeoutMs: number;
  /** Deliveries of one event before it is given up. */
  attemptsMax: number;
  /** Mean time before a failed delivery is repeated. HubSpot spreads ten over 24 hours; nobody waits so long here. */
  retryMs: number;
  /** Share of the events that are delivered twice. */
  duplicateShare: number;
  /** Events are delivered in any order. */
  shuffle: boolean;
}

const defaults: Omit<WebhookSettings, 'url' | 'clientSecret'> = {
  appId: 54_321,
  format: 'named',
  signature: 'v3',
  properties: null,
  concurrency: 10,
  batchMax: 100,
  collectMs: 100,
  timeoutMs: 5_000,
  attemptsMax: 11,
  retryMs: 5_000,
  duplicateShare: 0,
  shuffle: true,
};

/** Lays `wanted` over the current settings; null turns webhooks off. Rejected (400) where something does not fit. */
export function changeWebhooks(current: WebhookSettings | null, wanted: unknown): WebhookSettings | null {
  if (wanted === null) return null;
  const next = { ...defaults, ...current, ...(wanted as Partial<WebhookSettings>) };
  const { url, clientSecret, format, signature, properties, ...numbers } = next;
  const { shuffle, ...counts } = numbers;
  const fits =
    typeof url === 'string' &&
    URL.canParse(url) &&
    typeof clientSecret === 'string' &&
    clientSecret !== '' &&
    ['named', 'generic'].includes(format) &&
    ['v1', 'v3'].includes(signature) &&
    (properties === null || Array.isArray(properties)) &&
    typeof shuffle === 'boolean' &&
    Object.entries(counts).every(
      ([name, value]) =>
        name in defaults && typeof value === 'number' && Number.isFinite(value) && value >= 0,
    );
  if (!fits) throw new Rejected(invalid('Invalid setting webhooks'));
  return { ...next, url, clientSecret };
}
