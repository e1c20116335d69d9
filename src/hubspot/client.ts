import {
  createExchange,
  type CallInfo,
  type ExchangeOptions,
  type HubSpotReply,
  type OutgoingCall,
} from './exchange';
import { tokenRefusedFailure } from './hubspotFailure';
import type { ApiVersion } from './paths';

export type { CallInfo, HubSpotReply };

/** HubSpot's separate quotas (facts §2.1). */
export type Bucket = 'burst' | 'search' | 'associations';

export interface HubSpotRequest extends Omit<OutgoingCall, 'form' | 'token'> {
  bucket: Bucket;
}

export interface HubSpotClientOptions extends ExchangeOptions {
  /** Asked before every call, so a refreshed token needs no new client. Errors pass through unchanged. */
  accessToken: () => Promise<string> | string;
  /** Told of a 401: whether another token can be had, so that the call is worth another try. Absent: never. */
  tokenRefused?: (token: string) => Promise<boolean>;
  apiVersion: ApiVersion;
  /** Just before sending: spend the slot here. What it throws passes through and nothing is sent. */
  beforeCall?: (bucket: Bucket) => Promise<void>;
}

export interface HubSpotClient {
  apiVersion: ApiVersion;
  send(request: HubSpotRequest): Promise<HubSpotReply>;
}

/**
 * The transport to one portal. `send` makes exactly one HTTP request, never retries, and returns the reply of
 * any status; it throws `HubSpotFailure` only when there is no complete reply before the deadline, or when the
 * token was refused and another one is to be had.
 */
export function createHubSpotClient(options: HubSpotClientOptions): HubSpotClient {
  const exchange = createExchange(options);

  return {
    apiVersion: options.apiVersion,
    async send({ bucket, ...request }) {
      const token = await options.accessToken();
      await options.beforeCall?.(bucket);
      const reply = await exchange({ ...request, token });
      if (reply.status === 401 && (await options.tokenRefused?.(token))) throw tokenRefusedFailure(reply);
      return reply;
    },
  };
}
