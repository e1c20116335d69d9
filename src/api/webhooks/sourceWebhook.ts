import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { eventKeyOf, type InboxEvent } from '../../db/staging/inbox';
import { cleanJson } from '../../domain/values/cleanText';
import { laneNumbers, type JsonObject, type JsonValue } from '../../domain/record';
import { clockSkewMs } from '../../domain/values/instants';
import { changedAtOf, cursorText } from '../../sources/cursorValue';
import { recordKeyOf, valueAt } from '../../sources/recordKey';
import type { Handler } from '../endpoint';
import { parsed, signatureOutcomes } from './hubspotWebhook';
import { ApiProblem, type RequestFault } from '../problem';
import { sourceSignatureFault, type SourceSigning } from './sourceSignature';
import type { EventStore } from './storeEvents';
import { bytesOf } from './webhookBody';
import type { WebhookCounts } from './webhookCounts';

/** A source that pushes, and the streams whose records it may send. */
export interface PushingSource {
  signing: SourceSigning;
  streams: Record<string, PushedStream>;
}

export interface PushedStream {
  recordKey: string[];
  /** Where a record says when it changed last. */
  changedAt: string | null;
  timeZone: string;
}

export interface SourceWebhookDeps {
  sources: Readonly<Record<string, PushingSource>>;
  /** Names of the portals that sources feed: all of them. */
  portals: string[];
  now: () => Date;
  newId: () => string;
  store: EventStore;
  counts: WebhookCounts;
}

const recordsMax = 1_000;
/** A key is part of an index, whose rows Postgres limits to about 2,700 bytes. */
const keyLengthMax = 600;
/** Far deeper than any record; Postgres takes some 6,000 levels, and what walks through a record about as many. */
const nestingMax = 500;

/**
 * Takes records that a source pushes: one, or a list, in the shape of one of its streams, named in the path or the query
 * where there are several. Whoever has no right signature learns nothing, not even whether there is such a source.
 * Records without a key are refused by their place and the others taken.
 */
export function sourceWebhook(deps: SourceWebhookDeps): Handler {
  const store = deps.store.inOrder(deps.counts);
  return async (request, response) => {
    const name = String(request.params['source']);
    const source = Object.hasOwn(deps.sources, name) ? deps.sources[name]! : null;
    const body = bytesOf(request);
    const at = deps.now();
    const fault = source
      ? sourceSignatureFault(source.signing, body, (header) => request.get(header), at.getTime())
      : 'wrong';
    if (source === null || fault !== null) {
      deps.counts.request(signatureOutcomes[fault ?? 'wrong']);
      throw new ApiProblem('unsigned');
    }
    const [streamName, stream] = streamOf(request, source.streams, deps.counts);
    const records = recordsOf(parsed(body), deps.counts);
    const delivery = deliveryOf(source.signing, request) ?? deps.newId();
    const { pushed, refused } = readPushed(records, stream, at);
    const portalIds = pushed.length > 0 ? await portalIdsOf(deps) : [];
    const events = portalIds.flatMap((portalId) =>
      pushed.map(({ key, payload, changedAt }): InboxEvent => ({
        ...{ portalId, source: name, stream: streamName, key, kind: 'pushed', also: {}, payload },
        eventKey: eventKeyOf([streamName, key, digestOf(payload), delivery]),
        // What a partner sends cannot wait (DESIGN §3).
        lane: laneNumbers.realtime,
        occurredAt: changedAt,
      })),
    );
    await store(events);
    deps.counts.events('unreadable', refused.length);
    deps.counts.request('accepted');
    response.status(200).json({ accepted: pushed.length, refused });
  };
}

/**
 * What a repetition of a delivery has in common with it: its id, or when it was signed, within which a value that came
 * back looks like a repetition. Null where the source signs neither: then nothing counts as a repetition.
 */
function deliveryOf({ idHeader, timestampHeader }: SourceSigning, request: Request): string | null {
  const header = idHeader ?? timestampHeader;
  return header === null ? null : (request.get(header) ?? null);
}

/** @throws ApiProblem 503 before the first portal was met: nothing could be kept, the source tries again */
async function portalIdsOf({ store, portals, counts }: SourceWebhookDeps): Promise<string[]> {
  const ids = await store.portalIds(portals, counts);
  if (ids.length > 0) return ids;
  counts.request('unavailable');
  throw new ApiProblem('not-ready');
}

function streamOf(
  request: Request,
  streams: PushingSource['streams'],
  counts: WebhookCounts,
): [string, PushedStream] {
  const known = Object.keys(streams);
  const given = request.params['stream'] ?? request.query['stream'];
  const only = known.length === 1 ? known[0]! : '';
  const name = typeof given === 'string' ? given : only;
  if (Object.hasOwn(streams, name)) return [name, streams[name]!];
  counts.request('malformed');
  throw new ApiProblem('unknown-stream', {
    detail: `Name one of ${known.join(', ')}: behind the source in the path, or as \`stream\` in the query.`,
  });
}

function recordsOf(body: JsonValue, counts: WebhookCounts): JsonValue[] {
  const records = Array.isArray(body) ? body : [body];
  if (records.length > recordsMax) {
    counts.request('tooLarge');
    throw new ApiProblem('too-large', { detail: `At most ${recordsMax} records are taken at a time.` });
  }
  if (body !== null) return records;
  counts.request('malformed');
  throw new ApiProblem('bad-request', { detail: 'The body is neither a JSON object nor a list of them.' });
}

interface Pushed {
  key: string;
  payload: JsonObject;
  /** As the record says itself, or when it arrived. */
  changedAt: string;
}

/** The records by their keys: of those with one key the one that changed last counts, of equal ones the last. */
function readPushed(
  records: JsonValue[],
  { recordKey, changedAt, timeZone }: PushedStream,
  at: Date,
): { pushed: Pushed[]; refused: RequestFault[] } {
  const byKey = new Map<string, Pushed>();
  const refused: RequestFault[] = [];
  for (const [place, record] of records.entries()) {
    const pointer = `#/${place}`;
    if (record === null || typeof record !== 'object' || Array.isArray(record)) {
      refused.push({ pointer, detail: 'it is no object' });
      continue;
    }
    if (isDeeper(record, nestingMax)) {
      refused.push({ pointer, detail: 'it is nested too deep' });
      continue;
    }
    const payload = cleanJson(record) as JsonObject;
    const found = recordKeyOf(payload, recordKey);
    if ('reason' in found) refused.push({ pointer, detail: found.reason });
    else if (found.key.length > keyLengthMax) refused.push({ pointer, detail: 'its record key is too long' });
    else {
      const time = changedAt === null ? null : cursorText(valueAt(payload, changedAt));
      const one = { key: found.key, payload, changedAt: believedTime(changedAtOf(time, timeZone), at) };
      const before = byKey.get(found.key);
      if (!before || before.changedAt <= one.changedAt) byKey.set(found.key, one);
    }
  }
  return { pushed: [...byKey.values()], refused };
}

/** Whether lists and objects stand in each other deeper than so many levels. */
function isDeeper(value: JsonValue, levels: number): boolean {
  if (value === null || typeof value !== 'object') return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

/** One record of the year 9999 would be newer than all that comes after it. In and out: as `Date.toISOString` has it. */
function believedTime(told: string | null, at: Date): string {
  const isBelieved = told !== null && Date.parse(told) <= at.getTime() + clockSkewMs;
  return isBelieved ? told : at.toISOString();
}

function digestOf(payload: JsonObject): string {
  return createHash('sha256').update(JSON.stringify(payload)).digest('hex');
}
