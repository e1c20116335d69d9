import { readErrorBody, type ReplyBody } from './errorBody';
import { classifyFailure, type FailureVerdict, type NetworkFault } from './failure';
import { noRateLimitHeaders, type RateLimitHeaders } from './rateLimitHeaders';

/**
 * A call to HubSpot that failed, with what to do about it. Neither the message nor any field holds a value of
 * a record, an address with ids, or a token; and there is no `cause`, because the transport's own errors quote
 * the URL. Test it by `name`, not by `instanceof`, across Temporal's boundary.
 */
export class HubSpotFailure extends Error {
  override readonly name = 'HubSpotFailure';
  readonly endpoint: string;
  /** HTTP status, or null when there was no reply. */
  readonly status: number | null;
  readonly category: string | null;
  readonly policyName: string | null;
  readonly correlationId: string | null;
  readonly action: FailureVerdict['action'];
  readonly verdict: FailureVerdict;

  constructor(
    endpoint: string,
    status: number | null,
    verdict: FailureVerdict,
    correlationId: string | null,
  ) {
    super(describe(endpoint, status, verdict, correlationId));
    this.endpoint = endpoint;
    this.status = status;
    this.verdict = verdict;
    this.action = verdict.action;
    this.category = verdict.category;
    this.policyName = verdict.policyName;
    this.correlationId = correlationId;
  }
}

/** The failure of a reply with an unwanted status (or, with 2xx, an unreadable body). */
export function replyFailure(reply: {
  endpoint: string;
  status: number;
  headers: RateLimitHeaders;
  body: ReplyBody;
  inputCount?: number;
}): HubSpotFailure {
  const { correlationId } = readErrorBody(reply.body.kind === 'json' ? reply.body.value : null);
  return new HubSpotFailure(reply.endpoint, reply.status, classifyFailure(reply), correlationId);
}

/** The failure of a call without a reply. */
export function networkFailure(endpoint: string, network: NetworkFault, inputCount?: number): HubSpotFailure {
  const verdict = classifyFailure({
    status: null,
    headers: noRateLimitHeaders,
    body: { kind: 'none' },
    network,
    ...(inputCount === undefined ? {} : { inputCount }),
  });
  return new HubSpotFailure(endpoint, null, verdict, null);
}

/** A fault of ours or of the configuration, found before or after the call; never retried. */
export function defectFailure(endpoint: string, status: number | null, reason: string): HubSpotFailure {
  const verdict = classifyFailure({ status: 400, headers: noRateLimitHeaders, body: { kind: 'none' } });
  return new HubSpotFailure(endpoint, status, { ...verdict, action: 'defect', reason, alert: true }, null);
}

/** A call that we do not make, for a reason of our own. `afterMs`: earliest next try. */
export function ownFailure(
  endpoint: string,
  action: FailureVerdict['action'],
  reason: string,
  afterMs: number | null = null,
): HubSpotFailure {
  const { verdict } = networkFailure(endpoint, 'refused');
  return new HubSpotFailure(endpoint, null, { ...verdict, action, reason, afterMs }, null);
}

/** A 401 after which another access token is to be had: the call goes once more with that one. */
export function tokenRefusedFailure(reply: Parameters<typeof replyFailure>[0]): HubSpotFailure {
  const { verdict, correlationId } = replyFailure(reply);
  const reason = 'the access token has expired';
  return new HubSpotFailure(
    reply.endpoint,
    reply.status,
    { ...verdict, action: 'refreshToken', reason, alert: false },
    correlationId,
  );
}

function describe(
  endpoint: string,
  status: number | null,
  verdict: FailureVerdict,
  correlationId: string | null,
): string {
  const parts = [`HubSpot ${endpoint}: ${status === null ? '' : `status ${status}, `}${verdict.reason}`];
  if (verdict.missingScopes.length > 0)
    parts.push(`one of these scopes is needed: ${verdict.missingScopes.join(', ')}`);
  if (verdict.category) parts.push(`category ${verdict.category}`);
  if (verdict.policyName) parts.push(`policy ${verdict.policyName}`);
  if (correlationId) parts.push(`correlation ${correlationId}`);
  return parts.join('; ');
}
