import { createHash } from 'node:crypto';
import type { JsonValue } from '../domain/record';
import {
  SourceFailure,
  type Cursor,
  type OpenOptions,
  type OpenSource,
  type Page,
  type PageFault,
  type ReadPageRequest,
  type SourceKind,
  type SourceRecord,
} from './contract';
import { changedAtOf, cursorText, lookBack } from './cursorValue';
import { parseExactJson } from './exactJson';
import { lastPerKey, recordKeyOf, valueAt } from './recordKey';
import { openAuth } from './restAuth';
import { openPace } from './pace';
import { failureOf, type RestAnswer } from './restCall';
import { isObject, itemsOf, kindOf, nextMark, pagingParameters, type RestPagination } from './restPaging';
import {
  greatestBelievable,
  hashOf,
  startPosition,
  watchForLoops,
  watermarkCursor,
  type RestPosition,
} from './restPosition';
import { restRequest } from './restRequest';
import { authorisedCall, type RestConnection, type RestSite } from './restSite';
import { writeRest, type RestWrite } from './restWrite';

export interface RestStream {
  /** Appended to the base URL. */
  path: string;
  method?: 'GET' | 'POST';
  /** Fixed query parameters. */
  query?: Record<string, string | number | boolean>;
  /** JSON body of a POST; paging and cursor parameters then go into it. */
  body?: JsonValue;
  /** Dotted path of the list; '' or absent: the reply itself. */
  items?: string;
  pagination: RestPagination;
  /** Asks for records changed since the cursor; absent: every read is a full one. */
  cursorParameter?: string;
  cursorFormat?: 'asGiven' | 'iso' | 'epochSeconds' | 'epochMs';
}

/**
 * Any JSON list over HTTP, one request per page. A list sorted by change time and walked by page number or
 * offset can skip a row when another one moves to its end meanwhile: prefer the cursor or link pagination of
 * such an API, or plan full reads.
 */
export const restSource: SourceKind<RestConnection, RestStream, RestWrite> = {
  kind: 'rest',
  open: async (options) => openRest(options),
};

function openRest({ connection, now }: OpenOptions<RestConnection>): OpenSource<RestStream, RestWrite> {
  const timeoutMs = connection.timeoutMs ?? 30_000;
  const site: Site = {
    connection: { ...connection, timeoutMs },
    auth: openAuth(connection.auth, now, timeoutMs),
    pace: openPace(connection.requestsPerSecond),
    now,
    larger: null,
  };
  return {
    readPage: (request) => readPage(site, request),
    write: (request) => writeRest(site, request),
    close: async () => undefined,
  };
}

interface Site extends RestSite {
  /** The last reply that held more than a page: its rest need not be asked for again. At most one. */
  larger: { mark: string; reply: ListReply } | null;
}

interface ListReply {
  url: string;
  body: JsonValue;
  items: JsonValue[];
  linkHeader: string | null;
  serverTime: Date;
}

async function readPage(site: Site, request: ReadPageRequest<RestStream>): Promise<Page> {
  const { options, pageSize } = request;
  const optionsHash = hashOf(JSON.stringify([options, request.cursorField ?? null, site.connection.baseUrl]));
  const stored = request.position as RestPosition | null;
  let position =
    stored !== null && stored.options === optionsHash
      ? stored
      : startPosition(optionsHash, pageSize, fromOf(request));
  const counter = { calls: 0 };
  let reply = await listReply(site, request, position, counter);
  if (reply === 'refused') {
    // The mark of a run that paused for long has expired: the read begins again rather than fail for ever.
    position = { ...startPosition(optionsHash, pageSize, position.from), restarted: true };
    reply = await listReply(site, request, position, counter);
    if (reply === 'refused') throw new Error('a first page is never refused as an expired mark');
  }
  const items = reply.items.slice(position.skip, position.skip + pageSize);
  const startedAt = position.startedAt ?? reply.serverTime.toISOString();
  const { records, faults, greatest } = asRecords(items, position, new Date(startedAt), request);
  const reached: RestPosition = { ...position, startedAt, greatest };
  const watermark = watermarkOf(reached, request);
  const done = { records: lastPerKey(records), faults, watermark, calls: counter.calls };

  if (position.skip + items.length < reply.items.length) {
    site.larger = { mark: markOf(request, reached), reply };
    return { ...done, next: { ...reached, skip: position.skip + items.length } };
  }
  site.larger = null;
  const answer = { ...reply, itemCount: reply.items.length };
  const mark = nextMark(options.pagination, position.mark, answer, options.path);
  if (mark === null) return { ...done, next: null };
  const loops = watchForLoops(reached, mark, contentOf(reply.items), options.path);
  const next = { ...reached, ...loops, mark, skip: 0, seen: position.seen + reply.items.length };
  return { ...done, next };
}

async function listReply(
  site: Site,
  request: ReadPageRequest<RestStream>,
  position: RestPosition,
  counter: { calls: number },
): Promise<ListReply | 'refused'> {
  const { options } = request;
  if (position.skip > 0 && site.larger?.mark === markOf(request, position)) return site.larger.reply;
  const paging = pagingParameters(options.pagination, position.mark, position.size);
  const wanted = restRequest(site.connection.baseUrl, options, position, paging, request.timeZone);
  const answer = await authorisedCall(
    site,
    { ...wanted, name: options.path, signal: request.signal },
    counter,
  );
  const expired = [400, 404, 410].includes(answer.status) && position.mark.kind !== 'first';
  const opaque = options.pagination.type === 'cursor' || options.pagination.type === 'link';
  if (expired && opaque && !position.restarted) return 'refused';
  const failure = failureOf(answer, options.path, site.now());
  if (failure !== null) throw failure;
  const body = parsedBody(answer, options.path);
  const date = Date.parse(answer.headers.get('date') ?? '');
  return {
    url: wanted.url,
    body,
    items: itemsOf(body, options.items ?? '', options.path),
    linkHeader: answer.headers.get('link'),
    serverTime: Number.isNaN(date) ? site.now() : new Date(date),
  };
}

function parsedBody(answer: RestAnswer, name: string): JsonValue {
  try {
    return parseExactJson(answer.text);
  } catch {
    // The parser's message may quote the reply, so it is no cause.
    const type = answer.headers.get('content-type')?.split(';')[0] ?? 'unknown';
    throw new SourceFailure(
      'configuration',
      `${name} answered with something that is no JSON (content type ${type})`,
    );
  }
}

function asRecords(
  items: JsonValue[],
  position: RestPosition,
  startedAt: Date,
  request: ReadPageRequest<RestStream>,
): { records: SourceRecord[]; faults: PageFault[]; greatest: string | null } {
  const records: SourceRecord[] = [];
  const faults: PageFault[] = [];
  let { greatest } = position;
  const fault = (item: JsonValue, index: number, reason: string) => {
    const where = `${request.options.path} item ${position.seen + position.skip + index + 1}`;
    faults.push({ where, key: null, reason, content: digestOf(item) });
  };
  items.forEach((item, index) => {
    if (!isObject(item)) {
      fault(item, index, `it should be an object but is ${kindOf(item)}`);
      return;
    }
    const cursor = request.cursorField === undefined ? null : cursorText(valueAt(item, request.cursorField));
    greatest = greatestBelievable(greatest, cursor, startedAt, request.timeZone);
    const key = recordKeyOf(item, request.recordKey);
    if ('reason' in key) fault(item, index, key.reason);
    else records.push({ key: key.key, payload: item, changedAt: changedAtOf(cursor, request.timeZone) });
  });
  return { records, faults, greatest };
}

function digestOf(item: JsonValue): string {
  return createHash('sha1').update(JSON.stringify(item)).digest('base64');
}

/** What the cursor parameter will say: the watermark minus the lookback; null for a full read. */
function fromOf(request: ReadPageRequest<RestStream>): string | null {
  if (request.options.cursorParameter === undefined) return null;
  const since = sinceCursor(request);
  return since === null ? null : lookBack(since, request.lookbackMs);
}

function sinceCursor(request: ReadPageRequest<RestStream>): string | null {
  if (request.since === null || request.cursorField === undefined) return null;
  // The watermark of another field says nothing about this one.
  return request.since['field'] === request.cursorField ? cursorText(request.since['cursor']) : null;
}

function watermarkOf(position: RestPosition, request: ReadPageRequest<RestStream>): Cursor | null {
  if (request.cursorField === undefined) return null;
  const cursor = watermarkCursor(position, request.timeZone) ?? sinceCursor(request);
  return cursor === null ? null : { field: request.cursorField, cursor };
}

/** Which reply a position is inside of. Its read's start is part of it: another worker may have read on since. */
function markOf({ stream }: ReadPageRequest<RestStream>, position: RestPosition): string {
  const { options, from, mark, startedAt } = position;
  return JSON.stringify([stream, options, from, mark, startedAt]);
}

function contentOf(items: JsonValue[]): string {
  return items.length === 0 ? '' : JSON.stringify(items);
}
