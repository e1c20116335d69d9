import { SourceFailure } from './contract';
import { callOnce, failureOf } from './restCall';

export type RestAuth =
  | { type: 'none' }
  | { type: 'bearer'; token: string }
  | { type: 'apiKey'; header: string; key: string }
  | { type: 'basic'; user: string; password: string }
  | {
      type: 'oauthClientCredentials';
      tokenUrl: string;
      clientId: string;
      clientSecret: string;
      scopes?: string[];
      audience?: string;
      /** Where the client's id and secret go (RFC 6749 §2.3.1); default `header`. */
      credentialsIn?: 'header' | 'body';
    };

export interface OpenAuth {
  /** The headers that authorise a call; fetches or refreshes a token first where one is needed. */
  headers(): Promise<Record<string, string>>;
  /** After a 401: drops the token that these headers held. Out: true if another try can go better. */
  refused(headers: Record<string, string>): boolean;
}

/**
 * Authorisation of a REST source. In: resolved secrets, the clock, the timeout of a token call. A token is kept
 * for the life of the open source, renewed before it ends, and asked for by one call at a time.
 */
export function openAuth(auth: RestAuth, now: () => Date, timeoutMs: number): OpenAuth {
  if (auth.type === 'oauthClientCredentials') return openClientCredentials(auth, now, timeoutMs);
  const headers = fixedHeaders(auth);
  return { headers: async () => headers, refused: () => false };
}

function fixedHeaders(auth: Exclude<RestAuth, { type: 'oauthClientCredentials' }>): Record<string, string> {
  switch (auth.type) {
    case 'none':
      return {};
    case 'bearer':
      return { authorization: `Bearer ${auth.token}` };
    case 'apiKey':
      return { [auth.header.toLowerCase()]: auth.key };
    case 'basic':
      return { authorization: basic(auth.user, auth.password) };
  }
}

type ClientCredentials = Extract<RestAuth, { type: 'oauthClientCredentials' }>;
interface Token {
  authorization: string;
  renewAt: number;
}

const tokenName = 'the OAuth token address';
/** RFC 6749 §5.1 only recommends `expires_in`; without it a token is renewed every so often. */
const assumedLifeSeconds = 600;
/** Renewed this long before its end, or at nine tenths of a shorter life. */
const renewEarlyMs = 60_000;

function openClientCredentials(auth: ClientCredentials, now: () => Date, timeoutMs: number): OpenAuth {
  let token: Token | null = null;
  let fetching: Promise<Token> | null = null;
  const renewed = () => {
    fetching ??= fetchToken(auth, now, timeoutMs)
      .then((fetched) => (token = fetched))
      .finally(() => (fetching = null));
    return fetching;
  };
  return {
    async headers() {
      const valid = token !== null && now().getTime() < token.renewAt ? token : await renewed();
      return { authorization: valid.authorization };
    },
    refused(headers) {
      // Another call may have renewed it meanwhile: then the new one is kept and tried.
      if (token?.authorization === headers['authorization']) token = null;
      return true;
    },
  };
}

async function fetchToken(auth: ClientCredentials, now: () => Date, timeoutMs: number): Promise<Token> {
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  if (auth.scopes !== undefined) form.set('scope', auth.scopes.join(' '));
  if (auth.audience !== undefined) form.set('audience', auth.audience);
  const headers: Record<string, string> = {
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  };
  if (auth.credentialsIn === 'body') {
    form.set('client_id', auth.clientId);
    form.set('client_secret', auth.clientSecret);
  } else {
    headers['authorization'] = basic(
      encodeURIComponent(auth.clientId),
      encodeURIComponent(auth.clientSecret),
    );
  }
  const askedAt = now().getTime();
  const answer = await callOnce({
    url: auth.tokenUrl,
    name: tokenName,
    method: 'POST',
    headers,
    body: form.toString(),
    timeoutMs,
    responseBytesMax: 1_000_000,
  });
  const failure = failureOf(answer, tokenName, now());
  if (failure !== null) throw failure;
  const reply = parsedReply(answer.text);
  const token = reply['access_token'];
  if (typeof token !== 'string' || token === '') {
    throw new SourceFailure('configuration', `${tokenName} answered without an access_token`);
  }
  const seconds = Number(reply['expires_in'] ?? assumedLifeSeconds);
  const lifeMs = (Number.isFinite(seconds) && seconds > 0 ? seconds : assumedLifeSeconds) * 1000;
  return {
    authorization: `Bearer ${token}`,
    renewAt: askedAt + Math.max(lifeMs - renewEarlyMs, lifeMs * 0.9),
  };
}

function parsedReply(text: string): Record<string, unknown> {
  try {
    return (JSON.parse(text) as Record<string, unknown> | null) ?? {};
  } catch {
    // Neither the text nor the parser's message may get out: they could hold the token.
    throw new SourceFailure('configuration', `${tokenName} answered with something that is no JSON`);
  }
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
