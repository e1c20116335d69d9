import { SourceFailure } from './contract';

export interface RestCall {
  url: string;
  /** What failures call it: the configured path, never the query, which may hold tokens or a person's data. */
  name: string;
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH';
  headers: Record<string, string>;
  body?: string;
  timeoutMs: number;
  responseBytesMax: number;
  signal?: AbortSignal | undefined;
}

export interface RestAnswer {
  status: number;
  headers: Headers;
  text: string;
}

/** A longer Retry-After is cut: a source that wants a pause of days is looked at by then. */
const retryAfterMaxMs = 24 * 3_600_000;

/**
 * One HTTP request, tried once. Out: the answer with any status. Throws SourceFailure `retry` where there is
 * none (network, timeout), `configuration` where it is larger than allowed, or redirects: following could
 * carry the credentials to another host.
 */
export async function callOnce(call: RestCall): Promise<RestAnswer> {
  const deadline = AbortSignal.timeout(call.timeoutMs);
  const signal = call.signal === undefined ? deadline : AbortSignal.any([deadline, call.signal]);
  try {
    const response = await fetch(call.url, {
      method: call.method ?? 'GET',
      headers: call.headers,
      redirect: 'manual',
      signal,
      ...(call.body === undefined ? {} : { body: call.body }),
    });
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel();
      throw new SourceFailure(
        'configuration',
        `${call.name} redirects (${response.status}): configure the final address`,
      );
    }
    return { status: response.status, headers: response.headers, text: await readText(response, call) };
  } catch (error) {
    call.signal?.throwIfAborted();
    if (error instanceof SourceFailure) throw error;
    const what = deadline.aborted ? `gave no answer within ${call.timeoutMs} ms` : 'could not be reached';
    throw new SourceFailure('retry', `${call.name} ${what}`, null, { cause: error });
  }
}

async function readText(response: Response, call: RestCall): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > call.responseBytesMax) {
      throw new SourceFailure(
        'configuration',
        `${call.name} answers with more than ${call.responseBytesMax} bytes: make the page size smaller`,
      );
    }
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/**
 * What a status that is no success means. In: the answer and the time, for a Retry-After that is a date.
 * Out: null for 2xx, else the failure to throw.
 */
export function failureOf(answer: RestAnswer, name: string, now: Date): SourceFailure | null {
  const { status } = answer;
  if (status >= 200 && status < 300) return null;
  if (status === 401 || status === 403) {
    return new SourceFailure('configuration', `${name} refuses the credentials (${status})`);
  }
  if (status === 429 || status >= 500) {
    const waitMs = retryAfterMs(answer.headers.get('retry-after'), now);
    return waitMs === null
      ? new SourceFailure('retry', `${name} answered ${status}`)
      : new SourceFailure('retryAfter', `${name} answered ${status} and asks to wait`, waitMs);
  }
  if (status === 408 || status === 425) return new SourceFailure('retry', `${name} answered ${status}`);
  return new SourceFailure(
    'configuration',
    `${name} answered ${status}: is the address or a parameter wrong?`,
  );
}

/** Retry-After as seconds or as an HTTP date (RFC 9110 §10.2.3). Out: milliseconds, or null where there is none. */
export function retryAfterMs(header: string | null, now: Date): number | null {
  if (header === null || header.trim() === '') return null;
  const ms = /^\d+(\.\d+)?$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now.getTime();
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), retryAfterMaxMs);
}
