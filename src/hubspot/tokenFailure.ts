import { isObject } from './errorBody';
import type { HubSpotReply } from './exchange';
import { HubSpotFailure, replyFailure } from './hubspotFailure';

/**
 * What a failed token call means (facts §7).
 * - `revoked`: the installation is gone; only a person can install again.
 * - `badCode`: the code of one installation is used up; the installation begins anew.
 * - `configuration`: id, secret, address or scopes of our app are wrong. The tokens we hold may be perfectly good.
 * - `passing`: try again later.
 */
export type TokenFault = 'revoked' | 'badCode' | 'configuration' | 'passing';

/** A failed token call. A `HubSpotFailure` like any other, so a batch that needed the token fails as by HubSpot itself. */
export class TokenFailure extends HubSpotFailure {
  constructor(
    readonly fault: TokenFault,
    ...failure: ConstructorParameters<typeof HubSpotFailure>
  ) {
    super(...failure);
  }
}

const faults: Record<string, readonly [TokenFault, reason: string]> = {
  BAD_REFRESH_TOKEN: ['revoked', 'the app was uninstalled in HubSpot, or its access was withdrawn'],
  BAD_HUB: ['revoked', 'the HubSpot account does not exist any more'],
  BAD_AUTH_CODE: ['badCode', 'the code of this installation was used already, or is too old'],
  BAD_CLIENT_ID: ['configuration', "HubSpot does not know the app's client id"],
  BAD_CLIENT_SECRET: ['configuration', "HubSpot refuses the app's client secret"],
  BAD_REDIRECT_URI: ['configuration', "the redirect address is not one of the app's"],
  BAD_SCOPES: ['configuration', 'HubSpot refuses the scopes'],
};

/** Where HubSpot says no more than OAuth's own word. An unknown word never counts as revoked. */
const plainGrant: (typeof faults)[string] = ['revoked', 'HubSpot refuses the stored grant'];
const unknownRefusal: (typeof faults)[string] = [
  'configuration',
  "HubSpot refuses the token call: look at the app's settings",
];

/** The failure of a reply of an OAuth endpoint. Its text holds HubSpot's code word, never a token or a message of HubSpot. */
export function tokenFailure(reply: HubSpotReply): TokenFailure {
  const { verdict, correlationId } = replyFailure(reply);
  const { endpoint, status } = reply;
  const isRefusal = status >= 400 && status < 500 && status !== 408 && status !== 429 && status !== 477;
  if (!isRefusal) return new TokenFailure('passing', endpoint, status, verdict, correlationId);
  const body = reply.body.kind === 'json' && isObject(reply.body.value) ? reply.body.value : {};
  const code = typeof body['status'] === 'string' && body['status'] in faults ? body['status'] : null;
  const [fault, reason] =
    (code === null ? undefined : faults[code]) ??
    (body['error'] === 'invalid_grant' ? plainGrant : unknownRefusal);
  const decision = { ...verdict, action: 'pausePortal' as const, afterMs: null, alert: true };
  return new TokenFailure(
    fault,
    endpoint,
    status,
    { ...decision, reason, category: code ?? verdict.category, splitAfterTries: null, shrinkBatch: false },
    correlationId,
  );
}
