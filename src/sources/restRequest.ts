import type { JsonObject } from '../domain/record';
import { SourceFailure } from './contract';
import { changedAtOf } from './cursorValue';
import type { RestStream } from './rest';
import { isObject, type PageMark } from './restPaging';

/**
 * The one request of a page. In: the base URL, the stream, the page's mark and cursor value, the paging
 * parameters. Parameters go into the query of a GET and into the body of a POST.
 */
export function restRequest(
  baseUrl: string,
  stream: RestStream,
  at: { mark: PageMark; from: string | null },
  paging: [name: string, value: string | number][],
  timeZone?: string,
): { url: string; method: 'GET' | 'POST'; headers: Record<string, string>; body?: string } {
  const url = new URL(at.mark.kind === 'url' ? at.mark.value : joined(baseUrl, stream.path));
  const parameters: [string, string | number][] = [...paging];
  if (at.mark.kind !== 'url') {
    for (const [name, value] of Object.entries(stream.query ?? {})) url.searchParams.set(name, String(value));
    if (stream.cursorParameter !== undefined && at.from !== null) {
      parameters.push([stream.cursorParameter, formatted(at.from, stream, timeZone)]);
    }
  }
  const headers = { accept: 'application/json' };
  if (stream.method !== 'POST') {
    for (const [name, value] of parameters) url.searchParams.set(name, String(value));
    return { url: url.href, method: 'GET', headers };
  }
  if (stream.body !== undefined && !isObject(stream.body)) {
    throw new SourceFailure('configuration', `${stream.path}: the body must be an object to take parameters`);
  }
  const body: JsonObject = { ...stream.body, ...Object.fromEntries(parameters) };
  return {
    url: url.href,
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

/** `https://host/api` + `/v1/list`: the base's own path stays, unlike in URL resolution. */
export function joined(baseUrl: string, path: string): string {
  const address = `${baseUrl.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`;
  if (!URL.canParse(address)) throw new SourceFailure('configuration', `${path}: the base URL is no address`);
  return address;
}

/** A zoneless value without a configured zone is no instant: it is sent as the source wrote it. */
function formatted(from: string, stream: RestStream, timeZone: string | undefined): string | number {
  const format = stream.cursorFormat ?? 'asGiven';
  const instant = format === 'asGiven' ? null : changedAtOf(from, timeZone);
  if (instant === null) return from;
  if (format === 'iso') return instant;
  return Math.floor(Date.parse(instant) / (format === 'epochSeconds' ? 1000 : 1));
}
