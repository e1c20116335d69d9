import { verifySignature, type SignatureFault, type SigningApp } from '../../hubspot/signature';
import { parseExactJson } from '../../sources/exactJson';
import type { JsonValue } from '../../domain/record';
import type { Handler } from '../endpoint';
import { readHubSpotEvents, type TypeNames } from './hubspotEvents';
import { ApiProblem } from '../problem';
import type { EventStore } from './storeEvents';
import { bytesOf } from './webhookBody';
import type { WebhookCounts, WebhookOutcome } from './webhookCounts';

/** An app at HubSpot that sends webhooks, and the portals (by name) it may speak for; null: any. */
export interface WebhookApp extends SigningApp {
  portals: string[] | null;
}

export interface HubSpotWebhookDeps {
  apps: readonly WebhookApp[];
  typeNames: TypeNames;
  /** Under which address HubSpot reaches the API, without a closing slash: it is part of what is signed. */
  publicUrl: () => string;
  now: () => Date;
  store: EventStore;
  counts: WebhookCounts;
}

/** HubSpot sends at most 100 (facts §8). */
const eventsMax = 1_000;

/** How a request ends whose signature is refused. */
export const signatureOutcomes = {
  missing: 'unsigned',
  malformed: 'badSignature',
  wrong: 'badSignature',
  stale: 'stale',
} as const satisfies Record<SignatureFault, WebhookOutcome>;

/**
 * Takes a delivery of HubSpot: verified, stored, answered with 200; never anything of Temporal is waited for. Events that
 * concern nothing of ours are answered 200 too, or HubSpot would send them ten times.
 */
export function hubspotWebhook({
  apps,
  typeNames,
  publicUrl,
  now,
  store,
  counts,
}: HubSpotWebhookDeps): Handler {
  const stores = apps.map(({ portals }) => store.gathering(portals, counts));
  return async (request, response) => {
    const body = bytesOf(request);
    const at = now();
    const verdict = verifySignature(
      {
        method: request.method,
        uri: publicUrl() + request.originalUrl,
        body,
        header: (name) => request.get(name),
      },
      apps,
      at.getTime(),
    );
    if ('fault' in verdict) {
      counts.request(signatureOutcomes[verdict.fault]);
      throw new ApiProblem('unsigned');
    }
    const json = parsed(body);
    if (Array.isArray(json) && json.length > eventsMax) {
      counts.request('tooLarge');
      throw new ApiProblem('too-large');
    }
    const read = readHubSpotEvents(json, typeNames, at);
    if (read === null) {
      counts.request('malformed');
      throw new ApiProblem('bad-request');
    }
    counts.events('ignored', read.ignored);
    counts.events('unreadable', read.unreadable);
    await stores[verdict.app]!(read.events);
    counts.request('accepted');
    response.status(200).end();
  };
}

/** The body's JSON; null where it is none, which is no list either. */
export function parsed(body: Buffer): JsonValue {
  try {
    return parseExactJson(body.toString('utf8'));
  } catch {
    return null;
  }
}
