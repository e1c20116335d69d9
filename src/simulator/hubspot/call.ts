import type { Change } from './changes';
import { malformed, Rejected } from './rejection';
import type { EventJournal } from './webhooks/eventJournal';
import type { Limits } from './limits/limits';
import type { Bearer, OAuthBook } from './oauth/oauthBook';
import type { Portal } from './portal';
import type { Stamp } from './crm/recordTable';
import type { Settings } from './settings';

/** The account's own facts, fixed for the life of the process. */
export interface Account {
  portalId: number;
  timeZone: string;
  currency: string;
  uiDomain: string;
  accountType: string;
}

/** One API call on its way through a handler. */
export interface Call {
  portal: Portal;
  settings: Settings;
  limits: Limits;
  account: Account;
  oauth: OAuthBook;
  events: EventJournal;
  /** Where the caller found the simulator: host and port. */
  host: string;
  /** The installed app that calls; undefined for a static token. */
  bearer: Bearer | undefined;
  random: () => number;
  /** `v3`, `v4`, `2026-03` or `2026-09`. */
  version: string;
  params: Record<string, string>;
  query: URLSearchParams;
  body: unknown;
  /** Time and writer of this call's changes. */
  stamp: Stamp;
  /** Applies a change and puts it into this call's line of the journal. */
  write: (change: Change) => void;
}

/** What a handler answers; without a body the reply is empty. */
export interface Reply {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A path parameter of the matched route. */
export function param(call: Call, name: string): string {
  return call.params[name] ?? '';
}

/** Versions named by date answer some calls with other codes than v3/v4 (facts 5). */
export function isDated(call: Call): boolean {
  return call.version.startsWith('20');
}

/** The body as an object. Rejected (400) when it is something else. */
export function bodyObject(call: Call): Record<string, unknown> {
  return asObject(call.body, 'the request body');
}

/** A JSON object, or Rejected (400). */
export function asObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new Rejected(malformed(`Cannot deserialize ${what}: an object is required`));
}

/** A JSON array, an absent one as empty, or Rejected (400). */
export function asArray(value: unknown, what: string): unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw new Rejected(malformed(`Cannot deserialize ${what}: an array is required`));
}

/** An id or name: a string or a number, or Rejected (400). */
export function asText(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw new Rejected(malformed(`Cannot deserialize ${what}: a string is required`));
}

/** An array of strings, absent as empty, or Rejected (400). */
export function asTexts(value: unknown, what: string): string[] {
  return asArray(value, what).map((item) => asText(item, what));
}

/** A comma-separated query parameter, also when it is repeated. */
export function queryList(call: Call, name: string): string[] {
  return call.query
    .getAll(name)
    .flatMap((part) => part.split(','))
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
