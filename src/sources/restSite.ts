import type { Pace } from './pace';
import type { OpenAuth, RestAuth } from './restAuth';
import { callOnce, type RestAnswer, type RestCall } from './restCall';

export interface RestConnection {
  baseUrl: string;
  auth: RestAuth;
  /** Further headers of every request. */
  headers?: Record<string, string>;
  /** Absent: no limit of ours. */
  requestsPerSecond?: number;
  /** Longest time of one request; default 30 s. */
  timeoutMs?: number;
  /** Largest reply; default 64 MB. */
  responseBytesMax?: number;
}

/** An API that is open: what its reads and writes share. */
export interface RestSite {
  connection: RestConnection & { timeoutMs: number };
  auth: OpenAuth;
  pace: Pace;
  now: () => Date;
}

interface SiteCall extends Omit<RestCall, 'timeoutMs' | 'responseBytesMax'> {
  timeoutMs?: number;
  /** Goes before all that is not urgent, where calls are paced. */
  isUrgent?: boolean;
  /** Asked when its turn has come: whoever may not call any more does not. */
  mayStart?: () => boolean;
}

/** Its turn came too late: the call was not made. */
export class CallNotStarted extends Error {}

/**
 * One call at the configured pace; after a 401 one more with a renewed token, where there is such a thing.
 * Throws SourceFailure where there is no answer, CallNotStarted where it may not start any more.
 */
export async function authorisedCall(
  { connection, auth, pace }: RestSite,
  { mayStart = () => true, isUrgent, ...wanted }: SiteCall,
  counter: { calls: number },
): Promise<RestAnswer> {
  const call = async () => {
    const authorisation = await auth.headers();
    await pace({ signal: wanted.signal, isUrgent });
    if (!mayStart()) throw new CallNotStarted();
    counter.calls += 1;
    const answer = await callOnce({
      ...wanted,
      headers: { ...lowerCased(connection.headers ?? {}), ...wanted.headers, ...authorisation },
      timeoutMs: Math.min(connection.timeoutMs, wanted.timeoutMs ?? Infinity),
      responseBytesMax: connection.responseBytesMax ?? 64_000_000,
    });
    return { answer, authorisation };
  };
  const first = await call();
  if (first.answer.status !== 401 || !auth.refused(first.authorisation)) return first.answer;
  return (await call()).answer;
}

function lowerCased(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
