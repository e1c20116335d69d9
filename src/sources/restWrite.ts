import type { JsonObject, JsonValue } from '../domain/record';
import {
  SourceFailure,
  type WriteOutcome,
  type WriteRecord,
  type WriteRequest,
  type WriteResult,
} from './contract';
import { parseExactJson } from './exactJson';
import { keyPartsOf, valueAt } from './recordKey';
import { failureOf } from './restCall';
import { joined } from './restRequest';
import { authorisedCall, CallNotStarted, type RestSite } from './restSite';

/** How a change is written to a JSON API: one request per record. */
export interface RestWrite {
  method: 'PATCH' | 'PUT' | 'POST';
  /** Appended to the base URL; `{field}` stands for a part of the record's key. */
  path: string;
  query?: Record<string, string | number | boolean>;
  /**
   * JSON in which `{field}` stands for a part of the record's key or a changed value, and `{changes}` for all changes; a
   * member whose value did not change is left out. Absent: the changes alone.
   */
  body?: JsonValue;
  /** Path in a reply of status 2xx where a refusal stands. Absent: the status decides. */
  errorAt?: string;
  /** Header that carries the key by which the system knows a repeated change. */
  idempotencyHeader: string;
}

/** Writes records one after the other, until one gets no answer. */
export async function writeRest(site: RestSite, request: WriteRequest<RestWrite>): Promise<WriteResult> {
  const counter = { calls: 0 };
  const outcomes: WriteOutcome[] = [];
  for (const record of request.records) {
    try {
      outcomes.push(await writeOne(site, request, record, counter));
    } catch (error) {
      if (error instanceof CallNotStarted) break;
      if (!(error instanceof SourceFailure)) throw error;
      outcomes.push({ kind: 'unknown' });
      return { outcomes, failure: error, calls: counter.calls };
    }
  }
  return { outcomes, failure: null, calls: counter.calls };
}

async function writeOne(
  site: RestSite,
  { options, recordKey, deadlineMs, isUrgent, mayStart }: WriteRequest<RestWrite>,
  { key, values, idempotencyKey }: WriteRecord,
  counter: { calls: number },
): Promise<WriteOutcome> {
  const parts = keyPartsOf(key, recordKey);
  const named = [...options.path.matchAll(placeholder)].map(([, name]) => parts[name!] ?? '');
  if (named.some((part) => elsewhere.includes(part))) return { kind: 'refused', reason: noSinglePart };
  const path = options.path.replace(placeholder, (_, name: string) => encodeURIComponent(parts[name] ?? ''));
  const url = new URL(joined(site.connection.baseUrl, path));
  for (const [name, value] of Object.entries(options.query ?? {})) url.searchParams.set(name, String(value));
  const answer = await authorisedCall(
    site,
    {
      url: url.href,
      name: options.path,
      method: options.method,
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        [options.idempotencyHeader.toLowerCase()]: idempotencyKey,
      },
      body: JSON.stringify(bodyOf(options.body ?? '{changes}', parts, values)),
      timeoutMs: deadlineMs,
      isUrgent,
      mayStart,
    },
    counter,
  );
  const { status } = answer;
  if (status === 404 || status === 410) {
    return { kind: 'refused', reason: `has no such record any more (${status})` };
  }
  // What a person's record is refused for stands in the answer, which may quote the record: only the status is told.
  if (status >= 400 && status < 500 && !callFaults.includes(status)) {
    return { kind: 'refused', reason: `refuses the change (${status})` };
  }
  const failure = failureOf(answer, options.path, site.now());
  if (failure) throw failure;
  if (options.errorAt === undefined || !tellsError(answer.text, options.errorAt)) return { kind: 'accepted' };
  return { kind: 'refused', reason: `refuses the change (${status}, with an error in its reply)` };
}

/** Whether something stands there: not null, false, 0 or empty. A reply that is no JSON object tells nothing. */
function tellsError(text: string, path: string): boolean {
  let reply: JsonValue;
  try {
    reply = parseExactJson(text);
  } catch {
    return false;
  }
  if (typeof reply !== 'object' || reply === null || Array.isArray(reply)) return false;
  const error = valueAt(reply, path);
  return typeof error === 'object' && error !== null ? Object.keys(error).length > 0 : Boolean(error);
}

/** As part of a path they lead to another record or to the whole list, however they are written (WHATWG URL §4.4). */
const elsewhere = ['', '.', '..'];
const noSinglePart = 'cannot be named in an address: the record key is no single part of a path';

/** Credentials, the address, haste: faults of the call, not of the record. */
const callFaults = [401, 403, 405, 408, 425, 429];

const placeholder = /\{([^{}]+)\}/g;

/** The placeholders of a path or a body, by name. */
export function placeholdersOf(template: JsonValue): string[] {
  const text = typeof template === 'string' ? template : JSON.stringify(template);
  return [...text.matchAll(/\{([A-Za-z_][^{}":,]*)\}/g)].map(([, name]) => name!);
}

/** The body's template filled in; undefined where nothing of it is left. */
export function bodyOf(
  template: JsonValue,
  parts: Record<string, string>,
  values: Record<string, JsonValue>,
): JsonValue | undefined {
  if (typeof template === 'string') {
    const whole = /^\{([^{}]+)\}$/.exec(template)?.[1];
    if (whole === 'changes') return nested(values);
    if (whole === undefined) {
      return template.replace(placeholder, (_, name: string) => parts[name] ?? textOf(values[name]));
    }
    return parts[whole] ?? values[whole];
  }
  if (Array.isArray(template)) {
    return template.flatMap((item) => {
      const filled = bodyOf(item, parts, values);
      return filled === undefined ? [] : [filled];
    });
  }
  if (typeof template !== 'object' || template === null) return template;
  const members = Object.entries(template).flatMap(([name, member]) => {
    const filled = bodyOf(member, parts, values);
    return filled === undefined ? [] : [[name, filled] as const];
  });
  return Object.fromEntries(members);
}

function textOf(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** `{ 'contact.phone': x }` as `{ contact: { phone: x } }`. */
function nested(values: Record<string, JsonValue>): JsonObject {
  const body: JsonObject = {};
  for (const [path, value] of Object.entries(values)) {
    const names = path.split('.');
    const last = names.pop()!;
    let place = body;
    for (const name of names) {
      const inner = place[name];
      place = place[name] = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? inner : {};
    }
    place[last] = value;
  }
  return body;
}
